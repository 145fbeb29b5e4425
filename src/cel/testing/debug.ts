import type { Expr } from '../ast.js'
import type { Checked } from '../check/checker.js'
import { Double, Uint, type Value } from '../values.js'

/** An expression in the form of cel-go's debug strings, with what is said of each part after it. */
export function debugString(expr: Expr, adorn: (expr: Expr | 'entry') => string): string {
  const lines = (open: string, parts: readonly string[], close: string) =>
    parts.length === 0 ? open + close : `${open}\n${parts.map(indent).join(',\n')}\n${close}`
  const write = (e: Expr): string => {
    switch (e.kind) {
      case 'literal':
        return literal(e.value) + adorn(e)
      case 'ident':
        return e.name + adorn(e)
      case 'select':
        return `${write(e.operand)}.${e.field}${e.test ? '~test-only~' : ''}${adorn(e)}`
      case 'call': {
        const target = e.target === undefined ? '' : `${write(e.target)}.`
        return lines(`${target}${e.name}(`, e.args.map(write), ')') + adorn(e)
      }
      case 'list':
        return lines('[', e.elements.map(write), ']') + adorn(e)
      case 'map':
        return (
          lines(
            '{',
            e.entries.map(
              ({ key, value, optional }) => `${optional ? '?' : ''}${write(key)}:${write(value)}${adorn('entry')}`,
            ),
            '}',
          ) + adorn(e)
        )
      case 'struct':
        return (
          lines(
            `${e.typeName}{`,
            e.fields.map(
              ({ name, value, optional }) => `${optional ? '?' : ''}${name}:${write(value)}${adorn('entry')}`,
            ),
            '}',
          ) + adorn(e)
        )
      case 'comprehension': {
        const variables = e.iterVar2 === undefined ? [e.iterVar] : [e.iterVar, e.iterVar2]
        const parts = [
          ...variables.flatMap((name) => ['// Variable', `${name},`]),
          ...['// Target', `${write(e.range)},`, '// Accumulator', `${e.accuVar},`, '// Init', `${write(e.accuInit)},`],
          ...['// LoopCondition', `${write(e.condition)},`, '// LoopStep', `${write(e.step)},`],
          ...['// Result', `${write(e.result)})`],
        ]
        return `__comprehension__(\n${parts.map(indent).join('\n')}${adorn(e)}`
      }
      default:
        return adorn(e)
    }
  }
  return write(expr)
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ')

/** The kinds that cel-go's parser tests show. */
export function kinds(expr: Expr | 'entry'): string {
  if (expr === 'entry') return '^#*expr.Expr_CreateStruct_Entry#'
  const names: Record<string, string> = {
    ident: 'Expr_IdentExpr',
    select: 'Expr_SelectExpr',
    call: 'Expr_CallExpr',
    list: 'Expr_ListExpr',
    map: 'Expr_StructExpr',
    struct: 'Expr_StructExpr',
    comprehension: 'Expr_ComprehensionExpr',
  }
  return `^#*expr.${expr.kind === 'literal' ? constantKind(expr.value) : names[expr.kind]}#`
}

/** The types and references that cel-go's checker tests show. */
export function meanings({ types, calls }: Checked): (expr: Expr | 'entry') => string {
  return (expr) => {
    if (expr === 'entry') return ''
    const type = `~${types[expr.id]}`
    const call = calls.get(expr.id)
    if (call !== undefined)
      return `${type}^${call.overloads
        .map(({ id }) => id)
        .sort()
        .join('|')}`
    if (expr.kind === 'ident') return `${type}^${expr.name}`
    if (expr.kind === 'struct') return `${type}^${expr.typeName}`
    return type
  }
}

function constantKind(value: Value): string {
  if (value === null) return 'Constant_NullValue'
  switch (typeof value) {
    case 'string':
      return 'Constant_StringValue'
    case 'boolean':
      return 'Constant_BoolValue'
    case 'bigint':
      return 'Constant_Int64Value'
    case 'number':
      return Number.isSafeInteger(value) ? 'Constant_Int64Value' : 'Constant_DoubleValue'
    default:
      return value instanceof Uint
        ? 'Constant_Uint64Value'
        : value instanceof Double
          ? 'Constant_DoubleValue'
          : 'Constant_BytesValue'
  }
}

function literal(value: Value): string {
  if (value instanceof Uint) return `${value.value}u`
  if (value instanceof Uint8Array) return `b"${quoteBytes(value)}"`
  if (typeof value === 'string') return quote(value)
  if (value instanceof Double) return double(value.value)
  return typeof value === 'number' && !Number.isSafeInteger(value) ? double(value) : String(value)
}

function double(value: number): string {
  if (Math.abs(value) < 1e6) return Object.is(value, -0) ? '-0' : String(value)
  return value.toExponential().replace(/e\+([0-9])$/, 'e+0$1')
}

const escapes: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
}

function quote(text: string): string {
  const escaped = text.replaceAll(/["\\]|[^\p{L}\p{M}\p{N}\p{S}\p{P} ]/gu, (char) => {
    const code = char.codePointAt(0)!
    if (escapes[char] !== undefined) return escapes[char]
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
  })
  return `"${escaped}"`
}

/** Bytes that are no UTF-8 are written one by one. */
function quoteBytes(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i]!
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    const char = Buffer.from(bytes.subarray(i, i + length)).toString('utf8')
    if (char.includes('\ufffd') || (first >= 0x80 && first < 0xc0)) {
      out += `\\x${first.toString(16).padStart(2, '0')}`
      i++
    } else {
      out += quote(char).slice(1, -1)
      i += length
    }
  }
  return out
}
