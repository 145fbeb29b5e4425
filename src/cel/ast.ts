import type { Value } from './values.js'

/** An expression with its macros expanded. Ids are unique within one expression, from 1. */
export type Expr =
  | LiteralExpr
  | IdentExpr
  | SelectExpr
  | CallExpr
  | ListExpr
  | MapExpr
  | StructExpr
  | ComprehensionExpr
  | UnspecifiedExpr

export interface LiteralExpr {
  readonly kind: 'literal'
  readonly id: number
  readonly value: Value
}

export interface IdentExpr {
  readonly kind: 'ident'
  readonly id: number
  /** A leading dot says that the container is not to be searched. */
  readonly name: string
}

export interface SelectExpr {
  readonly kind: 'select'
  readonly id: number
  readonly operand: Expr
  readonly field: string
  /** has(operand.field) */
  readonly test: boolean
}

export interface CallExpr {
  readonly kind: 'call'
  readonly id: number
  /** Operators have names such as `_+_`. */
  readonly name: string
  readonly target: Expr | undefined
  readonly args: readonly Expr[]
}

export interface ListExpr {
  readonly kind: 'list'
  readonly id: number
  readonly elements: readonly Expr[]
  /** Indexes of those written `?x`. */
  readonly optionals: readonly number[]
}

export interface MapExpr {
  readonly kind: 'map'
  readonly id: number
  readonly entries: readonly MapEntry[]
}

export interface MapEntry {
  readonly id: number
  readonly key: Expr
  readonly value: Expr
  readonly optional: boolean
}

export interface StructExpr {
  readonly kind: 'struct'
  readonly id: number
  readonly typeName: string
  readonly fields: readonly StructField[]
}

export interface StructField {
  readonly id: number
  readonly name: string
  readonly value: Expr
  readonly optional: boolean
}

/** What `all`, `map` and their like become: a fold over a list or a map. */
export interface ComprehensionExpr {
  readonly kind: 'comprehension'
  readonly id: number
  readonly range: Expr
  /** Item of a list or key of a map; with a second variable the index or key. */
  readonly iterVar: string
  /** Value of the index or key; undefined: one variable. */
  readonly iterVar2: string | undefined
  readonly accuVar: string
  readonly accuInit: Expr
  readonly condition: Expr
  readonly step: Expr
  readonly result: Expr
}

/** In the place of what could not be parsed. */
export interface UnspecifiedExpr {
  readonly kind: 'unspecified'
  readonly id: number
}

export type ExprKind = Expr['kind']
