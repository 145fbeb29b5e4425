import { child, type FieldErrors, index, isLongName, isQualifiedName, isShortName, oneOf } from '../../api/index.js'
import type { RuleContext } from '../rules.js'

/** What pod groups and the templates of pod groups have in common. Source: the +k8s: markers of scheduling/v1alpha2. */
export interface PodGroupParts {
  schedulingPolicy?: { basic?: object; gang?: { minCount?: number } }
  schedulingConstraints?: { topology?: { key?: string }[] }
  resourceClaims?: PodGroupResourceClaim[]
  disruptionMode?: string
  priorityClassName?: string
  priority?: number
}

interface PodGroupResourceClaim {
  name?: string
  resourceClaimName?: string
  resourceClaimTemplateName?: string
}

export const maxClaims = 4
const maxTopology = 1
const maxPriority = 1_000_000_000

/** What belongs to a gate that is off goes, but for what is in use already. */
export function dropDisabledParts(parts: PodGroupParts, old: readonly PodGroupParts[], { enabled }: RuleContext): void {
  const unused = (field: keyof PodGroupParts): boolean => old.every((before) => before[field] === undefined)
  const drop = (gate: string, ...fields: readonly (keyof PodGroupParts)[]): void => {
    if (enabled(gate)) return
    for (const field of fields) if (unused(field)) delete parts[field]
  }
  drop('TopologyAwareWorkloadScheduling', 'schedulingConstraints')
  drop('DRAWorkloadResourceClaims', 'resourceClaims')
  drop('WorkloadAwarePreemption', 'disruptionMode', 'priorityClassName', 'priority')
}

export function validateParts(parts: PodGroupParts, at: string, errors: FieldErrors): void {
  const { schedulingPolicy = {}, resourceClaims = [], priorityClassName = '', priority } = parts
  validatePolicy(schedulingPolicy, child(at, 'schedulingPolicy'), errors)
  const topology = child(at, 'schedulingConstraints.topology')
  const constraints = parts.schedulingConstraints?.topology ?? []
  if (constraints.length > maxTopology) errors.tooMany(topology, constraints.length, maxTopology)
  else
    for (const [i, { key = '' }] of constraints.entries())
      named(errors, child(index(topology, i), 'key'), key, isQualifiedName)
  validateClaims(resourceClaims, child(at, 'resourceClaims'), errors)
  if (parts.disruptionMode != null)
    oneOf(errors, child(at, 'disruptionMode'), parts.disruptionMode, ['Pod', 'PodGroup'])
  if (priorityClassName !== '') each(errors, child(at, 'priorityClassName'), priorityClassName, isLongName)
  if (priority != null && priority > maxPriority)
    errors.invalid(child(at, 'priority'), priority, `must be less than or equal to ${maxPriority}`)
}

function validatePolicy(policy: NonNullable<PodGroupParts['schedulingPolicy']>, at: string, errors: FieldErrors): void {
  exactlyOne(errors, at, policy, ['basic', 'gang'])
  if (!policy.gang) return
  const { minCount = 0 } = policy.gang
  const own = child(at, 'gang.minCount')
  if (minCount === 0) errors.required(own)
  else if (minCount < 1) errors.invalid(own, minCount, 'must be greater than or equal to 1')
}

function validateClaims(claims: readonly PodGroupResourceClaim[], at: string, errors: FieldErrors): void {
  if (claims.length > maxClaims) {
    errors.tooMany(at, claims.length, maxClaims)
    return
  }
  unique(errors, at, claims)
  for (const [i, claim] of claims.entries()) {
    const own = index(at, i)
    exactlyOne(errors, own, claim, ['resourceClaimName', 'resourceClaimTemplateName'])
    named(errors, child(own, 'name'), claim.name ?? '', isShortName)
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const name = claim[field]
      if (name != null) each(errors, child(own, field), name, isLongName)
    }
  }
}

/** Items with a name that another one before them has. */
export function unique(errors: FieldErrors, at: string, items: readonly { name?: string }[]): void {
  const names = new Set<string>()
  for (const [i, item] of items.entries()) {
    const { name = '' } = item
    if (names.has(name)) errors.duplicate(index(at, i), item)
    names.add(name)
  }
}

export function exactlyOne(errors: FieldErrors, at: string, value: object, members: readonly string[]): void {
  const set = members.filter((member) => (value as Record<string, unknown>)[member] != null)
  const all = members.map((member) => `\`${member}\``).join(', ')
  if (set.length === 0) errors.invalid(at, '', `must specify one of: ${all}`)
  else if (set.length > 1) errors.invalid(at, `{${set.join(', ')}}`, `must specify exactly one of: ${all}`)
}

/** A name that has to be there. */
export function named(errors: FieldErrors, path: string, value: string, check: (value: string) => string[]): void {
  if (value === '') errors.required(path)
  else each(errors, path, value, check)
}

export function each(errors: FieldErrors, path: string, value: string, check: (value: string) => string[]): void {
  for (const wrong of check(value)) errors.invalid(path, value, wrong)
}
