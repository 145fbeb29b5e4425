import type { AdmissionAttributes } from '../admission.js'
import type { ResourceView } from '../object-views.js'

/** Which requests a webhook or a policy is for; all parts are there once it is stored. */
export interface MatchRule {
  readonly operations?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly apiVersions?: readonly string[]
  readonly resources?: readonly string[]
  readonly scope?: string
  /** Of policies only; empty: all names. */
  readonly resourceNames?: readonly string[]
}

type GroupVersionResource = ResourceView['resource']

/** Source: apiserver pkg/admission/plugin/webhook/predicates/rules. */
function ruleMatches(rule: MatchRule, attributes: AdmissionAttributes, resource: GroupVersionResource): boolean {
  const { apiGroups = [], apiVersions = [], operations = [] } = rule
  return (
    scopeMatches(rule.scope, attributes, resource) &&
    isAmong(operations, attributes.operation) &&
    isAmong(apiGroups, resource.group) &&
    isAmong(apiVersions, resource.version) &&
    resourceMatches(rule.resources ?? [], resource.resource, attributes.subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(attributes.name))
  )
}

const isAmong = (items: readonly string[], asked: string): boolean => items.includes('*') || items.includes(asked)

function scopeMatches(
  scope: string | undefined,
  { namespace }: AdmissionAttributes,
  { group, version, resource }: GroupVersionResource,
): boolean {
  if (scope === undefined || scope === '*') return true
  // A namespace tells its own name as its namespace.
  const isCluster = namespace === '' || (resource === 'namespaces' && group === '' && version === 'v1')
  return scope === 'Namespaced' ? !isCluster : scope === 'Cluster' && isCluster
}

function resourceMatches(resources: readonly string[], resource: string, subresource: string): boolean {
  for (const item of resources) {
    const slash = item.indexOf('/')
    const own = slash < 0 ? item : item.slice(0, slash)
    const sub = slash < 0 ? '' : item.slice(slash + 1)
    if ((own === '*' || own === resource) && (sub === '*' || sub === subresource)) return true
  }
  return false
}

/**
 * Under which name a request is one of those that rules are for: its own, or with the policy Equivalent one that the same
 * objects are served under. Undefined: it is none of them.
 */
export function matchRules(
  rules: readonly MatchRule[],
  matchPolicy: string | undefined,
  attributes: AdmissionAttributes,
): ResourceView | undefined {
  const { resource, kind } = attributes
  for (const rule of rules) if (ruleMatches(rule, attributes, resource)) return { resource, kind }
  if (matchPolicy !== 'Equivalent' || attributes.views === undefined) return undefined
  const { equivalents } = attributes.views
  if (equivalents.length < 2) return undefined
  for (const rule of rules)
    for (const view of equivalents)
      if (!isSame(view.resource, resource) && ruleMatches(rule, attributes, view.resource)) return view
  return undefined
}

const isSame = (a: GroupVersionResource, b: GroupVersionResource): boolean =>
  a.version === b.version && a.resource === b.resource && a.group === b.group

const configurationKinds = new Set([
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
])

/** Webhooks and policies are never asked about themselves: nobody could mend a broken one. */
export const isAdmissionConfiguration = ({ kind }: AdmissionAttributes): boolean =>
  kind.group === 'admissionregistration.k8s.io' && configurationKinds.has(kind.kind)
