import { quote } from '../../api/index.js'

/**
 * Lists of completion indexes: `1,3-5,7`. Source: batch validation, validateIndexesFormat.
 */
type Interval = readonly [first: number, last: number]

/**
 * How many indexes there are.
 *
 * @throws Error with upstream's text
 */
export function countIndexes(text: string, completions: number): number {
  if (text === '') return 0
  let total = 0
  let previous: number | undefined
  for (const part of text.split(',')) {
    const [first, last] = parseInterval(part, completions)
    if (previous !== undefined && previous >= first)
      throw new Error(`non-increasing order, previous: ${previous}, current: ${first}`)
    total += last - first + 1
    previous = last
  }
  return total
}

/** The first index that is in both lists. Intervals that cannot be read are left out: their format is judged elsewhere. */
export function overlap(completed: string, failed: string, completions: number): number | undefined {
  if (completed === '' || failed === '') return undefined
  const left = readable(completed, completions)
  const right = readable(failed, completions)
  for (let i = 0, j = 0; i < left.length && j < right.length; ) {
    const [a, b] = left[i]!
    const [c, d] = right[j]!
    if (a <= d && c <= b) return Math.max(a, c)
    if (a <= c) i++
    else j++
  }
  return undefined
}

function readable(text: string, completions: number): Interval[] {
  return text.split(',').flatMap((part) => {
    try {
      return [parseInterval(part, completions)]
    } catch {
      return []
    }
  })
}

function parseInterval(text: string, completions: number): Interval {
  const parts = text.split('-')
  if (parts.length > 2)
    throw new Error(
      `the fragment ${quote(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    )
  const first = parseIndex(parts[0]!, completions)
  if (parts.length === 1) return [first, first]
  const last = parseIndex(parts[1]!, completions)
  if (first >= last) throw new Error(`non-increasing order, previous: ${first}, current: ${last}`)
  return [first, last]
}

function parseIndex(text: string, completions: number): number {
  const index = /^\+?\d{1,19}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(index) || index >= 2 ** 63)
    throw new Error(`cannot convert string to integer for index: ${quote(text)}`)
  if (index >= completions) throw new Error(`too large index: ${quote(text)}`)
  return index
}
