import type { Expr, ListExpr, MapExpr } from '../ast.js'
import type { IssueList } from '../source.js'
import { isOptional, type Type, types } from '../types.js'
import { childrenOf } from '../walk.js'
import { equivalent } from './assign.js'
import type { Checked } from './checker.js'
import type { Declarations } from './declarations.js'

/** Functions whose arguments may mix types, at any depth. */
const mixing: ReadonlySet<string> = new Set(['format'])

/**
 * Looks at a checked expression for what only running it would show: constants that cannot be converted, literals that
 * mix types.
 *
 * @see cel-go cel/validator.go
 */
export function validate(
  checked: Checked,
  { validators }: Declarations,
  offsets: readonly (number | undefined)[],
  issues: IssueList,
): void {
  const typeOf = (expr: Expr): Type => checked.types[expr.id] ?? types.error
  const report = (at: Expr, message: string) => issues.add(message, offsets[at.id])
  const visit = (expr: Expr, mayMix: boolean) => {
    if (expr.kind === 'call')
      for (const validator of validators.get(expr.name) ?? []) validator.validate(expr, typeOf, report)
    if (!mayMix && expr.kind === 'list') validateList(expr, typeOf, report)
    if (!mayMix && expr.kind === 'map') validateMap(expr, typeOf, report)
    const inside = mayMix || (expr.kind === 'call' && mixing.has(expr.name))
    for (const child of childrenOf(expr)) visit(child, inside)
  }
  visit(checked.expr, false)
}

type TypeOf = (expr: Expr) => Type
type Report = (at: Expr, message: string) => void

function validateList({ elements, optionals }: ListExpr, typeOf: TypeOf, report: Report): void {
  let expected: Type | undefined
  for (const [i, element] of elements.entries()) {
    const type = unwrapped(typeOf(element), optionals.includes(i))
    expected ??= type
    if (equivalent(expected, type)) continue
    report(element, `expected type '${expected}' but found '${type}'`)
    return
  }
}

function validateMap({ entries }: MapExpr, typeOf: TypeOf, report: Report): void {
  let keyType: Type | undefined
  let valueType: Type | undefined
  for (const { key, value, optional } of entries) {
    const keyIs = typeOf(key)
    const valueIs = unwrapped(typeOf(value), optional)
    keyType ??= keyIs
    valueType ??= valueIs
    if (!equivalent(keyType, keyIs)) report(key, `expected type '${keyType}' but found '${keyIs}'`)
    if (!equivalent(valueType, valueIs)) report(value, `expected type '${valueType}' but found '${valueIs}'`)
  }
}

const unwrapped = (type: Type, optional: boolean): Type => (optional && isOptional(type) ? type.params[0]! : type)
