import type { UserInfo } from '../../http/index.js'
import type { Claims } from '../jwt.js'

/** Makes expressions of the configuration usable. */
export interface ExpressionCompiler extends ExpressionPreparation {
  /** About `claims`, the token. @throws Error whose message says what is wrong with the expression */
  compileClaims(expression: string, result: 'any' | 'bool'): Expression
  /** About `user`, who was found; must be a bool. @throws Error */
  compileUser(expression: string): Expression
}

/** Makes inputs of expressions, once for all that are run on them. */
export interface ExpressionPreparation {
  claims(claims: Claims): unknown
  user(user: UserInfo): unknown
}

export interface Expression {
  readonly text: string
  /** Whether it reads this member of `claims`, as far as one can see without running it. */
  reads(claim: string): boolean
  /**
   * @param input made by the preparation
   * @returns strings, booleans, null, and arrays of these; of other kinds whatever it is
   * @throws Error with the reason
   */
  readonly evaluate: (input: unknown) => unknown
}

/** The expressions of one issuer. */
export interface JwtExpressions {
  readonly username: Expression | undefined
  readonly groups: Expression | undefined
  readonly uid: Expression | undefined
  readonly extra: readonly { readonly key: string; readonly value: Expression }[]
  readonly claimRules: readonly { readonly rule: Expression; readonly message: string }[]
  readonly userRules: readonly { readonly rule: Expression; readonly message: string }[]
}

/** Loads the expression engine. */
export async function expressionCompiler(): Promise<ExpressionCompiler> {
  const { celExpressions } = await import('./cel-expressions.js')
  return celExpressions()
}

/** For configurations that cannot have any: those that flags say. */
export function noExpressions(): ExpressionCompiler {
  const never = (): never => {
    throw new Error('there are no expressions here')
  }
  return { compileClaims: never, compileUser: never, claims: never, user: never }
}
