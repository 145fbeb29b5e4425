import { facts, factsName, type KindFacts } from '../../api/index.js'

const release = [1, 36] as const

/**
 * The text of the `Warning` header of requests to a deprecated version of a built-in kind; undefined if it is not
 * deprecated as of 1.36. Source: apiserver pkg/endpoints/deprecation.
 */
export function deprecationWarning(group: string, version: string, kind: string): string | undefined {
  const name = factsName(group, version)
  const lifecycle: KindFacts | undefined = name === undefined ? undefined : facts(name).kinds[kind]
  if (lifecycle?.deprecated === undefined || later(lifecycle.deprecated)) return undefined
  const { deprecated, removed, replacement } = lifecycle
  const gone = removed === undefined ? '' : `, unavailable in v${removed}+`
  const instead =
    replacement === undefined ? '' : `; use ${apiVersion(replacement.group, replacement.version)} ${replacement.kind}`
  return `${apiVersion(group, version)} ${kind} is deprecated in v${deprecated}+${gone}${instead}`
}

const apiVersion = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`)

function later(text: string): boolean {
  const [major = 0, minor = 0] = text.split('.').map(Number)
  return major > release[0] || (major === release[0] && minor > release[1])
}
