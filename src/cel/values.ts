import { JsonNumber } from '../api/index.js'
import { Type, types } from './types.js'
import { spend } from './work.js'

/**
 * A value while an expression runs. Plain JSON is a value as it is:
 *
 * - null, bool, string: themselves
 * - int: a number that is a safe integer; beyond that a bigint. Make one with {@link int}.
 * - double: a number that is no safe integer, or {@link Double}. Make one with {@link double}, read it with {@link toNumber}.
 * - list: an array, or a {@link List} (a view of typed JSON). Read it with {@link itemsOf}.
 * - map and object: a plain object, or a {@link Fields}. Read it with {@link entryOf}, {@link keysOf}.
 * - bytes: Uint8Array; uint, duration, timestamp, optional, type: the classes here; opaque types: subclasses of {@link Opaque}
 */
export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | Double
  | JsonNumber
  | Uint
  | Uint8Array
  | Duration
  | Timestamp
  | Optional
  | Type
  | Opaque
  | readonly Value[]
  | List
  | Fields
  | PlainObject

export type PlainObject = { readonly [key: string]: Value | undefined }

/** A double whose number is a safe integer, so that it is not taken for an int. */
export class Double {
  constructor(readonly value: number) {}
}

export class Uint {
  /** @param value 0 to 2^64-1 */
  constructor(readonly value: bigint) {}
}

/** Nanoseconds, within int64. */
export class Duration {
  constructor(readonly nanos: bigint) {}
}

/** A moment from year 1 to 9999. */
export class Timestamp {
  constructor(
    /** Since 1970, negative before. */
    readonly seconds: number,
    /** 0 to 999,999,999 */
    readonly nanos: number,
    /** Seconds east of UTC: only `string()` shows it. */
    readonly offset = 0,
  ) {}
}

export class Optional {
  static readonly none = new Optional(undefined)
  constructor(readonly value: Value | undefined) {}
}

/** A value of a library's own type. */
export abstract class Opaque {
  abstract readonly type: Type
  abstract equals(other: Opaque): boolean
  /** What `size` would be to the cost model; undefined: 1. */
  get costSize(): number | undefined {
    return undefined
  }
}

/** A list that is not an array of values. */
export abstract class List {
  abstract readonly size: number
  /** @param index within the list */
  abstract at(index: number): Value
  /** Equality that the list's type prescribes; undefined: item by item. */
  equals?(other: readonly Value[] | List): boolean
  /** `this + other` as the list's type prescribes; undefined: one after the other. */
  concat?(other: readonly Value[] | List): Value
}

/** A map or object that is not a plain object of values. */
export abstract class Fields {
  /** The object type; undefined: a map. */
  readonly type: Type | undefined = undefined
  abstract readonly size: number
  /** @returns undefined if it is not there */
  abstract get(key: Value): Value | undefined
  abstract keys(): readonly Value[]
  /** Presence of a field as has() sees it. */
  has(key: Value): boolean {
    return this.get(key) !== undefined
  }
  equals?(other: PlainObject | Fields): boolean
}

/** What a function throws if it has no result. Without a stack: expressions fail often, and cheaply. */
export class CelError {
  constructor(readonly message: string) {}
}

/** An int of any size that fits int64. @throws CelError `integer overflow` */
export function int(value: bigint): number | bigint {
  if (value >= -0x1fffffffffffffn && value <= 0x1fffffffffffffn) return Number(value)
  if (value < -0x8000000000000000n || value > 0x7fffffffffffffffn) throw new CelError('integer overflow')
  return value
}

export const double = (value: number): number | Double => (Number.isSafeInteger(value) ? new Double(value) : value)

export const isInt = (value: Value): value is number | bigint =>
  typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'bigint'

export const isDouble = (value: Value): value is number | Double | JsonNumber =>
  typeof value === 'number' ? !Number.isSafeInteger(value) : value instanceof Double || value instanceof JsonNumber

/** The number of a double or an int. */
export const toNumber = (value: number | bigint | Double | JsonNumber): number =>
  typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : value.value

export const isList = (value: Value): value is readonly Value[] | List => Array.isArray(value) || value instanceof List

/** A map or an object. */
export const isFields = (value: Value): value is Fields | PlainObject =>
  value instanceof Fields ||
  (typeof value === 'object' &&
    value !== null &&
    (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null))

const goList = Symbol('goList')

/** Notes what a list is in Go that is not one of values: joined ones hold what their items are, some functions make texts. */
export function asGoList<T extends readonly Value[]>(list: T, kind: 'any' | 'string'): T {
  return Object.defineProperty(list, goList, { value: kind })
}

/** What a list has been noted as. */
export const goListOf = (list: readonly Value[] | List): 'any' | 'string' | undefined =>
  (list as { readonly [goList]?: 'any' | 'string' })[goList]

/** The items of a list, without a copy if it is an array. */
export function itemsOf(list: readonly Value[] | List): readonly Value[] {
  if (!(list instanceof List)) return list
  spend(list.size)
  return Array.from({ length: list.size }, (_, i) => list.at(i))
}

export const sizeOfList = (list: readonly Value[] | List): number => (list instanceof List ? list.size : list.length)

export const itemAt = (list: readonly Value[] | List, index: number): Value =>
  list instanceof List ? list.at(index) : list[index]!

/** What it takes to list a key, against comparing two values. */
const keySteps = 4

/** The value of a map's key or an object's field; undefined if it is not there. */
export function entryOf(fields: Fields | PlainObject, key: Value): Value | undefined {
  if (fields instanceof Fields) return fields.get(key)
  return typeof key === 'string' && Object.hasOwn(fields, key) ? fields[key] : undefined
}

export function keysOf(fields: Fields | PlainObject): readonly Value[] {
  if (fields instanceof Fields) return fields.keys()
  const all = Object.keys(fields)
  spend(all.length * keySteps)
  return all.filter((key) => fields[key] !== undefined)
}

export function sizeOfFields(fields: Fields | PlainObject): number {
  if (fields instanceof Fields) return fields.size
  const keys = Object.keys(fields)
  spend(keys.length * keySteps)
  let size = 0
  for (const key of keys) if (fields[key] !== undefined) size++
  return size
}

/** The type of a value at run time: what `type(value)` gives, with parameters left open. */
export function typeOfValue(value: Value): Type {
  switch (typeof value) {
    case 'string':
      return types.string
    case 'number':
      return Number.isSafeInteger(value) ? types.int : types.double
    case 'boolean':
      return types.bool
    case 'bigint':
      return types.int
    default:
      return typeOfObject(value)
  }
}

const anyList = new Type('list', 'list', [types.dyn])
const anyMap = new Type('map', 'map', [types.dyn, types.dyn])
const anyOptional = new Type('opaque', 'optional_type', [types.dyn])

function typeOfObject(value: object | null): Type {
  if (value === null) return types.null
  if (Array.isArray(value) || value instanceof List) return anyList
  if (value instanceof Opaque) return value.type
  if (value instanceof Fields) return value.type ?? anyMap
  if (value instanceof Double || value instanceof JsonNumber) return types.double
  if (value instanceof Uint) return types.uint
  if (value instanceof Uint8Array) return types.bytes
  if (value instanceof Duration) return types.duration
  if (value instanceof Timestamp) return types.timestamp
  if (value instanceof Optional) return anyOptional
  if (value instanceof Type) return types.type
  return anyMap
}
