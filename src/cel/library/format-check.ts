import type { Expr } from '../ast.js'
import { isDyn, type Type } from '../types.js'
import { CelError } from '../values.js'
import { clauseErrors, interpolate } from './format-string.js'

export interface FormatIssue {
  readonly exprId: number
  readonly message: string
}

/**
 * What is wrong with a call of `format` whose text and list of arguments stand in the expression itself. The types of
 * arguments are those the checker found.
 * @see cel-go ext/formatting.go, stringFormatValidator
 */
export function checkFormatCall(call: Expr, typeOf: (exprId: number) => Type | undefined): FormatIssue | undefined {
  if (call.kind !== 'call' || call.name !== 'format' || call.args.length !== 1) return undefined
  const { target, args } = call
  const [list] = args
  if (target?.kind !== 'literal' || typeof target.value !== 'string' || list?.kind !== 'list') return undefined
  let used = 0
  let at = call.id
  const refuse = (verb: string, id: number): never => {
    at = id
    const name = typeOf(id)?.name ?? 'dyn'
    throw new CelError(`error during formatting: ${clauseErrors[verb.toLowerCase()]}, was given ${name}`)
  }
  try {
    interpolate(target.value, list.elements.length, (position, { verb }) => {
      used++
      const argument = list.elements[position]!
      const wrong =
        verb === 's' ? unwritable(argument, typeOf) : accepts(verb, typeOf(argument.id)) ? undefined : argument.id
      if (wrong !== undefined) refuse(verb, wrong)
      return ''
    })
  } catch (error) {
    if (error instanceof CelError) return { exprId: at, message: error.message }
    throw error
  }
  if (list.elements.length <= used) return undefined
  return {
    exprId: call.id,
    message: `too many arguments supplied to string.format (expected ${used}, got ${list.elements.length})`,
  }
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

const accepts = (verb: string, type: Type | undefined): boolean =>
  type === undefined || isDyn(type) || accepted[verb.toLowerCase()]!.includes(type.kind)

/** The first part of a value that `%s` cannot write. */
function unwritable(expr: Expr, typeOf: (exprId: number) => Type | undefined): number | undefined {
  if (!accepts('s', typeOf(expr.id))) return expr.id
  if (expr.kind === 'list') return first(expr.elements, typeOf)
  if (expr.kind === 'map')
    return first(
      expr.entries.flatMap(({ key, value }) => [key, value]),
      typeOf,
    )
  return undefined
}

function first(exprs: readonly Expr[], typeOf: (exprId: number) => Type | undefined): number | undefined {
  for (const expr of exprs) {
    const wrong = unwritable(expr, typeOf)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
