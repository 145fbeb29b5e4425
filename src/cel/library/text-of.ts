import { stringOfDouble, stringOfDuration, stringOfTimestamp } from '../convert.js'
import { Type } from '../types.js'
import { CelError, Duration, isDouble, isInt, Timestamp, toNumber, Uint, type Value } from '../values.js'

/** What `string(value)` gives for values of the language's scalar types and types; undefined for all others. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || isInt(value)) return String(value)
  if (isDouble(value)) return stringOfDouble(toNumber(value))
  if (value instanceof Uint) return value.value.toString()
  if (value instanceof Uint8Array) return bytesText(value)
  if (value instanceof Duration) return stringOfDuration(value)
  if (value instanceof Timestamp) return stringOfTimestamp(value)
  return value instanceof Type ? value.name : undefined
}

function bytesText(value: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
  }
}
