import { type Allocation, allocate } from './concurrency-allocation.js'
import type { PriorityLevel } from './priority-level.js'

/**
 * Shares the server's seats out anew, by what every level wanted in the time since it was last done: a level gets at least what
 * it used of its nominal seats, never less than what it may not lend, never more than what it may borrow; the rest by demand.
 * Source: apiserver pkg/util/flowcontrol/apf_controller.go, updateBorrowingLocked.
 *
 * @returns the proportion of demand that is met, for metrics
 */
export function shareSeats(levels: readonly PriorityLevel[], serverSeats: number, now: number): number {
  for (const level of levels) level.observe(level.queueSet.demand.reset(now))
  const limited = levels.filter(({ isExempt }) => !isExempt)
  const total = levels.reduce((sum, { nominal }) => sum + nominal, 0)
  let left = total
  for (const level of levels) if (level.isExempt) left -= level.wanted
  const minimum = limited.reduce((sum, { min }) => sum + min, 0)
  const wanted = limited.reduce((sum, level) => sum + level.wanted, 0)
  let allocation: Allocation | undefined
  let current: (level: PriorityLevel, i: number) => number
  for (const level of levels) level.target = Math.max(level.wanted, level.demand.smoothed)
  if (left <= minimum) current = ({ min }) => min
  else if (left <= wanted) {
    const part = (left - minimum) / (wanted - minimum)
    current = (level) => level.min + Math.round((level.wanted - level.min) * part)
  } else {
    const items = limited.map((level) => ({ lowerBound: level.wanted, upperBound: level.max, target: level.target }))
    // As upstream, which shares out the whole, whatever exempt requests use.
    allocation = allocate(total, items)
    current = (level, i) => (allocation === undefined ? level.current : Math.round(allocation.shares[i]!))
  }
  limited.forEach((level, i) => {
    level.current = current(level, i)
  })
  for (const level of levels) {
    if (level.isExempt) level.current = level.wanted
    const denominator = level.current > 0 ? level.current : Math.max(1, Math.round(serverSeats / 10))
    level.queueSet.setLimit(level.current, denominator, now)
  }
  return allocation?.proportion ?? 0
}
