import { stringOfDuration, stringOfTimestamp } from '../convert.js'
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
} from '../values.js'

/** A value as cel-go turns it into JSON. */
export function toJson(value: Value): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return String(value)
  if (isDouble(value)) return toNumber(value)
  if (typeof value === 'number') return value
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Duration) return stringOfDuration(value)
  if (value instanceof Timestamp) return stringOfTimestamp(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Optional) return value.value === undefined ? null : toJson(value.value)
  if (isList(value)) return itemsOf(value).map(toJson)
  if (isFields(value)) return Object.fromEntries(keysOf(value).map((key) => [key, toJson(entryOf(value, key)!)]))
  return undefined
}
