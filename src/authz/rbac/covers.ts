import type { PolicyRule } from './policy-rule.js'

/**
 * Those of the `wanted` rights that `held` rules do not give, broken down to one verb, one resource and one name each.
 * Source: component-helpers auth/rbac/validation/policy_comparator.go.
 */
export function missingRights(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(rightsOf).filter((right) => !held.some((rule) => covers(rule, right)))
}

function rightsOf(rule: PolicyRule): PolicyRule[] {
  const { apiGroups = [], resources = [], verbs = [], resourceNames = [], nonResourceURLs = [] } = rule
  const rights: PolicyRule[] = []
  for (const group of apiGroups)
    for (const resource of resources)
      for (const verb of verbs) {
        const right = { apiGroups: [group], resources: [resource], verbs: [verb] }
        if (resourceNames.length === 0) rights.push(right)
        else for (const name of resourceNames) rights.push({ ...right, resourceNames: [name] })
      }
  for (const url of nonResourceURLs) for (const verb of verbs) rights.push({ nonResourceURLs: [url], verbs: [verb] })
  return rights
}

function covers(held: PolicyRule, right: PolicyRule): boolean {
  return (
    hasAll(held.verbs, right.verbs) &&
    hasAll(held.apiGroups, right.apiGroups) &&
    (right.resources ?? []).every((resource) => coversResource(held.resources ?? [], resource)) &&
    coversNames(held.resourceNames ?? [], right.resourceNames ?? []) &&
    (right.nonResourceURLs ?? []).every((url) => (held.nonResourceURLs ?? []).some((own) => coversUrl(own, url)))
  )
}

const hasAll = (held: readonly string[] = [], wanted: readonly string[] = []): boolean =>
  held.includes('*') || wanted.every((one) => held.includes(one))

function coversResource(held: readonly string[], resource: string): boolean {
  if (held.includes('*') || held.includes(resource)) return true
  const slash = resource.indexOf('/')
  return slash >= 0 && held.includes(`*/${resource.slice(slash + 1)}`)
}

/** A rule without names is for all of them. */
const coversNames = (held: readonly string[], wanted: readonly string[]): boolean =>
  held.length === 0 || (wanted.length > 0 && wanted.every((name) => held.includes(name)))

const coversUrl = (held: string, url: string): boolean =>
  held === url || (held.endsWith('*') && url.startsWith(held.replace(/\*+$/, '')))

/** Joins rights to one resource that differ in their verbs only. Source: kubernetes pkg/registry/rbac/validation/policy_compact.go. */
export function compacted(rights: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>()
  const others: PolicyRule[] = []
  for (const right of rights) {
    if (right.resources === undefined) {
      others.push(right)
      continue
    }
    const key = JSON.stringify([right.apiGroups, right.resources, right.resourceNames])
    const known = simple.get(key)
    simple.set(key, known === undefined ? right : { ...known, verbs: [...(known.verbs ?? []), ...(right.verbs ?? [])] })
  }
  return [...others, ...simple.values()]
}
