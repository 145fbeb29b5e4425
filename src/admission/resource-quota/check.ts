import { type KubeObject, parseQuantity } from '../../api/index.js'
import type { AdmissionAttributes } from '../admission.js'
import { type Amounts, addAmounts, amountsOf } from '../pod-resources.js'
import { failure, refuse } from '../refuse.js'
import { amountsText, masked, subtractAmounts, withoutZeros } from './amounts.js'
import type { Evaluator, ScopeSelector } from './evaluator.js'

/** A resource that must not be used at all where no quota is about it. Source: apiserver resourcequota configuration. */
export interface LimitedResource {
  readonly apiGroup: string
  readonly resource: string
  readonly matchContains: readonly string[]
  readonly matchScopes: readonly ScopeSelector[]
}

/** A quota with what is used of it, as the requests before have left it. */
export interface RunningQuota {
  readonly name: string
  readonly quota: KubeObject
  readonly hard: Amounts
  used: Amounts
}

export function runningQuota(quota: KubeObject): RunningQuota {
  return {
    name: quota.metadata.name ?? '',
    quota,
    hard: amountsOf(quota.status?.hard),
    used: amountsOf(quota.status?.used),
  }
}

/**
 * What a request would use of each quota, by the quotas' places; empty if it needs none of them. Does not change the quotas.
 * Throws ApiError if it does not fit. Source: apiserver resourcequota/controller.go, CheckRequest.
 */
export function checkRequest(
  quotas: readonly RunningQuota[],
  attributes: AdmissionAttributes,
  evaluator: Evaluator,
  limited: readonly LimitedResource[],
): ReadonlyMap<RunningQuota, Amounts> {
  const { object, operation } = attributes
  if (object === undefined) return new Map()
  const pertinent: RunningQuota[] = []
  const covered = new Set<string>()
  const coveredScopes = new Set<string>()
  for (const running of quotas) {
    const scopes = scopesOf(running.quota)
    for (const scope of scopes) if (evaluator.matchesScope(scope, object)) coveredScopes.add(scope.scopeName)
    const names = [...running.hard.keys()].filter((name) => evaluator.matches(name))
    if (names.length === 0 || !scopes.every((scope) => evaluator.matchesScope(scope, object))) continue
    const complaint = evaluator.constraint(names, object)
    if (complaint !== undefined) throw refuse(attributes, `failed quota: ${running.name}: ${complaint}`)
    if (names.some((name) => !running.used.has(name)))
      throw refuse(attributes, `status unknown for quota: ${running.name}, resources: ${names.sort().join(',')}`)
    pertinent.push(running)
    for (const name of names) covered.add(name)
  }
  if (pertinent.length === 0 && limited.length === 0) return new Map()

  const usage = evaluator.usage(object)
  const negative = [...usage].filter(([, amount]) => amount.sign < 0).map(([name]) => name)
  if (negative.length > 0)
    throw refuse(attributes, `quota usage is negative for resource(s): ${negative.sort().join(',')}`)
  const { oldObject } = attributes
  const isChange = operation === 'UPDATE' && Boolean(oldObject?.metadata.resourceVersion)
  const change = isChange ? withoutZeros(subtractAmounts(usage, evaluator.usage(oldObject!))) : withoutZeros(usage)
  const charges = new Map<RunningQuota, Amounts>()
  for (const running of pertinent) {
    // A quota that did not count the object before counts all of it now.
    const counted = isChange && scopesOf(running.quota).every((scope) => evaluator.matchesScope(scope, oldObject!))
    const charge = counted ? change : withoutZeros(usage)
    if (charge.size > 0) charges.set(running, charge)
  }
  if (pertinent.length === 0 ? change.size === 0 : charges.size === 0) return new Map()
  checkLimited(attributes, evaluator, usage, limited, covered, coveredScopes)
  for (const [running, charge] of charges) {
    const wanted = masked(charge, running.hard)
    charges.set(running, wanted)
    if (attributes.subresource !== 'status') checkFits(attributes, running, wanted)
  }
  return charges
}

/** The quota after a request: its `used` with the charge on top. */
export function charge(running: RunningQuota, amounts: Amounts): void {
  const used = new Map(running.used)
  addAmounts(used, amounts)
  running.used = used
}

function checkFits(attributes: AdmissionAttributes, { name, hard, used }: RunningQuota, wanted: Amounts): void {
  const exceeded = new Set(
    [...wanted]
      .filter(([resource, amount]) => {
        const sum = used.get(resource)?.add(amount) ?? amount
        return sum.compare(hard.get(resource)!) > 0
      })
      .map(([resource]) => resource),
  )
  if (exceeded.size === 0) return
  const [requested, taken, most] = [wanted, used, hard].map((amounts) => amountsText(masked(amounts, exceeded)))
  throw refuse(attributes, `exceeded quota: ${name}, requested: ${requested}, used: ${taken}, limited: ${most}`)
}

function checkLimited(
  attributes: AdmissionAttributes,
  evaluator: Evaluator,
  usage: Amounts,
  limited: readonly LimitedResource[],
  covered: ReadonlySet<string>,
  coveredScopes: ReadonlySet<string>,
): void {
  const { resource, object } = attributes
  const names = new Set<string>()
  const scopes: ScopeSelector[] = []
  for (const { apiGroup, resource: plural, matchContains, matchScopes } of limited) {
    scopes.push(...matchScopes.filter((scope) => evaluator.matchesScope(scope, object!)))
    if (apiGroup !== resource.group || plural !== resource.resource) continue
    for (const [name, amount] of usage)
      if (amount.sign > 0 && matchContains.some((part) => name.includes(part))) names.add(name)
  }
  const without = [...names].filter((name) => !covered.has(name)).sort()
  if (without.length > 0) throw refuse(attributes, `insufficient quota to consume: ${without.join(',')}`)
  const open = scopes.filter(({ scopeName }) => !coveredScopes.has(scopeName))
  if (open.length > 0) {
    const texts = open.map(({ scopeName, operator, values = [] }) => `{${scopeName} ${operator} [${values.join(' ')}]}`)
    throw failure(`insufficient quota to match these scopes: [${texts.join(' ')}]`)
  }
}

function scopesOf({ spec }: KubeObject): readonly ScopeSelector[] {
  const scopes: readonly string[] = spec?.scopes ?? []
  const expressions: readonly ScopeSelector[] = spec?.scopeSelector?.matchExpressions ?? []
  return [...scopes.map((scopeName) => ({ scopeName, operator: 'Exists' })), ...expressions]
}

/** A quota's status with what is used now. */
export function withUsed(quota: KubeObject, used: Amounts): KubeObject {
  const before: Readonly<Record<string, string>> = quota.status?.used ?? {}
  const texts = [...used].map(([name, amount]) => {
    const old = before[name]
    return [name, old !== undefined && parseQuantity(old).equals(amount) ? old : amount.toString()] as const
  })
  return { ...quota, status: { ...quota.status, used: Object.fromEntries(texts.sort(([a], [b]) => (a < b ? -1 : 1))) } }
}
