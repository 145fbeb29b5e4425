import type { ExpressionCompiler } from '../../authn/index.js'

/** Expressions of the authentication configuration. */
export function authenticationExpressions(): ExpressionCompiler {
  const missing = (): never => {
    throw new Error('expressions are not supported yet')
  }
  return { compileClaims: missing, compileUser: missing, claims: missing, user: missing }
}
