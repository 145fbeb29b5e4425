import { CelError, int } from '../values.js'

type Int = number | bigint

/**
 * What the strings library does with texts. Positions count code points. Source: cel-go ext/strings.go.
 */
export function charAt(text: string, position: Int): string {
  const i = Number(position)
  const points = pointsOf(text)
  if (i < 0 || i > points.length) throw outOfRange(position)
  return i === points.length ? '' : points[i]!
}

export function indexOf(text: string, part: string, from: Int = 0): Int {
  if (part === '') return from
  const start = Number(from)
  if (start < 0) throw outOfRange(from)
  if (isPlain(text)) return start >= text.length ? -1 : text.indexOf(part, start)
  const points = pointsOf(text)
  if (start >= points.length) return -1
  const unit = text.indexOf(part, unitsOf(points, start))
  return unit < 0 ? -1 : pointsOf(text.slice(0, unit)).length
}

export function lastIndexOf(text: string, part: string, from?: Int): Int {
  const points = pointsOf(text)
  if (part === '') return from ?? points.length
  if (from === undefined && text.length === 0) return -1
  const start = from === undefined ? points.length - 1 : Number(from)
  if (start < 0) throw outOfRange(from!)
  if (start >= points.length) return -1
  const unit = text.lastIndexOf(part, isPlain(text) ? start : unitsOf(points, start))
  if (unit < 0 || isPlain(text)) return unit
  return pointsOf(text.slice(0, unit)).length
}

export function substring(text: string, start: Int, end?: Int): string {
  const points = pointsOf(text)
  if (end !== undefined && start > end) {
    throw new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  }
  if (start < 0 || start > points.length) throw outOfRange(start)
  if (end !== undefined && (end < 0 || end > points.length)) throw outOfRange(end)
  const stop = end === undefined ? undefined : Number(end)
  return typeof points === 'string' ? points.slice(Number(start), stop) : points.slice(Number(start), stop).join('')
}

export const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())
export const upperAscii = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase())

/** @param limit how many to replace; below 0: all */
export function replace(text: string, part: string, by: string, limit: Int = -1): string {
  if (limit < 0) return part === '' ? join([...text], by, true) : text.replaceAll(part, () => by)
  if (limit === 0) return text
  const most = Number(limit)
  if (part === '') {
    const points = [...text]
    if (most > points.length) return join(points, by, true)
    return join(points.slice(0, most), by, false) + points.slice(most).join('')
  }
  const pieces = cut(text, part, most + 1)
  return pieces.join(by)
}

/** @param limit how many pieces at most, the last one whole; below 0: all */
export function split(text: string, separator: string, limit: Int = -1): string[] {
  if (limit === 0) return []
  if (separator !== '') return limit < 0 ? text.split(separator) : cut(text, separator, Number(limit))
  const points = [...text]
  if (limit < 0 || limit >= points.length) return points
  const most = Number(limit)
  return [...points.slice(0, most - 1), points.slice(most - 1).join('')]
}

/** Go's strings.TrimSpace. */
export function trim(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isSpace.test(text[start]!)) start++
  while (end > start && isSpace.test(text[end - 1]!)) end--
  return text.slice(start, end)
}

/** In double quotes, with CEL's escape sequences. */
export function quoteForCel(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is those that are escaped
  const escaped = text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (char) => escapes[char]!)
  return `"${escaped}"`
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

const isSpace = /\p{White_Space}/u
const surrogate = /[\ud800-\udfff]/

/** Whether code points are code units. */
const isPlain = (text: string): boolean => !surrogate.test(text)

const pointsOf = (text: string): string | string[] => (isPlain(text) ? text : [...text])

function unitsOf(points: string | readonly string[], count: number): number {
  if (typeof points === 'string') return count
  let units = 0
  for (let i = 0; i < count; i++) units += points[i]!.length
  return units
}

/** Before every point, and at the end too if asked. */
const join = (points: readonly string[], by: string, atEnd: boolean): string =>
  by + points.join(by) + (atEnd && points.length > 0 ? by : '')

function cut(text: string, separator: string, most: number): string[] {
  const pieces: string[] = []
  let start = 0
  while (pieces.length < most - 1) {
    const end = text.indexOf(separator, start)
    if (end < 0) break
    pieces.push(text.slice(start, end))
    start = end + separator.length
  }
  pieces.push(text.slice(start))
  return pieces
}

const outOfRange = (position: Int): CelError => new CelError(`index out of range: ${int(BigInt(position))}`)
