import type { MergeSchema } from './merge-schema.js'

/** A JSON object as it is walked; keys come from clients, so only own properties count. */
export type JsonMap = Readonly<Record<string, unknown>>

/** Which of the forms a schema allows applies to a value. A value that fits none is handled as the first the schema has. */
export type Form = 'map' | 'scalar' | 'list'

export function formOf(schema: MergeSchema, value: unknown): Form {
  if (value !== null && value !== undefined) {
    if (typeof value !== 'object') {
      if (schema.scalar !== undefined) return 'scalar'
    } else if (Array.isArray(value)) {
      if (schema.list !== undefined) return 'list'
    } else if (schema.map !== undefined) return 'map'
  }
  return schema.map !== undefined ? 'map' : schema.scalar !== undefined ? 'scalar' : 'list'
}

/** The value as a map with something in it, else undefined. */
export const filledMap = (value: unknown): JsonMap | undefined =>
  isMap(value) && Object.keys(value).length > 0 ? value : undefined

/** The value as a list with something in it, else undefined. */
export const filledList = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) && value.length > 0 ? value : undefined

export const isMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * An own property, undefined if there is none: safe for keys like `constructor`. What objects inherit are functions, which
 * JSON has none of, so that the slower question is rarely asked.
 */
export function own(map: JsonMap, key: string): unknown {
  if (key === '__proto__') return Object.hasOwn(map, key) ? map[key] : undefined
  const value = map[key]
  return typeof value === 'function' ? undefined : value
}

/** Sets a property, also one of the name `__proto__`. */
export function put(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
  else map[key] = value
}

/** Equality of JSON values: numbers by value, maps in any order; an undefined property is absent, a null one is not. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    // An integer that meets a float is compared as one, with what digits that has.
    return (typeof a === 'bigint') !== (typeof b === 'bigint') && isNumber(a) && isNumber(b) && Number(a) === Number(b)
  }
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equalValues(a[i], b[i])) return false
    return true
  }
  if (Array.isArray(b)) return false
  const left = a as JsonMap
  const right = b as JsonMap
  for (const key of Object.keys(left)) if (!equalValues(left[key], own(right, key))) return false
  for (const key of Object.keys(right)) if (right[key] !== undefined && own(left, key) === undefined) return false
  return true
}

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint'

/** A deep copy of JSON data, keys like `__proto__` included. */
export function copyValue<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyValue) as T
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value)) put(out, key, copyValue((value as JsonMap)[key]))
  return out as T
}
