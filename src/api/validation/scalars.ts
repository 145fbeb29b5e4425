import type { FieldErrors } from '../field-errors.js'
import { isQualifiedName } from '../labels.js'
import {
  byteLength,
  isConfigMapKey,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isInRange,
  isPathSegmentName,
  isPercent,
  isPortName,
  isPortNumber,
} from '../names.js'
import { parseQuantity, type Quantity } from '../quantity.js'

/**
 * The words of validation rules. Every function is `word(errors, path, value, ...)`: it adds what is wrong with the value at
 * the path to the errors, in upstream's wording, and gives back whether nothing was. Optional values: absent (undefined or
 * null) is fine unless the word says `required`; strings that upstream has as non-pointers are judged when absent, as "".
 */
export type Int = number | bigint | null | undefined
export type Text = string | null | undefined

/** Adds one "Invalid value" per text. */
export function invalidEach(errors: FieldErrors, path: string, value: unknown, wrong: readonly string[]): boolean {
  for (const text of wrong) errors.invalid(path, value, text)
  return wrong.length === 0
}

export const nonNegative = (errors: FieldErrors, path: string, value: Int): boolean =>
  rule(errors, path, value, (n) => n >= 0, 'must be greater than or equal to 0')

/** @param detail upstream has several: "must be greater than 0", "must be positive" */
export const positive = (
  errors: FieldErrors,
  path: string,
  value: Int,
  detail = 'must be greater than zero',
): boolean => rule(errors, path, value, (n) => n > 0, detail)

/** Both ends included. */
export const inRange = (errors: FieldErrors, path: string, value: Int, min: number, max: number): boolean =>
  absent(value) || invalidEach(errors, path, value, isInRange(value, min, max))

export const portNumber = (errors: FieldErrors, path: string, value: Int): boolean =>
  absent(value) || invalidEach(errors, path, value, isPortNumber(value))

export const portName = (errors: FieldErrors, path: string, value: Text): boolean =>
  text(errors, path, value, isPortName)

/** A named port or a number. */
export const portNumberOrName = (errors: FieldErrors, path: string, value: Int | string): boolean =>
  typeof value === 'string' ? portName(errors, path, value) : portNumber(errors, path, value)

export const userId = (errors: FieldErrors, path: string, value: Int): boolean =>
  inRange(errors, path, value, 0, 2147483647)

/** A number that is not negative, or a percentage. */
export const intOrPercent = (errors: FieldErrors, path: string, value: Int | string): boolean =>
  typeof value === 'string' ? text(errors, path, value, isPercent) : nonNegative(errors, path, value)

/** Says nothing about numbers and about what is no percentage. */
export function atMost100Percent(errors: FieldErrors, path: string, value: Int | string): boolean {
  if (typeof value !== 'string' || isPercent(value).length > 0 || Number(value.slice(0, -1)) <= 100) return true
  errors.invalid(path, value, 'must not be greater than 100%')
  return false
}

export function required(errors: FieldErrors, path: string, value: unknown, detail = ''): boolean {
  const missing = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  if (missing) errors.required(path, detail)
  return !missing
}

/**
 * How an error tells the supported values. Upstream tells them in the order it holds them: sorted where that is a set, as
 * declared where it is a list (`"File", "FallbackToLogsOnError"`).
 */
export type ToldAs = 'sorted' | 'given'

/** One of a set; an absent value counts as "". */
export function oneOf(
  errors: FieldErrors,
  path: string,
  value: Text,
  supported: readonly string[],
  told: ToldAs = 'sorted',
): boolean {
  if (supported.includes(value ?? '')) return true
  if (told === 'given') errors.notSupportedInOrder(path, value ?? '', supported)
  else errors.notSupported(path, value ?? '', supported)
  return false
}

/** The usual pair: absent is "Required value", anything unknown is "Unsupported value". */
export const requiredOneOf = (
  errors: FieldErrors,
  path: string,
  value: Text,
  supported: readonly string[],
  told?: ToldAs,
): boolean => required(errors, path, value) && oneOf(errors, path, value, supported, told)

export const optionalOneOf = (
  errors: FieldErrors,
  path: string,
  value: Text,
  supported: readonly string[],
  told?: ToldAs,
): boolean => absent(value) || oneOf(errors, path, value, supported, told)

/** @param max bytes */
export function maxLength(errors: FieldErrors, path: string, value: Text, max: number): boolean {
  if (byteLength(value ?? '') <= max) return true
  errors.tooLong(path, max)
  return false
}

export function maxItems(
  errors: FieldErrors,
  path: string,
  list: readonly unknown[] | null | undefined,
  max: number,
): boolean {
  const length = list?.length ?? 0
  if (length <= max) return true
  errors.tooMany(path, length, max)
  return false
}

export const dns1123Label = (errors: FieldErrors, path: string, value: Text): boolean =>
  text(errors, path, value, isDns1123Label)
export const dns1123Subdomain = (errors: FieldErrors, path: string, value: Text): boolean =>
  text(errors, path, value, isDns1123Subdomain)
export const dns1035Label = (errors: FieldErrors, path: string, value: Text): boolean =>
  text(errors, path, value, isDns1035Label)
export const qualifiedName = (errors: FieldErrors, path: string, value: Text): boolean =>
  text(errors, path, value, isQualifiedName)
export const pathSegment = (errors: FieldErrors, path: string, value: Text): boolean =>
  text(errors, path, value, isPathSegmentName)
export const configMapKey = (errors: FieldErrors, path: string, value: Text): boolean =>
  text(errors, path, value, isConfigMapKey)

/** Quantities are valid here: decoding has seen to it. An absent one is 0. */
export const quantityNonNegative = (errors: FieldErrors, path: string, value: Text): boolean =>
  quantityRule(errors, path, value, (q) => q.sign >= 0, 'must be greater than or equal to 0')

export const quantityPositive = (errors: FieldErrors, path: string, value: Text): boolean =>
  quantityRule(errors, path, value, (q) => q.sign > 0, 'must be greater than zero')

export const quantityInteger = (errors: FieldErrors, path: string, value: Text): boolean =>
  quantityRule(errors, path, value, (q) => q.isMultipleOf(0), 'must be an integer')

const absent = (value: unknown): value is null | undefined => value === undefined || value === null

function rule(
  errors: FieldErrors,
  path: string,
  value: Int,
  holds: (n: number | bigint) => boolean,
  detail: string,
): boolean {
  if (absent(value) || holds(value)) return true
  errors.invalid(path, value, detail)
  return false
}

const text = (errors: FieldErrors, path: string, value: Text, check: (value: string) => readonly string[]): boolean =>
  invalidEach(errors, path, value ?? '', check(value ?? ''))

function quantityRule(
  errors: FieldErrors,
  path: string,
  value: Text,
  holds: (quantity: Quantity) => boolean,
  detail: string,
): boolean {
  const quantity = parseQuantity(value ?? '0')
  if (holds(quantity)) return true
  errors.invalid(path, quantity.toString(), detail)
  return false
}
