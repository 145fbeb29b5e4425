import { equalJson } from '../../api/index.js'

/** core/v1 Toleration. */
export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

/** Both lists without those that another one includes; of equal ones the first stays. Source: pkg/util/tolerations. */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second]
  const merged: Toleration[] = []
  all.forEach((toleration, i) => {
    if (merged.some((kept) => includes(kept, toleration))) return
    if (all.slice(i + 1).some((later) => !equalJson(toleration, later) && includes(later, toleration))) return
    merged.push(toleration)
  })
  return merged
}

/** Whether every toleration of `inner` is one of `outer`. Source: pkg/util/tolerations, ContainsAll. */
export const containsAllTolerations = (outer: readonly Toleration[], inner: readonly Toleration[]): boolean =>
  inner.every((toleration) => outer.some((candidate) => includes(candidate, toleration)))

/** Whether `outer` tolerates all that `inner` does. */
function includes(outer: Toleration, inner: Toleration): boolean {
  if (equalJson(outer, inner)) return true
  if ((inner.key ?? '') !== (outer.key ?? '') && (outer.key || outer.operator !== 'Exists')) return false
  if (outer.effect && inner.effect !== outer.effect) return false
  if (outer.effect === 'NoExecute' && outer.tolerationSeconds !== undefined) {
    if (inner.tolerationSeconds === undefined || inner.tolerationSeconds > outer.tolerationSeconds) return false
  }
  if (outer.operator === 'Exists') return true
  if (outer.operator !== undefined && outer.operator !== '' && outer.operator !== 'Equal') return false
  return inner.operator === 'Equal' && (inner.value ?? '') === (outer.value ?? '')
}
