import type { CallExpr, Expr } from '../ast.js'
import { isDyn, type Type } from '../types.js'
import { CelError } from '../values.js'
import { clauseErrors, interpolate } from './format-string.js'

type TypeOf = (expr: Expr) => Type

/**
 * Tells what is wrong with a call of `format` whose text and list of arguments stand in the expression itself.
 * @see cel-go ext/formatting.go, stringFormatValidator
 */
export function checkFormatCall(call: CallExpr, typeOf: TypeOf, report: (at: Expr, message: string) => void): void {
  const { target, args } = call
  const [list] = args
  if (args.length !== 1 || list?.kind !== 'list') return
  if (target?.kind !== 'literal' || typeof target.value !== 'string') return
  let used = 0
  let at: Expr = call
  try {
    interpolate(target.value, list.elements.length, (position, { verb }) => {
      used++
      const wrong = unwritable(list.elements[position]!, verb, typeOf)
      if (wrong === undefined) return ''
      at = wrong
      const clause = clauseErrors[verb.toLowerCase()]
      throw new CelError(`error during formatting: ${clause}, was given ${typeOf(wrong).name}`)
    })
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    report(at, error.message)
    return
  }
  const count = list.elements.length
  if (count > used) report(call, `too many arguments supplied to string.format (expected ${used}, got ${count})`)
}

const accepted: Readonly<Record<string, readonly string[]>> = {
  b: ['int', 'uint', 'bool'],
  d: ['int', 'uint'],
  e: ['double', 'string'],
  f: ['double', 'string'],
  o: ['int', 'uint'],
  s: ['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration', 'type', 'null'],
  x: ['int', 'uint', 'string', 'bytes'],
}

/** The first part of a value that a verb cannot write. */
function unwritable(expr: Expr, verb: string, typeOf: TypeOf): Expr | undefined {
  const type = typeOf(expr)
  if (!isDyn(type) && !accepted[verb.toLowerCase()]!.includes(type.kind)) return expr
  const parts =
    verb !== 's'
      ? []
      : expr.kind === 'list'
        ? expr.elements
        : expr.kind === 'map'
          ? expr.entries.flatMap(({ key, value }) => [key, value])
          : []
  for (const part of parts) {
    const wrong = unwritable(part, verb, typeOf)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
