import { goFloat, goNumber } from '../go-float.js'
import { JsonNumber } from '../json-number.js'

/** JSON as it is decoded: integers beyond the safe ones are bigint. Patches may hold numbers as they were written. */
export type Json = null | boolean | number | bigint | JsonNumber | string | Json[] | JsonObject

export interface JsonObject {
  [key: string]: Json
}

/** The member of that name, or undefined; what every object inherits (`constructor`, `__proto__`) is not a member. */
export const member = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined

/** How Go's JSON reader names a kind of value in its errors. */
export function jsonKind(value: Json): string {
  if (Array.isArray(value)) return 'array'
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'object':
      return value === null ? 'null' : value instanceof JsonNumber ? 'number' : 'object'
    default:
      return 'number'
  }
}

/** The JSON reader's error for a number that no float64 holds. */
export const beyondFloat = (literal: string): string =>
  `json: cannot unmarshal number ${literal} into Go value of type float64`

/** Bytes of the value in JSON without white space. */
export function jsonSize(value: Json): number {
  if (typeof value === 'string') return Buffer.byteLength(JSON.stringify(value))
  if (typeof value !== 'object' || value === null) return String(value).length
  if (value instanceof JsonNumber) return value.literal.length
  let size = 2
  if (Array.isArray(value)) {
    for (const item of value) size += jsonSize(item) + 1
    return value.length === 0 ? size : size - 1
  }
  const keys = Object.keys(value)
  for (const key of keys) size += jsonSize(key) + jsonSize(value[key]!) + 2
  return keys.length === 0 ? size : size - 1
}

/** A value as Go's `%v` prints decoded JSON: `map[a:1 b:[x y]]`, keys sorted, nothing quoted. */
export function goText(value: Json): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (value instanceof JsonNumber) return goFloat(value.value)
  if (typeof value === 'object') {
    const keys = Object.keys(value).sort(byBytes)
    return `map[${keys.map((key) => `${key}:${goText(value[key]!)}`).join(' ')}]`
  }
  return typeof value === 'number' ? goNumber(value) : String(value)
}

// Go sorts strings by bytes, JavaScript by UTF-16 units: they differ only above the basic plane.
const byBytes = (a: string, b: string): number => {
  if (a === b) return 0
  return surrogate.test(a) || surrogate.test(b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1
}
const surrogate = /[\ud800-\udfff]/

/** Go's %T of decoded JSON. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (value instanceof JsonNumber) return 'float64'
  if (Array.isArray(value)) return '[]interface {}'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int64'
    case 'number':
      return Number.isSafeInteger(value) ? 'int64' : 'float64'
    case 'object':
      return 'map[string]interface {}'
    default:
      return 'string'
  }
}

/** The type as `%s` of a reflect.Type prints it: of nil there is none. */
export const goTypeText = (value: Json): string => (value === null ? '%!s(<nil>)' : goType(value))
