import { child, each, type FieldErrors, qualifiedName, required } from '../../api/index.js'
import type { MatchCondition, Variable } from './types.js'

/** The parts of webhooks and policies that are CEL: that they are there, and what stands beside them. */

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

export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  at: string,
  errors: FieldErrors,
): void {
  const count = conditions?.length ?? 0
  if (count > maxMatchConditions) errors.tooMany(at, count, maxMatchConditions)
  const names = new Set<string>()
  each(at, conditions, ({ name = '', expression: text }, own) => {
    expression(errors, child(own, 'expression'), text)
    if (!required(errors, child(own, 'name'), name)) return
    qualifiedName(errors, child(own, 'name'), name)
    if (names.has(name)) errors.duplicate(child(own, 'name'), name)
    names.add(name)
  })
}

export function validateVariables(variables: readonly Variable[] | undefined, at: string, errors: FieldErrors): void {
  each(at, variables, ({ name = '', expression: text }, own) => {
    if (name.trim() === '') errors.required(child(own, 'name'), 'name is not specified')
    else if (!identifier.test(name) || reserved.has(name))
      errors.invalid(child(own, 'name'), name, 'must be a valid CEL identifier')
    expression(errors, child(own, 'expression'), text, 'expression is not specified')
  })
}
