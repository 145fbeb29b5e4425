import type { Expr } from './ast.js'
import type { CostNode, Range } from './library.js'
import type { Program } from './program.js'
import type { Type } from './types.js'

/** Knows how big values from outside may be, from their schema. */
export type SizeEstimator = (node: CostNode) => Range | undefined

/** An expression that is parsed and checked. */
export interface Compiled {
  readonly text: string
  /** Its type: embedding code decides which it accepts. */
  readonly type: Type
  /** Macros expanded, names resolved. */
  readonly expr: Expr
  /** Declared variables that it reads. */
  readonly variables: ReadonlySet<string>
  /** What an evaluation may cost. */
  estimateCost(sizes?: SizeEstimator): Range
  /** @throws CelError for a constant that cannot be computed, such as a regular expression that does not compile */
  program(): Program
}

export type Compilation =
  | { readonly compiled: Compiled; readonly issues?: undefined }
  | { readonly compiled?: undefined; readonly issues: Issues }

/** Why an expression does not compile. */
export interface Issues {
  readonly errors: readonly Issue[]
  /** As cel-go prints them, each with the line and a mark below: `ERROR: <input>:1:6: undeclared reference to 'x' (in container '')`. */
  toString(): string
}

export interface Issue {
  readonly message: string
  /** From 1. */
  readonly line: number
  /** Code points, from 0; printed from 1. */
  readonly column: number
}
