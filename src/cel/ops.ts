import { JsonNumber } from '../api/index.js'
import { Type } from './types.js'
import {
  CelError,
  Double,
  Duration,
  entryOf,
  Fields,
  isFields,
  isList,
  itemAt,
  keysOf,
  List,
  Opaque,
  Optional,
  type PlainObject,
  sizeOfFields,
  sizeOfList,
  Timestamp,
  Uint,
  type Value,
} from './values.js'
import { spend } from './work.js'

/** A number of any type as JavaScript compares it exactly; undefined: it is none. */
export function numeric(value: Value): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  if (value instanceof Double || value instanceof Uint || value instanceof JsonNumber) return value.value
  return undefined
}

/** CEL's equality: numbers by what they mean, everything else only within its type. */
export function equal(a: Value, b: Value): boolean {
  if (a === b) return !(a instanceof Double && Number.isNaN(a.value))
  spend(1)
  if (typeof a === 'string' || typeof a === 'boolean' || a === null || b === null) return false
  const left = numeric(a)
  if (left !== undefined) {
    const right = numeric(b)
    return right !== undefined && (typeof left === typeof right ? left === right : Number(left) === Number(right))
  }
  if (isList(a)) return isList(b) && equalLists(a, b)
  // What else than its like it can be compared with is for the type to say.
  if (a instanceof Opaque) return a.equals(b as Opaque)
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof Timestamp) return b instanceof Timestamp && a.seconds === b.seconds && a.nanos === b.nanos
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Type) return b instanceof Type && a.name === b.name
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a, b)
  return isFields(a) && isFields(b) && equalFields(a, b)
}

function equalOptionals({ value: a }: Optional, { value: b }: Optional): boolean {
  return a === undefined || b === undefined ? a === b : equal(a, b)
}

function equalLists(a: readonly Value[] | List, b: readonly Value[] | List): boolean {
  if (a instanceof List && a.equals !== undefined) return a.equals(b)
  return sameItems(a, b)
}

/** Equality item by item, whatever the lists' types prescribe. */
export function sameItems(a: readonly Value[] | List, b: readonly Value[] | List): boolean {
  const size = sizeOfList(a)
  if (size !== sizeOfList(b)) return false
  spend(size)
  for (let i = 0; i < size; i++) if (!equal(itemAt(a, i), itemAt(b, i))) return false
  return true
}

function equalFields(a: Fields | PlainObject, b: Fields | PlainObject): boolean {
  if (a instanceof Fields && a.equals !== undefined) return a.equals(b)
  if (b instanceof Fields && b.equals !== undefined) return b.equals(a)
  if (sizeOfFields(a) !== sizeOfFields(b)) return false
  for (const key of keysOf(a)) {
    const other = entryOf(b, key)
    if (other === undefined || !equal(entryOf(a, key)!, other)) return false
  }
  return true
}

/**
 * Order of two values of types that have one: negative, zero or positive.
 *
 * @throws CelError
 */
export function compare(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') {
    if (a < b) return -1
    if (a >= b) return a > b ? 1 : 0
  }
  const left = numeric(a)
  if (left !== undefined) {
    const right = numeric(b)
    if (right === undefined) throw new CelError('no such overload')
    // As in cel-go an int beyond 2^53 is rounded before it is compared with a double.
    const [x, y] = typeof left === typeof right ? [left, right] : [Number(left), Number(right)]
    if (x < y) return -1
    if (x > y) return 1
    if (x === y) return 0
    throw new CelError('NaN values cannot be ordered')
  }
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Duration && b instanceof Duration) return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
  if (a instanceof Timestamp && b instanceof Timestamp) return a.seconds - b.seconds || a.nanos - b.nanos
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  throw new CelError('no such overload')
}

/** By code points, as bytes of UTF-8 are ordered; JavaScript orders by UTF-16. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points beyond all others.
    const high = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)
    return high(x) - high(y)
  }
  return a.length - b.length
}

/** A map that an expression has made: keys of any type, in the order of writing. */
export class MapValue extends Fields {
  readonly #entries = new Map<unknown, readonly [key: Value, value: Value]>()

  get size(): number {
    return this.#entries.size
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(canonical(key))?.[1]
  }

  /** @throws CelError for a key that cannot be one */
  set(key: Value, value: Value): void {
    this.#entries.set(keyOf(key), [key, value])
  }

  /** @throws CelError */
  insert(key: Value, value: Value): void {
    if (this.#entries.has(keyOf(key))) throw new CelError(`insert failed: key ${printed(key)} already exists`)
    this.set(key, value)
  }

  keys(): readonly Value[] {
    return Array.from(this.#entries.values(), ([key]) => key)
  }
}

function keyOf(key: Value): unknown {
  const canon = canonical(key)
  if (canon === undefined) throw new CelError('unsupported key type')
  return canon
}

/** Numbers that are equal are one key, of whatever type. */
function canonical(key: Value): unknown {
  if (typeof key === 'string' || typeof key === 'boolean') return key
  const number = numeric(key)
  if (typeof number !== 'bigint') return number
  return number >= -0x1fffffffffffffn && number <= 0x1fffffffffffffn ? Number(number) : number
}

/** As Go prints a key or an index in messages. */
export function printed(value: Value): string {
  if (typeof value === 'string') return value
  const number = numeric(value)
  return number === undefined ? String(value) : String(number)
}
