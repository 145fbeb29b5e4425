import type { StatusCause } from './errors.js'

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

  typeInvalid(field: string, value: unknown, detail: string): void {
    this.#add('FieldValueTypeInvalid', field, `Invalid value: ${goValue(value)}`, detail)
  }

  duplicate(field: string, value: unknown, detail = ''): void {
    this.#add('FieldValueDuplicate', field, `Duplicate value: ${goValue(value)}`, detail)
  }

  notFound(field: string, value: unknown): void {
    this.#add('FieldValueNotFound', field, `Not found: ${goValue(value)}`, '')
  }

  /** Supported values are told sorted and quoted, as upstream does. */
  notSupported(field: string, value: unknown, supported: readonly string[]): void {
    const detail = supported.length === 0 ? '' : `supported values: ${[...supported].sort().map(quote).join(', ')}`
    this.#add('FieldValueNotSupported', field, `Unsupported value: ${goValue(value)}`, detail)
  }

  forbidden(field: string, detail: string): void {
    this.#add('FieldValueForbidden', field, 'Forbidden', detail)
  }

  /** @param max bytes; below 0: the message names no limit */
  tooLong(field: string, max: number): void {
    this.#add(
      'FieldValueTooLong',
      field,
      'Too long',
      max < 0 ? 'value is too long' : `may not be more than ${max} bytes`,
    )
  }

  tooMany(field: string, actual: number, max: number): void {
    this.#add('FieldValueTooMany', field, `Too many: ${actual}`, `must have at most ${max} item${max === 1 ? '' : 's'}`)
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

/** A value as upstream prints it into a message: strings quoted, null for nothing, structures as JSON. */
export function goValue(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'object') return JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? Number(v) : v))
  return String(value)
}

/** Go's %q for what occurs in API objects. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
