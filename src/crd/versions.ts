import type { DefinitionSpec, DefinitionVersion } from './definition.js'

/**
 * Orders version names as clients prefer them: general ones first, then beta, then alpha, newest first; whatever is not
 * named like that comes last, by name. Source: apimachinery pkg/version, CompareKubeAwareVersionStrings (inverted).
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)]
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1
    if (right !== undefined) return 1
    return a < b ? -1 : a > b ? 1 : 0
  }
  return right.stage - left.stage || right.major - left.major || right.minor - left.minor
}

function parse(name: string): { major: number; stage: number; minor: number } | undefined {
  const parts = /^v([1-9]\d{0,8})(?:(alpha|beta)([1-9]\d{0,8}))?$/.exec(name)
  if (parts === null) return undefined
  const stage = parts[2] === undefined ? 2 : parts[2] === 'beta' ? 1 : 0
  return { major: Number(parts[1]), stage, minor: Number(parts[3] ?? 0) }
}

/** The Warning text of a deprecated version: its own, or one that names the version to move to. */
export function deprecationOf(spec: DefinitionSpec, version: DefinitionVersion): string | undefined {
  if (!version.deprecated) return undefined
  if (version.deprecationWarning !== undefined) return version.deprecationWarning
  const better = spec.versions
    .filter(({ name, served, deprecated }) => served && !deprecated && compareVersions(name, version.name) < 0)
    .map(({ name }) => name)
    .sort(compareVersions)
  const text = `${spec.group}/${version.name} ${spec.names.kind} is deprecated`
  return better.length === 0 ? text : `${text}; use ${spec.group}/${better[0]} ${spec.names.kind}`
}
