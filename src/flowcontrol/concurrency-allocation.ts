/** Somebody among whom a sum is shared out. `target >= lowerBound >= 0` and `upperBound >= lowerBound`. */
export interface AllocationItem {
  readonly target: number
  readonly lowerBound: number
  readonly upperBound: number
}

export interface Allocation {
  readonly shares: readonly number[]
  /** Share by target, for all whom no bound holds. */
  readonly proportion: number
}

/** Targets below it count as it. */
export const minTarget = 0.001
const epsilon = 1e-7

/**
 * Shares a sum out: everybody gets the same proportion of their target, but not less than their lower bound and not more than
 * their upper bound. The one proportion for which the shares add up is found by raising it from bound to bound.
 * Source: apiserver pkg/util/flowcontrol/conc_alloc.go.
 *
 * @returns undefined if no shares can add up to `sum`
 */
export function allocate(sum: number, items: readonly AllocationItem[]): Allocation | undefined {
  if (sum < 0) return undefined
  const targets = items.map(({ target }) => Math.max(target, minTarget))
  let low = 0
  let high = 0
  for (const { target, lowerBound, upperBound } of items) {
    if (lowerBound < 0 || target < lowerBound || upperBound < lowerBound) return undefined
    low += lowerBound
    high += upperBound
  }
  if (low - sum > epsilon || sum - high > epsilon) return undefined
  if (sum === 0) return { shares: items.map(() => 0), proportion: 0 }
  const lows = items.map(({ lowerBound }, i) => lowerBound / targets[i]!)
  const highs = items.map(({ upperBound }, i) => upperBound / targets[i]!)
  if (low - sum > -epsilon) return { shares: items.map(({ lowerBound }) => lowerBound), proportion: Math.min(...lows) }
  if (sum - high > -epsilon)
    return { shares: items.map(({ upperBound }) => upperBound), proportion: Math.max(...highs) }
  const proportion = solve(sum, low, targets, lows, highs)
  const shares = items.map(({ lowerBound, upperBound }, i) =>
    Math.max(lowerBound, Math.min(upperBound, proportion * targets[i]!)),
  )
  return { shares, proportion }
}

/** From a lower bound on, a share grows with the proportion; from its upper bound on, it does not any more. */
function solve(
  sum: number,
  low: number,
  targets: readonly number[],
  lows: readonly number[],
  highs: readonly number[],
): number {
  const bounds = targets
    .flatMap((target, i) => [
      { at: lows[i]!, change: target },
      { at: highs[i]!, change: -target },
    ])
    .sort((a, b) => a.at - b.at)
  let proportion = bounds[0]!.at
  let reached = low
  let growing = 0
  for (const { at, change } of bounds) {
    if (at > proportion) {
      const next = reached + (at - proportion) * growing
      if (next >= sum && growing > 0) return proportion + (sum - reached) / growing
      reached = next
      proportion = at
    }
    growing += change
  }
  return proportion
}
