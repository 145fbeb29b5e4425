import { hash, randomBytes } from 'node:crypto'
import type { TokenAuthenticator, TokenIdentity } from './authenticator.js'

export interface TokenCacheOptions {
  /** How long a good verdict is kept, milliseconds; 0: not at all. Default 10,000. */
  readonly ttlMs?: number
  /** How long it is kept that nobody knows a token. Errors are never kept. Default 0, as upstream for tokens altogether. */
  readonly failureTtlMs?: number
  /** The oldest verdicts go beyond so many. Default 10,000. */
  readonly size?: number
  readonly now?: () => number
  readonly observer?: TokenCacheObserver
}

/** For metrics. */
export interface TokenCacheObserver {
  asked(hit: boolean, seconds: number): void
  /** A verdict is asked for; the result is called with whether there was an answer. */
  fetching(): (ok: boolean) => void
  /** A request waits for a verdict; the result is called when it has it. */
  waiting(): () => void
}

type Verdict = TokenIdentity | undefined

interface Kept {
  readonly identity: Verdict
  readonly until: number
}

/**
 * Keeps verdicts on bearer tokens by a salted hash: the tokens themselves are not held in memory. Requests that come with the
 * same unknown token at the same time wait for one verdict.
 */
export function cachedTokens(inner: TokenAuthenticator, options: TokenCacheOptions = {}): TokenAuthenticator {
  const { ttlMs = 10_000, failureTtlMs = 0, size = 10_000, now = Date.now, observer } = options
  const salt = randomBytes(16).toString('hex')
  const kept = new Map<string, Kept>()
  const pending = new Map<string, Promise<Verdict>>()
  // Requests all ask for the same audiences.
  let lastAudiences: readonly string[] | undefined
  let prefix = salt
  const keep = (key: string, identity: Verdict): Verdict => {
    const ttl = identity === undefined ? failureTtlMs : ttlMs
    if (ttl <= 0) return identity
    kept.delete(key)
    if (kept.size >= size) kept.delete(kept.keys().next().value!)
    kept.set(key, { identity, until: now() + ttl })
    return identity
  }
  const fetched = (key: string, token: string, audiences: readonly string[]): Verdict | Promise<Verdict> => {
    const done = observer?.fetching()
    let answer: Verdict | Promise<Verdict>
    try {
      answer = inner.authenticateToken(token, audiences)
    } catch (error) {
      done?.(false)
      throw error
    }
    if (!(answer instanceof Promise)) {
      done?.(true)
      return keep(key, answer)
    }
    const settled = answer
      .then(
        (identity) => {
          done?.(true)
          return keep(key, identity)
        },
        (error: unknown) => {
          done?.(false)
          throw error
        },
      )
      .finally(() => pending.delete(key))
    pending.set(key, settled)
    return settled
  }
  return {
    authenticateToken(token, audiences) {
      if (audiences !== lastAudiences) {
        lastAudiences = audiences
        prefix = `${salt}${audiences.length} ${audiences.map((one) => `${one.length} ${one}`).join('')}`
      }
      const key = hash('sha256', prefix + token, 'base64')
      const known = kept.get(key)
      if (known !== undefined && now() < known.until) {
        observer?.asked(true, 0)
        return known.identity
      }
      if (observer === undefined) return pending.get(key) ?? fetched(key, token, audiences)
      const began = performance.now()
      const had = observer.waiting()
      const end = (): void => {
        had()
        observer.asked(false, (performance.now() - began) / 1000)
      }
      try {
        const answer = pending.get(key) ?? fetched(key, token, audiences)
        if (answer instanceof Promise) return answer.finally(end)
        end()
        return answer
      } catch (error) {
        end()
        throw error
      }
    },
  }
}
