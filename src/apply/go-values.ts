import { goNumber, goType as jsonType, quote } from '../api/index.js'

/**
 * JSON as encoding/json and jsoniter write it: keys of maps sorted, `<`, `>`, `&` and line separators escaped.
 * Throws RangeError for what JSON cannot say (`1e999` reads as infinite) and beyond 1,000 levels.
 */
export function goJson(value: unknown, depth = 0): string {
  switch (typeof value) {
    case 'string':
      return plain.test(value) ? `"${value}"` : escaped(value)
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError('number is out of range')
      return String(value)
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'object': {
      if (value === null) return 'null'
      if (depth > maxDepth) throw new RangeError('value is nested too deeply')
      if (Array.isArray(value)) return `[${value.map((item) => goJson(item, depth + 1)).join(',')}]`
      const map = value as Record<string, unknown>
      const keys = Object.keys(map).filter((key) => map[key] !== undefined)
      return `{${keys
        .sort()
        .map((key) => `${goJson(key)}:${goJson(map[key], depth + 1)}`)
        .join(',')}}`
    }
    default:
      return 'null'
  }
}

/** How deep values and field sets may be nested before they count as malformed: keeps recursion within the stack. */
export const maxDepth = 1_000

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
const plain = /^[^\u0000-\u001f"\\<>&\u2028\u2029]*$/

const escaped = (text: string): string =>
  JSON.stringify(text)
    .replace(/\\[bf]|\\\\/g, (pair) => (pair === '\\b' ? '\\u0008' : pair === '\\f' ? '\\u000c' : pair))
    .replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A value of a Go type that JSON has none of: it fits no schema, and is told as Go would print it. */
export class GoNative {
  constructor(
    readonly plain: string,
    readonly syntax: string,
    readonly type: string,
  ) {}
}

/** Go's %v of a value: `map[a:1 b:[x y]]`. */
export function goPlain(value: unknown, depth = 0): string {
  if (depth > maxDepth) return '...'
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'number') return goNumber(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof GoNative) return value.plain
  if (Array.isArray(value)) return `[${value.map((item) => goPlain(item, depth + 1)).join(' ')}]`
  return `map[${sortedEntries(value)
    .map(([key, item]) => `${key}:${goPlain(item, depth + 1)}`)
    .join(' ')}]`
}

/** Go's %#v of a value: `map[string]interface {}{"a":1}`. */
export function goSyntax(value: unknown, depth = 0): string {
  if (depth > maxDepth) return '...'
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object') return goPlain(value)
  if (value instanceof GoNative) return value.syntax
  if (Array.isArray(value)) return `[]interface {}{${value.map((item) => goSyntax(item, depth + 1)).join(', ')}}`
  return `map[string]interface {}{${sortedEntries(value)
    .map(([key, item]) => `${quote(key)}:${goSyntax(item, depth + 1)}`)
    .join(', ')}}`
}

/** Go's %T of a value. */
export const goType = (value: unknown): string => (value instanceof GoNative ? value.type : jsonType(value))

const sortedEntries = (map: object): [string, unknown][] =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
