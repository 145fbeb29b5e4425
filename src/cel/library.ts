import type { CallExpr, Expr } from './ast.js'
import type { Macro } from './macro.js'
import type { Type } from './types.js'
import type { Value } from './values.js'

/** Functions, types and constants that expressions can use besides the language's own. */
export interface Library {
  readonly name: string
  readonly functions?: readonly LibraryFunction[]
  /** Names that stand for a value, such as the name of an opaque type (`net.IP`) for that type. */
  readonly constants?: readonly LibraryConstant[]
  readonly macros?: readonly Macro[]
  /** Look at each call of a checked expression for what can be told to be wrong before it runs. */
  readonly validators?: readonly CallValidator[]
  /** What `==` may cost for values of types that are not compared like data. Values of `Opaque` cost 1 when it runs. */
  readonly equality?: readonly { readonly type: Type; estimate(call: CallNode): Range }[]
  /** Kubernetes' minor version (34: 1.34) from which on new expressions may use it. Default 0. */
  readonly since?: number
  /** Minor version from which on new expressions may not use it: something newer is in its place. */
  readonly until?: number
}

export interface LibraryFunction {
  readonly name: string
  /** Costs are known by overload: 1 if only the types at run time tell which it is. */
  readonly costByOverload?: boolean
  /** What is said of arguments that fit no overload. Default `no such overload: name(type, type)`. */
  mismatch?(args: readonly Value[]): string
  readonly overloads: readonly Overload[]
}

export interface CallValidator {
  /** Function whose calls it looks at. */
  readonly name: string
  /** @param report what is wrong, at the place of one of the expressions */
  validate(call: CallExpr, typeOf: (expr: Expr) => Type, report: (at: Expr, message: string) => void): void
}

export interface LibraryConstant {
  readonly name: string
  readonly type: Type
  readonly value: Value
}

export interface Overload {
  /** Upstream's overload id: it may show in messages and is what cost rules go by. */
  readonly id: string
  /** True: called as `args[0].name(args[1], ...)`. */
  readonly member?: boolean
  readonly args: readonly Type[]
  readonly result: Type
  readonly since?: number
  readonly until?: number
  /**
   * The arguments have the declared types. Pure and synchronous.
   * @throws CelError if there is no result
   */
  call(...args: Value[]): Value
  /** A list is taken for one of the declared type whatever is in it. */
  readonly anyItems?: boolean
  /**
   * Looks at the arguments that are constants, when a program is made of an expression; undefined: no constant.
   * @throws CelError for one that can never do, such as a regular expression that does not compile
   */
  check?(constants: readonly (Value | undefined)[]): void
  /**
   * What a call has cost, apart from its arguments. Default 1. One that does not take the result is paid before the call,
   * so that what is too dear is not even begun.
   */
  cost?(args: readonly Value[], result: Value): number
  /** What a call may cost, apart from its arguments; undefined: 1. */
  estimate?(call: CallNode): CallEstimate | undefined
}

/** A call as the static estimate sees it. */
export interface CallNode {
  /** Receiver of a method. */
  readonly target: CostNode | undefined
  /** Without the receiver. */
  readonly args: readonly CostNode[]
  /** How big a string, bytes, list or map may be: from the expression itself or from the schema; 0 to unknown otherwise. */
  sizeOf(node: CostNode): Range
  /** The items of a list, so that sizeOf and type of them can be asked; undefined if node is no list. */
  itemOf(node: CostNode): CostNode | undefined
}

export interface CostNode {
  readonly type: Type
  /** Undefined for the items of a list. A literal is `{ kind: 'literal', value }`. */
  readonly expr: Expr | undefined
  /** From a declared variable through fields, `@items`, `@keys`, `@values`; undefined if it is computed. */
  readonly path: readonly string[] | undefined
  /** Undefined: not to be told from the expression. */
  readonly size: Range | undefined
}

export interface CallEstimate {
  readonly cost: Range
  /** Of a string, bytes, list or map. */
  readonly resultSize?: Range
}

/** From least to most. {@link unlimited} stands for no bound. */
export interface Range {
  readonly min: number
  readonly max: number
}
