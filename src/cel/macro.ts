import type { ComprehensionExpr, Expr, MapEntry } from './ast.js'
import type { Value } from './values.js'

/** A call that the parser replaces by another expression. */
export interface Macro {
  readonly name: string
  /** Arguments without the receiver. */
  readonly args: number
  readonly member: boolean
  /**
   * @returns undefined: this call is none
   * @throws MacroError
   */
  expand(make: ExprFactory, target: Expr | undefined, args: readonly Expr[]): Expr | undefined
}

/** Arguments that make no sense; told at the place of an expression. */
export class MacroError {
  constructor(
    readonly exprId: number,
    readonly message: string,
  ) {}
}

/** Makes expressions with new ids, at the place of the call that is expanded. */
export interface ExprFactory {
  /** Name of the variable in which folds gather their result. */
  readonly accumulator: string
  literal(value: Value): Expr
  ident(name: string): Expr
  accu(): Expr
  call(name: string, ...args: readonly Expr[]): Expr
  methodCall(name: string, target: Expr, ...args: readonly Expr[]): Expr
  select(operand: Expr, field: string): Expr
  presence(operand: Expr, field: string): Expr
  list(...elements: readonly Expr[]): Expr
  map(...entries: readonly MapEntry[]): Expr
  mapEntry(key: Expr, value: Expr, optional: boolean): MapEntry
  /** The same with new ids. */
  copy(expr: Expr): Expr
  comprehension(parts: Omit<ComprehensionExpr, 'kind' | 'id'>): Expr
}
