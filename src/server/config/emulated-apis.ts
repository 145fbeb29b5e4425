import { compareReleases, type EffectiveVersions, type Release, releaseText } from '../../api/index.js'
import { type CatalogEntry, catalog, lifecycleOf } from '../../registry/index.js'
import type { EnabledApis } from './runtime-config.js'

export interface EmulationOptions {
  readonly versions: EffectiveVersions
  readonly emulationForwardCompatible: boolean
  readonly runtimeConfigEmulationForwardCompatible: boolean
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
}

/** @param resource plural */
export type Served = (group: string, version: string, resource: string) => boolean

/**
 * Which of the enabled APIs the emulated release has: neither what it had no longer nor what came after it, unless a flag
 * lets newer versions in. Source: apiserver pkg/server/deleted_kinds.go.
 *
 * @throws Error if the runtime config asks for what came later and must not
 */
export function emulatedApis(apis: EnabledApis, options: EmulationOptions): Served {
  const { emulated } = options.versions
  const served = new Set<string>()
  /** Versions of which something is left, and those of which all is too new. */
  const left = new Set<string>()
  const tooNew = new Set<string>()
  for (const entry of catalog) {
    if (entry.gate !== undefined && !options.enabled(entry.gate)) continue
    let lowerServed = false
    // From the least preferred version on: a newer one may come in because an older one is there.
    for (const { version } of [...entry.versions].reverse()) {
      if (!apis.enabled(entry.group, version, entry.resource)) continue
      const { introduced, removed } = lifecycleOf(entry.group, version, entry.resource)
      if (removed !== undefined && compareReleases(removed, emulated) <= 0) continue
      const isNew = introduced !== undefined && compareReleases(introduced, emulated) > 0
      if (isNew && !letIn(entry, version, introduced, lowerServed, apis, options)) {
        tooNew.add(`${entry.group}/${version}`)
        continue
      }
      served.add(`${entry.group}/${version}/${entry.resource}`)
      left.add(`${entry.group}/${version}`)
      lowerServed ||= !/^v\d+alpha\d+$/.test(version)
    }
  }
  for (const groupVersion of tooNew) {
    const [group = '', version = ''] = groupVersion.split('/')
    if (!left.has(groupVersion) && apis.explicit(group, version)) {
      throw new Error(
        `cannot enable version ${groupVersion} in runtime-config because all the resources have been introduced after the current version ${releaseText(emulated)}. ${consider}`,
      )
    }
  }
  return (group, version, resource) => served.has(`${group}/${version}/${resource}`)
}

const consider = 'Consider setting --runtime-config-emulation-forward-compatible=true'

function letIn(
  { group, resource }: CatalogEntry,
  version: string,
  introduced: Release,
  lowerServed: boolean,
  apis: EnabledApis,
  { versions, emulationForwardCompatible, runtimeConfigEmulationForwardCompatible }: EmulationOptions,
): boolean {
  if (emulationForwardCompatible && lowerServed) return true
  const named = apis.explicit(group, version, resource)
  if (runtimeConfigEmulationForwardCompatible) return named || apis.explicit(group, version)
  if (named) {
    throw new Error(
      `cannot enable resource ${group}/${version}, Resource=${resource} in runtime-config because it is introduced at ${releaseText(introduced)} after the current version ${releaseText(versions.emulated)}. ${consider}`,
    )
  }
  return false
}
