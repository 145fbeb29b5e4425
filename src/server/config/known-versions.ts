import { catalog } from '../../registry/index.js'
import type { KnownVersion } from './runtime-config.js'

/** The versions of all built-in groups, each once. A version is on by default if one of its resources is. */
export function knownVersions(): KnownVersion[] {
  const known = new Map<string, KnownVersion>()
  for (const { group, versions } of catalog) {
    for (const { version, introducedDefaultOn } of versions) {
      const key = `${group}/${version}`
      known.set(key, { group, version, on: introducedDefaultOn || known.get(key)?.on === true })
    }
  }
  return [...known.values()]
}
