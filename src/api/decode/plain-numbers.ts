import { JsonNumber } from '../json-number.js'
import { setOwn } from '../object.js'
import type { Duplicates } from './report.js'

/** The value with every JsonNumber in it turned into a plain number. Shares whatever holds none. */
export function plainNumbers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof JsonNumber) return value.value
  if (Array.isArray(value)) {
    const items = value.map(plainNumbers)
    return items.every((item, i) => item === value[i]) ? value : items
  }
  let out: Record<string, unknown> = value as Record<string, unknown>
  for (const key of Object.keys(value)) {
    const old = (value as Record<string, unknown>)[key]
    const plain = plainNumbers(old)
    if (plain === old) continue
    if (out === value) out = { ...value }
    setOwn(out, key, plain)
  }
  return out
}

/** The first number, in the order of keys, that no float64 holds. */
export function outOfRange(value: unknown, duplicates?: Duplicates): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (value instanceof JsonNumber) return Number.isFinite(value.value) ? undefined : value.literal
  const repeated = duplicates?.get(value)?.map(([, held]) => held)
  for (const held of Array.isArray(value) ? value : (repeated ?? Object.values(value))) {
    const found = typeof held === 'object' ? outOfRange(held, duplicates) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
