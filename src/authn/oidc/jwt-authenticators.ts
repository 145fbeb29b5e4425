import type { TokenAuthenticator, TokenIdentity } from '../authenticator.js'
import type { JwtAuthenticator } from './jwt-authenticator.js'

/** All issuers of one configuration. A token belongs to one of them, and is good or bad there. */
export class JwtAuthenticators implements TokenAuthenticator {
  constructor(readonly all: readonly JwtAuthenticator[]) {}

  authenticateToken(token: string, _audiences?: readonly string[]): Promise<TokenIdentity | undefined> | undefined {
    for (const one of this.all) {
      const answer = one.authenticateToken(token)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  /** What stands in the way of those that are not ready. */
  get problems(): readonly Error[] {
    return this.all.flatMap(({ problem }) => problem ?? [])
  }

  close(): void {
    for (const one of this.all) one.close()
  }
}
