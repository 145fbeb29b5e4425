import { setOwn } from '../../api/index.js'
import {
  Duration,
  entryOf,
  isDouble,
  isFields,
  isList,
  itemsOf,
  keysOf,
  Optional,
  Timestamp,
  toNumber,
  Uint,
  type Value,
} from '../../cel/index.js'

/** A value of an expression as JSON, as cel-go makes it. Throws Error for what has no such form. */
export function jsonOf(value: Value): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' || isDouble(value)) return toNumber(value)
  if (isList(value)) return itemsOf(value).map(jsonOf)
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Duration) return `${Number(value.nanos) / 1e9}s`
  if (value instanceof Timestamp) return timestampText(value)
  if (value instanceof Optional) return value.value === undefined ? null : jsonOf(value.value)
  if (isFields(value)) return objectOf(value)
  throw new Error('JSONPath valueExpression evaluated to a type that could not marshal to JSON')
}

function objectOf(fields: Parameters<typeof keysOf>[0]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const key of keysOf(fields)) {
    const value = entryOf(fields, key)
    if (value === undefined) continue
    // An optional entry that is none is not there.
    if (value instanceof Optional && value.value === undefined) continue
    setOwn(object, String(key), jsonOf(value))
  }
  return object
}

function timestampText({ seconds, nanos }: Timestamp): string {
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`
  return `${text}${fraction}Z`
}
