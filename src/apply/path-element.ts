import { goFloat, quote } from '../api/index.js'
import { goJson } from './go-values.js'
import { isMap, own } from './values.js'

/**
 * One step of a field path in the canonical form in which FieldsV1 writes it: `f:name` (a field or map key),
 * `k:{"name":"x"}` (an item of a list by its keys, sorted), `v:"x"` (an item of a set), `i:0` (an item by index).
 * Two elements are the same step exactly if the strings are equal.
 */
export type PathElement = string

/** Why a FieldsV1 or a managedFields entry cannot be read. Callers decide whether that matters. */
export class FieldsError extends Error {
  override readonly name = 'FieldsError'
}

export const fieldElement = (name: string): PathElement => `f:${name}`
export const valueElement = (value: unknown): PathElement => `v:${elementJson(value)}`

/** @param fields names and values, sorted by name */
export function keyElement(fields: readonly (readonly [string, unknown])[]): PathElement {
  let text = 'k:{'
  for (let i = 0; i < fields.length; i++) {
    const [name, value] = fields[i]!
    text += `${i === 0 ? '' : ','}${goJson(name)}:${elementJson(value)}`
  }
  return `${text}}`
}

/** A value in an element. jsoniter, which writes these, gives exponents two digits. */
export const elementJson = (value: unknown): string =>
  typeof value !== 'number' || Number.isInteger(value) ? goJson(value) : goJson(value).replace(/e-(\d)$/, 'e-0$1')

/**
 * The canonical form of an element as somebody wrote it; undefined for a kind that is not known, which readers drop.
 * Throws FieldsError if it is none.
 * @see structured-merge-diff fieldpath/serialize-pe.go
 */
export function canonicalElement(raw: string): PathElement | undefined {
  if (raw.length < 2) throw new FieldsError('key must be 2 characters long:')
  if (raw[1] !== ':') throw new FieldsError(`missing colon: ${raw}`)
  switch (raw[0]) {
    case 'f':
      return raw
    case 'k': {
      if (isPlainKey(raw)) return raw
      const value = parse(raw)
      if (value === null) return keyElement([])
      if (typeof value !== 'object' || Array.isArray(value)) throw new FieldsError(`expected an object: ${raw}`)
      return keyElement(Object.entries(value).sort((a, b) => compareText(a[0], b[0])))
    }
    case 'v':
      return plainValue.test(raw) ? raw : valueElement(parse(raw))
    case 'i':
      if (!/^[+-]?[0-9]{1,15}$/.test(raw.slice(2))) throw new FieldsError(`invalid index: ${raw}`)
      return `i:${Number(raw.slice(2))}`
    default:
      return undefined
  }
}

// Nearly all elements are of these forms, which are canonical as they stand: strings that need no escapes, small integers.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they would have to be escaped
const plainValue = /^v:"[^"\\<>&\u0000-\u001f\u2028\u2029]*"$/
const plainKey =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
  /^k:\{"([A-Za-z]+)":(?:"[^"\\<>&\u0000-\u001f\u2028\u2029]*"|[1-9][0-9]{0,9})(?:,"([A-Za-z]+)":"[^"\\<>&\u0000-\u001f\u2028\u2029]*")?\}$/

function isPlainKey(raw: string): boolean {
  const match = plainKey.exec(raw)
  return match !== null && (match[2] === undefined || match[1]! < match[2])
}

const kinds = 'fkvi'

