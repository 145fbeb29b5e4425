import { sameType, Type } from '../types.js'
import {
  CelError,
  Duration,
  entryOf,
  Fields,
  isDouble,
  isFields,
  isInt,
  isList,
  itemsOf,
  keysOf,
  List,
  Opaque,
  Optional,
  sizeOfFields,
  sizeOfList,
  Timestamp,
  toNumber,
  Uint,
  type Value,
} from '../values.js'

/** -1, 0 or 1; of two values of one comparable type, or of two numbers. @throws CelError for all others */
export function compareValues(a: Value, b: Value): number {
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return order(Number(a), Number(b))
  if (a instanceof Duration && b instanceof Duration) return order(a.nanos, b.nanos)
  if (a instanceof Timestamp && b instanceof Timestamp) return order(a.seconds, b.seconds) || order(a.nanos, b.nanos)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  throw new CelError('no such overload')
}

/** Equality as `==` has it, for values of any types. */
export function equalValues(a: Value, b: Value): boolean {
  if (a === b) return true
  if (isNumeric(a) || isNumeric(b)) return isNumeric(a) && isNumeric(b) && compareNumbers(a, b) === 0
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (isList(a)) return isList(b) && equalLists(a, b)
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof Timestamp) return b instanceof Timestamp && compareValues(a, b) === 0
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Type) return b instanceof Type && sameType(a, b)
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a, b)
  if (a instanceof Opaque) return b instanceof Opaque && a.equals(b)
  return isFields(a) && isFields(b) && equalFields(a, b)
}

function equalLists(a: readonly Value[] | List, b: readonly Value[] | List): boolean {
  if (a instanceof List && a.equals !== undefined) return a.equals(b)
  if (sizeOfList(a) !== sizeOfList(b)) return false
  const others = itemsOf(b)
  return itemsOf(a).every((item, i) => equalValues(item, others[i]!))
}

function equalFields(a: Value, b: Value): boolean {
  if (!isFields(a) || !isFields(b)) return false
  if (a instanceof Fields && a.equals !== undefined) return a.equals(b)
  if (sizeOfFields(a) !== sizeOfFields(b)) return false
  return keysOf(a).every((key) => {
    const other = entryOf(b, key)
    return other !== undefined && equalValues(entryOf(a, key)!, other)
  })
}

const equalOptionals = (a: Optional, b: Optional): boolean =>
  a.value === undefined || b.value === undefined ? a.value === b.value : equalValues(a.value, b.value)

const isNumeric = (value: Value): boolean => isInt(value) || isDouble(value) || value instanceof Uint

/** @returns NaN if one is no number */
function compareNumbers(a: Value, b: Value): number {
  return order(numeric(a), numeric(b))
}

function numeric(value: Value): number | bigint {
  if (value instanceof Uint) return value.value
  return typeof value === 'bigint' ? value : toNumber(value as number)
}

function order<T extends number | bigint>(a: T, b: T): number {
  if (a < b) return -1
  return a > b ? 1 : a === b || Number(a) === Number(b) ? 0 : Number.NaN
}

/** Byte by byte, as Go compares strings. */
function compareText(a: string, b: string): number {
  if (a === b) return 0
  return order(Buffer.compare(Buffer.from(a), Buffer.from(b)), 0)
}
