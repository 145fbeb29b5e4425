import type { StatusCause } from './errors.js'
import { goNumber } from './go-float.js'
import { JsonNumber } from './json-number.js'
import { quote } from './quote.js'

/** Source of reasons and wording: apimachinery pkg/util/validation/field/errors.go. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueTooShort'
  | 'InternalError'
  | 'FieldValueTypeInvalid'

export interface FieldError {
  readonly type: FieldErrorType
  readonly field: string
  /** Without the field: `Required value: name is needed`. */
  readonly message: string
}

/**
 * Collects what is wrong with an object, in order. Paths are strings (`spec.containers[0].name`, `metadata.labels[a.b/c]`);
 * `child`, `index` and `key` below make them.
 */
export class FieldErrors {
  readonly list: FieldError[] = []

  get empty(): boolean {
    return this.list.length === 0
  }

  required(field: string, detail = ''): void {
    this.#add('FieldValueRequired', field, 'Required value', detail)
  }

  invalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueInvalid', field, `Invalid value: ${goValue(value)}`, detail)
  }

  /** Where upstream leaves the value out (OmitValueType). */
  invalidWithoutValue(field: string, detail: string): void {
    this.#add('FieldValueInvalid', field, 'Invalid value', detail)
  }

  typeInvalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueTypeInvalid', field, `Invalid value: ${goValue(value)}`, detail)
  }

  duplicate(field: string, value: unknown, detail = ''): void {
    this.#add('FieldValueDuplicate', field, `Duplicate value: ${goValue(value)}`, detail)
  }

  notFound(field: string, value: unknown, detail = ''): void {
    this.#add('FieldValueNotFound', field, `Not found: ${goValue(value)}`, detail)
  }

  /** Supported values are told sorted, as upstream tells those it holds in sets. */
  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    this.notSupportedInOrder(field, value, [...supported].sort())
  }

  /** Supported values are told in the order given, as upstream tells those it holds in lists. */
  notSupportedInOrder(field: string, value: unknown, supported: readonly string[]): void {
    const detail = supported.length === 0 ? '' : `supported values: ${supported.map(quote).join(', ')}`
    // Mostly of a named string type, which upstream prints as JSON.
    const told = typeof value === 'string' ? goJson(value) : goValue(value)
    this.#add('FieldValueNotSupported', field, `Unsupported value: ${told}`, detail)
  }

  forbidden(field: string, detail: string): void {
    this.#add('FieldValueForbidden', field, 'Forbidden', detail)
  }

  /** @param max bytes; below 0: the message names no limit */
  tooLong(field: string, max: number): void {
    const detail = max < 0 ? 'value is too long' : `may not be more than ${count(max, 'byte')}`
    this.#add('FieldValueTooLong', field, 'Too long', detail)
  }

  /** @param max characters (code points) */
  tooLongCharacters(field: string, max: number): void {
    const detail = max < 0 ? 'value is too long' : `may not be more than ${count(max, 'character')}`
    this.#add('FieldValueTooLong', field, 'Too long', detail)
  }

  /** @param min characters */
  tooShort(field: string, min: number): void {
    this.#add('FieldValueTooShort', field, 'Too short', `must be at least ${count(min, 'character')}`)
  }

  /** @param actual below 0: not told */
  tooMany(field: string, actual: number, max: number): void {
    const head = actual < 0 ? 'Too many' : `Too many: ${actual}`
    const detail = max < 0 ? 'has too many items' : `must have at most ${count(max, 'item')}`
    this.#add('FieldValueTooMany', field, head, detail)
  }

  tooFew(field: string, actual: number, min: number): void {
    this.#add('FieldValueTooFew', field, `Too few: ${actual}`, `must have at least ${count(min, 'item')}`)
  }

  internal(field: string, detail: string): void {
    this.#add('InternalError', field, 'Internal error', detail)
  }

  /** As they go into `details.causes` of a Status. */
  get causes(): StatusCause[] {
    return this.list.map(({ type, message, field }) => ({ reason: type, message, field }))
  }

  /** `[a: Required value, b: Too long: ...]`, or without brackets if there is one; repeated texts are told once. */
  get message(): string {
    const texts = [...new Set(this.list.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)))]
    return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
  }

  #add(type: FieldErrorType, field: string, head: string, detail: string): void {
    this.list.push({ type, field, message: detail === '' ? head : `${head}: ${detail}` })
  }
}

export const child = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)
export const index = (path: string, i: number): string => `${path}[${i}]`
export const key = (path: string, k: string): string => `${path}[${k}]`

/**
 * A value as upstream prints it into a message: strings quoted, null for nothing, lists, maps and structures as Go's JSON.
 * Members keep their order; pass a map (labels, capacity) through `sortedMap`, since Go writes maps in order of keys.
 */
export function goValue(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'object') return goJson(value)
  return typeof value === 'number' ? goNumber(value) : String(value)
}

/** The same members in the order in which Go writes a map. */
export function sortedMap<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** json.Marshal: bigint as digits, characters that HTML cares for escaped. */
export function goJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof JsonNumber) return value.literal
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value ?? null).replace(
      /[<>&\u2028\u2029]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
  }
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${goJson(name)}:${goJson(member)}`).join(',')}}`
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