/** The order in which sets are written and listed: fields, keys, values, indices; each in its own order. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0
  const kind = a.charAt(0)
  if (kind !== b.charAt(0)) return kinds.indexOf(kind) - kinds.indexOf(b.charAt(0))
  if (kind === 'f') return compareText(a, b)
  // Of plain strings only the ends differ, if at all: no JSON needs to be read.
  const from = commonHead(a, b)
  if (from > 0) return compareText(a.slice(from, a.indexOf('"', from)), b.slice(from, b.indexOf('"', from)))
  // Lists and maps in sets are ordered by their text, which is at hand.
  const opening = a.charAt(2)
  if (kind === 'v' && opening === b.charAt(2) && (opening === '[' || opening === '{'))
    return compareText(a.slice(2), b.slice(2))
  if (kind === 'k') return compareKeys(parse(a) as Fields, parse(b) as Fields)
  return compareValues(parse(a), parse(b))
}

/**
 * Where the first plain string value of two elements begins if all before it is equal and what the strings hold decides;
 * 0 if JSON has to be read.
 */
function commonHead(a: PathElement, b: PathElement): number {
  const from = a.charAt(0) === 'v' ? 3 : a.indexOf('":"') + 3
  if (from <= 2 || a.charCodeAt(from - 1) !== 34 || !b.startsWith(a.slice(0, from))) return 0
  if (a.includes('\\') || b.includes('\\')) return 0
  const end = a.indexOf('"', from)
  return a.slice(from, end) === b.slice(from, b.indexOf('"', from)) ? 0 : from
}

/**
 * The element as paths in messages show it: `.name`, `[name="x"]`, `[="x"]`, `[0]`.
 * @param asFloat numbers print as Go's float64 (those read from managedFields are), else as integers
 */
export function printElement(element: PathElement, asFloat: boolean): string {
  const rest = element.slice(2)
  switch (element.charAt(0)) {
    case 'f':
      return `.${rest}`
    case 'k':
      return `[${Object.entries(parse(element) as Fields)
        .map(([name, value]) => `${name}=${printValue(value, asFloat)}`)
        .join(',')}]`
    case 'v':
      return `[=${printValue(parse(element), asFloat)}]`
    default:
      return `[${rest}]`
  }
}

/** Order of strings by their UTF-8 bytes, which differs from JavaScript's for characters beyond the BMP. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    if (x >= 0xd800 && y >= 0xd800) return astralLast(x) - astralLast(y)
    return x - y
  }
  return a.length - b.length
}

// Surrogates stand for code points above every other unit.
const astralLast = (unit: number): number => (unit < 0xe000 ? unit + 0x10000 : unit)

type Fields = Readonly<Record<string, unknown>>

function parse(element: string): unknown {
  try {
    return JSON.parse(element.slice(2))
  } catch {
    throw new FieldsError(`invalid JSON in ${element}`)
  }
}

function compareKeys(a: Fields, b: Fields): number {
  const left = Object.entries(a)
  const right = Object.entries(b)
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareText(left[i]![0], right[i]![0]) || compareValues(left[i]![1], right[i]![1])
    if (order !== 0) return order
  }
  return left.length - right.length
}

// Numbers, strings, booleans, lists, maps, null: as structured-merge-diff value.Compare orders them.
const rank = (value: unknown): number =>
  typeof value === 'number'
    ? 0
    : typeof value === 'string'
      ? 1
      : typeof value === 'boolean'
        ? 2
        : Array.isArray(value)
          ? 3
          : value !== null
            ? 4
            : 5

function compareValues(a: unknown, b: unknown): number {
  const kind = rank(a)
  if (kind !== rank(b)) return kind - rank(b)
  if (kind === 0) return (a as number) - (b as number)
  if (kind === 1) return compareText(a as string, b as string)
  if (kind === 2) return Number(a) - Number(b)
  return compareText(goJson(a), goJson(b))
}

function printValue(value: unknown, asFloat: boolean): string {
  if (typeof value === 'number' && (asFloat || !Number.isSafeInteger(value))) return goFloat(value)
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[${value.map((item) => printValue(item, asFloat)).join(',')}]`
  // Upstream puts nothing around the members of a map, and nothing between them.
  if (isMap(value))
    return Object.keys(value)
      .map((name) => `${name}=${printValue(own(value, name), asFloat)}`)
      .join('')
  return goJson(value)
}
