import { hash, randomBytes } from 'node:crypto'
import type { TokenAuthenticator, TokenIdentity } from './authenticator.js'

export interface TokenCacheOptions {
  /** How long a good verdict is kept, milliseconds. Bad ones are not kept, as upstream. Default 10,000. */
  readonly ttlMs?: number
  /** The oldest verdicts go beyond so many. Default 10,000. */
  readonly size?: number
  readonly now?: () => number
}

interface Kept {
  readonly identity: TokenIdentity
  readonly until: number
}

/**
 * Keeps verdicts on bearer tokens by a salted hash: the tokens themselves are not held in memory. Requests that come with the
 * same unknown token at the same time wait for one verdict.
 */
export function cachedTokens(inner: TokenAuthenticator, options: TokenCacheOptions = {}): TokenAuthenticator {
  const { ttlMs = 10_000, size = 10_000, now = Date.now } = options
  const salt = randomBytes(16).toString('hex')
  const kept = new Map<string, Kept>()
  const pending = new Map<string, Promise<TokenIdentity | undefined>>()
  const keep = (key: string, identity: TokenIdentity | undefined): TokenIdentity | undefined => {
    if (identity === undefined) return undefined
    kept.delete(key)
    if (kept.size >= size) kept.delete(kept.keys().next().value!)
    kept.set(key, { identity, until: now() + ttlMs })
    return identity
  }
  return {
    authenticateToken(token, audiences) {
      const key = hash('sha256', `${salt}${audiences.join('\0')}\0\0${token}`, 'base64')
      const known = kept.get(key)
      if (known !== undefined && now() < known.until) return known.identity
      const asked = pending.get(key)
      if (asked !== undefined) return asked
      const answer = inner.authenticateToken(token, audiences)
      if (!(answer instanceof Promise)) return keep(key, answer)
      const settled = answer.then((identity) => keep(key, identity)).finally(() => pending.delete(key))
      pending.set(key, settled)
      return settled
    },
  }
}
