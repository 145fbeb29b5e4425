import { quote } from '../../api/index.js'
import { Type } from '../types.js'
import {
  CelError,
  Duration,
  entryOf,
  type Fields,
  isDouble,
  isFields,
  isInt,
  isList,
  itemsOf,
  keysOf,
  type PlainObject,
  Timestamp,
  toNumber,
  typeOfValue,
  Uint,
  type Value,
} from '../values.js'
import { fixedPoint, scientific } from './decimal-digits.js'
import { textOf } from './text-of.js'

/**
 * `'...'.format([...])`: verbs `%s %d %f %e %b %x %X %o %%`, with a precision for `%f` and `%e`.
 * Numbers come out as in American English: `12,345.68`.
 * @see cel-go ext/formatting.go
 */
export function formatString(text: string, args: readonly Value[]): string {
  return interpolate(text, args.length, (position, { verb, precision }) => {
    try {
      return write(args[position]!, verb, precision)
    } catch (error) {
      if (error instanceof CelError) throw new CelError(`error during formatting: ${error.message}`)
      throw error
    }
  })
}

export interface Clause {
  readonly verb: string
  /** Digits behind the point; undefined: 6. */
  readonly precision: number | undefined
}

/**
 * Replaces every clause of a format text.
 * @param count how many arguments there are
 * @throws CelError if the text is no format, or has more clauses than arguments
 */
export function interpolate(text: string, count: number, write: (position: number, clause: Clause) => string): string {
  let out = ''
  let position = 0
  for (let i = 0; i < text.length; ) {
    const next = text.indexOf('%', i)
    if (next < 0) return out + text.slice(i)
    out += text.slice(i, next)
    if (text[next + 1] === '%') {
      out += '%'
      i = next + 2
      continue
    }
    if (position >= count) throw new CelError(`index ${position} out of range`)
    if (next + 1 >= text.length) throw new CelError('unexpected end of string')
    const { clause, length } = readClause(text.slice(next + 1, next + maxClause))
    out += write(position++, clause)
    i = next + 1 + length
  }
  return out
}

const maxClause = 32
/** More digits are refused: upstream has no bound. */
const maxPrecision = 1_000

function readClause(text: string): { clause: Clause; length: number } {
  const fail = (reason: string) => new CelError(`could not parse formatting clause: ${reason}`)
  let i = 0
  let precision: number | undefined
  if (text[0] === '.') {
    const digits = /^[0-9]*/.exec(text.slice(1))![0]
    i = 1 + digits.length
    if (i >= text.length) throw fail('error while parsing precision: could not find end of precision specifier')
    const wrong = 'error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing'
    if (digits === '') throw fail(`${wrong} "": invalid syntax`)
    precision = Number(digits)
    if (precision > maxPrecision) throw fail(`${wrong} ${quote(digits)}: value out of range`)
  }
  const verb = text[i]!
  if (!'sdfebxXo'.includes(verb)) {
    // Upstream looks at single bytes.
    const byte = String.fromCharCode(Buffer.from(verb)[0]!)
    throw fail(`unrecognized formatting clause "${byte}"`)
  }
  return { clause: { verb, precision }, length: i + 1 }
}

/** What a clause can be used for, in the words of its refusal. */
export const clauseErrors: Readonly<Record<string, string>> = {
  b: 'only integers and bools can be formatted as binary',
  d: 'decimal clause can only be used on integers',
  e: 'scientific clause can only be used on doubles',
  f: 'fixed-point clause can only be used on doubles',
  o: 'octal clause can only be used on integers',
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  x: 'only integers, byte buffers, and strings can be formatted as hex',
}

const refuse = (verb: string, value: Value): CelError =>
  new CelError(`${clauseErrors[verb.toLowerCase()]}, was given ${typeOfValue(value).name}`)

function write(value: Value, verb: string, precision = 6): string {
  switch (verb) {
    case 's':
      return asText(value)
    case 'd':
      if (isWhole(value)) return String(whole(value))
      throw refuse(verb, value)
    case 'f':
      return fixedPoint(floatOf(value, verb), precision)
    case 'e':
      // Upstream takes the precision for the width.
      return scientific(floatOf(value, verb), 6).padStart(precision)
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0'
      if (isWhole(value)) return whole(value).toString(2)
      throw refuse(verb, value)
    case 'o':
      if (isWhole(value)) return whole(value).toString(8)
      throw refuse(verb, value)
    default:
      return hex(value, verb)
  }
}

function hex(value: Value, verb: string): string {
  const upper = (text: string): string => (verb === 'X' ? text.toUpperCase() : text)
  if (typeof value === 'string') return upper(Buffer.from(value).toString('hex'))
  if (value instanceof Uint8Array) return upper(Buffer.from(value).toString('hex'))
  if (isWhole(value)) return upper(whole(value).toString(16))
  throw refuse(verb, value)
}

const special: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }

function floatOf(value: Value, verb: string): number {
  if (isDouble(value)) return toNumber(value)
  const named = typeof value === 'string' && Object.hasOwn(special, value) ? special[value] : undefined
  if (named === undefined) throw refuse(verb, value)
  return named
}

const isWhole = (value: Value): value is number | bigint | Uint => isInt(value) || value instanceof Uint
const whole = (value: number | bigint | Uint): number | bigint => (value instanceof Uint ? value.value : value)

function asText(value: Value): string {
  if (value === null) return 'null'
  if (isList(value)) return listText(itemsOf(value))
  if (isFields(value) && typeOfValue(value).kind === 'map') return mapText(value)
  const text = textOf(value)
  if (text === undefined) throw refuse('s', value)
  return text
}

const listText = (items: readonly Value[]): string => `[${items.map(memberText).join(', ')}]`

function mapText(map: Fields | PlainObject): string {
  const entries = keysOf(map).map((key) => {
    if (typeof key !== 'string' && typeof key !== 'boolean' && !isWhole(key))
      throw new CelError(`no formatting function for map key of type ${typeOfValue(key).name}`)
    return [memberText(key), memberText(entryOf(map, key) ?? null)] as const
  })
  entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `{${entries.map(([key, value]) => `${key}:${value}`).join(', ')}}`
}

/** Within a list or map everything is written as a literal of the language. */
function memberText(value: Value): string {
  if (typeof value === 'string') return quote(value)
  if (value instanceof Uint8Array) return `b${quote(asText(value))}`
  if (isDouble(value)) return doubleText(toNumber(value))
  if (value instanceof Timestamp) return `timestamp(${quote(asText(value))})`
  if (value instanceof Duration) return `duration(${quote(asText(value))})`
  if (isWhole(value)) return String(whole(value))
  const known = value === null || typeof value === 'boolean' || isList(value) || value instanceof Type
  if (!known && !(isFields(value) && typeOfValue(value).kind === 'map'))
    throw new CelError(`no formatting function for ${typeOfValue(value).name}`)
  return asText(value)
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return '"NaN"'
  if (!Number.isFinite(value)) return value > 0 ? '"+Inf"' : '"-Inf"'
  return fixedPoint(value, 6).replaceAll(',', '')
}
