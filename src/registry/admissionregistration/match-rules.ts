import {
  child,
  each,
  type FieldErrors,
  index,
  labelSelector,
  oneOf,
  optionalOneOf,
  pathSegment,
  required,
} from '../../api/index.js'
import type { MatchResources, NamedRule, Rule } from './types.js'

/** Rules about which requests a webhook or a policy is asked. Source: kubernetes pkg/apis/admissionregistration/validation. */

export const failurePolicies = ['Fail', 'Ignore']
export const matchPolicies = ['Equivalent', 'Exact']
export const reinvocationPolicies = ['IfNeeded', 'Never']
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const mutatingOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE']
const scopes = ['*', 'Cluster', 'Namespaced']

export function validateRule(rule: Rule, at: string, errors: FieldErrors): void {
  const { apiGroups, apiVersions } = rule
  const own = child(at, 'operations')
  required(errors, own, rule.operations)
  aloneIfWildcard(rule.operations, own, 'operations', errors)
  each(own, rule.operations, (operation, operationAt) => oneOf(errors, operationAt, operation, operations))

  required(errors, child(at, 'apiGroups'), apiGroups)
  aloneIfWildcard(apiGroups, child(at, 'apiGroups'), 'API groups', errors)
  required(errors, child(at, 'apiVersions'), apiVersions)
  aloneIfWildcard(apiVersions, child(at, 'apiVersions'), 'API versions', errors)
  each(child(at, 'apiVersions'), apiVersions, (version, versionAt) => required(errors, versionAt, version))
  validateResources(rule.resources ?? [], child(at, 'resources'), errors)
  optionalOneOf(errors, child(at, 'scope'), rule.scope, scopes)
}

export function validateMatchResources(match: MatchResources | undefined, at: string, errors: FieldErrors): void {
  if (!match) return
  const { matchPolicy, namespaceSelector, objectSelector } = match
  const own = child(at, 'matchPolicy')
  if (matchPolicy === undefined) errors.required(own)
  else oneOf(errors, own, matchPolicy, matchPolicies)
  if (!namespaceSelector) errors.required(child(at, 'namespaceSelector'))
  labelSelector(errors, child(at, 'namespaceSelector'), namespaceSelector)
  if (!objectSelector) errors.required(child(at, 'objectSelector'))
  labelSelector(errors, child(at, 'objectSelector'), objectSelector)
  each(child(at, 'resourceRules'), match.resourceRules, (rule, ruleAt) => validateNamedRule(rule, ruleAt, errors))
  each(child(at, 'excludeResourceRules'), match.excludeResourceRules, (rule, ruleAt) => {
    validateNamedRule(rule, ruleAt, errors)
  })
}

/** What is deleted cannot be mutated. */
export function validateMutatingOperations(match: MatchResources | undefined, at: string, errors: FieldErrors): void {
  for (const rule of match?.resourceRules ?? [])
    for (const operation of rule.operations ?? [])
      oneOf(errors, child(at, 'resourceRules.operations'), operation, mutatingOperations)
}

function validateNamedRule(rule: NamedRule, at: string, errors: FieldErrors): void {
  const own = child(at, 'resourceNames')
  const seen = new Set<string>()
  each(own, rule.resourceNames, (name, nameAt) => {
    pathSegment(errors, nameAt, name)
    if (seen.has(name)) errors.duplicate(nameAt, name)
    seen.add(name)
  })
  validateRule(rule, at, errors)
}

function aloneIfWildcard(list: readonly string[] = [], at: string, what: string, errors: FieldErrors): void {
  if (list.length > 1 && list.includes('*'))
    errors.invalid(at, list, `if '*' is present, must not specify other ${what}`)
}

/** Resources and subresources, where any may be a wildcard: one must not say what another has said already. */
function validateResources(resources: readonly string[], at: string, errors: FieldErrors): void {
  required(errors, at, resources)
  const allOf = new Set<string>()
  const everywhere = new Set<string>()
  let plain = false
  resources.forEach((resource, i) => {
    const own = index(at, i)
    if (!required(errors, own, resource)) return
    const slash = resource.indexOf('/')
    if (slash < 0) {
      // Upstream looks at the last of them alone.
      plain = resource !== '*'
      return
    }
    const parent = resource.slice(0, slash)
    const sub = resource.slice(slash + 1)
    if (allOf.has(parent)) errors.invalid(own, resource, `if '${parent}/*' is present, must not specify ${resource}`)
    if (everywhere.has(sub)) errors.invalid(own, resource, `if '*/${sub}' is present, must not specify ${resource}`)
    if (sub === '*') allOf.add(parent)
    if (parent === '*') everywhere.add(sub)
  })
  if (resources.length > 1 && resources.includes('*/*'))
    errors.invalid(at, resources, "if '*/*' is present, must not specify other resources")
  if (resources.includes('*') && plain)
    errors.invalid(at, resources, "if '*' is present, must not specify other resources without subresources")
}
