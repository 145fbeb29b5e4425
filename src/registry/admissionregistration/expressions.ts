import { child, each, type FieldErrors, qualifiedName, required } from '../../api/index.js'
import type { CompiledExpression, ExpressionCompiler } from './cel/expression-compiler.js'
import { expressionTools } from './cel/load-expressions.js'
import type { MatchCondition, Variable } from './types.js'

/** The parts of webhooks and policies that are CEL: that they are there and compile, and what stands beside them. */

/** Expressions that an object had before an update: what was allowed once still is. */
export type Previous = ReadonlySet<string>

/** Tells an expression that does not compile, or is of another type than these. */
export function compiles(errors: FieldErrors, path: string, text: string, compile: () => CompiledExpression): void {
  const { error } = compile()
  if (error === undefined) return
  if (error.kind === 'invalid') errors.invalid(path, text, error.detail)
  else errors.internal(path, error.detail)
}

const maxMatchConditions = 64
const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/
const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/** Tells whether there is an expression. */
export const expression = (errors: FieldErrors, path: string, text = '', detail = ''): boolean =>
  required(errors, path, text.trim(), detail)

export interface ConditionOptions {
  readonly params: boolean
  readonly previous: Previous
  /** The minor release that has to understand new expressions. */
  readonly compatibleMinor: number | undefined
}

export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  at: string,
  errors: FieldErrors,
  { params, previous, compatibleMinor }: ConditionOptions,
): void {
  const count = conditions?.length ?? 0
  if (count === 0) return
  const { ExpressionCompiler, types } = expressionTools()
  const compiler = new ExpressionCompiler(false, compatibleMinor)
  if (count > maxMatchConditions) errors.tooMany(at, count, maxMatchConditions)
  const names = new Set<string>()
  each(at, conditions, ({ name = '', expression: text }, own) => {
    if (expression(errors, child(own, 'expression'), text)) {
      const trimmed = (text ?? '').trim()
      compiles(errors, child(own, 'expression'), trimmed, () =>
        compiler.compile(trimmed, [types.bool], { params, authorizer: true }, previous.has(trimmed)),
      )
    }
    if (!required(errors, child(own, 'name'), name)) return
    qualifiedName(errors, child(own, 'name'), name)
    if (names.has(name)) errors.duplicate(child(own, 'name'), name)
    names.add(name)
  })
}

/** Makes variables known to the compiler, each to those after it. */
export function validateVariables(
  variables: readonly Variable[] | undefined,
  at: string,
  errors: FieldErrors,
  compiler: ExpressionCompiler,
  params: boolean,
  previous: Previous,
): void {
  each(at, variables, ({ name = '', expression: text }, own) => {
    if (name.trim() === '') errors.required(child(own, 'name'), 'name is not specified')
    else if (!identifier.test(name) || reserved.has(name))
      errors.invalid(child(own, 'name'), name, 'must be a valid CEL identifier')
    if (!expression(errors, child(own, 'expression'), text, 'expression is not specified')) return
    compiles(errors, child(own, 'expression'), text ?? '', () =>
      compiler.compileVariable(name, text ?? '', { params, authorizer: true }, previous.has(text ?? '')),
    )
  })
}
