import { child, type FieldErrors, index, type KubeObject, oneOf, required, rfc3339 } from '../../api/index.js'

export interface Condition {
  type?: string
  status?: string
  reason?: string
  message?: string
  lastUpdateTime?: string | null
  lastTransitionTime?: string | null
}

const at = 'status.conditions'
const decisions = ['Approved', 'Denied']
/** Once there they stay. */
const lasting = ['Approved', 'Denied', 'Failed']

export const conditionsOf = ({ status }: KubeObject): Condition[] => status?.conditions ?? []

/** Status updates do not touch what has been decided. In place. */
export function keepDecisions(conditions: Condition[], old: readonly Condition[]): void {
  for (const type of decisions) {
    const before = old.filter((condition) => condition.type === type)
    const mine = conditions.flatMap((condition, i) => (condition.type === type ? [i] : []))
    if (before.length === mine.length)
      mine.forEach((i, n) => {
        conditions[i] = before[n]!
      })
  }
}

/** @param now milliseconds */
export function fillConditionTimes(conditions: readonly Condition[], old: readonly Condition[], now: number): void {
  for (const condition of conditions) {
    condition.lastUpdateTime ||= rfc3339(now)
    condition.lastTransitionTime ||=
      old.find(
        ({ type, status, lastTransitionTime }) =>
          type === condition.type && status === condition.status && lastTransitionTime,
      )?.lastTransitionTime || rfc3339(now)
  }
}

/** What the old conditions had wrong is let pass. */
export function validateConditions(
  conditions: readonly Condition[],
  old: readonly Condition[],
  errors: FieldErrors,
): void {
  const has = (list: readonly Condition[], wanted: string): boolean => list.some(({ type }) => type === wanted)
  const both = has(old, 'Approved') && has(old, 'Denied')
  const emptyTypes = old.some(({ type = '' }) => type === '')
  const repeatedTypes = new Set(old.map(({ type }) => type)).size < old.length
  const seen = new Set<string>()
  conditions.forEach(({ type = '', status = '' }, i) => {
    const own = index(at, i)
    if (!emptyTypes) required(errors, child(own, 'type'), type)
    const values = lasting.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (required(errors, child(own, 'status'), status)) oneOf(errors, child(own, 'status'), status, values)
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (other !== undefined && !both && seen.has(other))
      errors.invalid(at, type, 'Approved and Denied conditions are mutually exclusive')
    if (seen.has(type) && !repeatedTypes) errors.duplicate(child(own, 'type'), type)
    seen.add(type)
  })
}

/** @param deciding whether decisions may be added */
export function validateConditionChange(
  conditions: readonly Condition[],
  old: readonly Condition[],
  deciding: boolean,
  errors: FieldErrors,
): void {
  const count = (list: readonly Condition[], wanted: string): number =>
    list.filter(({ type }) => type === wanted).length
  for (const type of lasting)
    if (count(conditions, type) < count(old, type))
      errors.forbidden(at, `updates may not remove a condition of type "${type}"`)
  if (deciding) return
  // That they are not modified either is seen to before: a status update puts back those that were there.
  for (const type of decisions)
    if (count(conditions, type) > count(old, type))
      errors.forbidden(at, `updates may not add a condition of type "${type}"`)
}
