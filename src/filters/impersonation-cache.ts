import { LRUCache } from 'lru-cache'
import type { Attributes } from '../authz/index.js'
import type { UserInfo } from '../http/index.js'

/** As long as verdicts on tokens are kept. Source: upstream's newImpersonationCache. */
const ttlMs = 10_000
const maxKept = 10_000

/**
 * Who has become whom lately, in one constrained mode: what a request was for (outer), and whatever it was for (inner).
 * Only successes are kept. Keys hold all that was judged, so that nobody finds another's verdict.
 */
export class ImpersonationCache {
  readonly #kept: LRUCache<string, UserInfo>

  constructor() {
    this.#kept = new LRUCache({ max: maxKept, ttl: ttlMs })
  }

  get(key: string): UserInfo | undefined {
    return this.#kept.get(key)
  }

  set(key: string, user: UserInfo): void {
    this.#kept.set(key, user)
  }
}

/** @param wanted what the headers ask for, as JSON */
export function identityKey(mode: string, wanted: string, { name, uid, groups, extra }: UserInfo): string {
  return JSON.stringify([mode, wanted, name, uid, groups, extra])
}

export function requestKey(identity: string, attributes: Attributes): string {
  const { user: _, ...request } = attributes
  return JSON.stringify([identity, request])
}
