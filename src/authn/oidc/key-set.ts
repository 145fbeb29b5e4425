import type { CryptoKey, JWK } from 'jose'

/** Fetches of keys that unknown tokens may cause: so many at once, and one more a second. */
const burst = 5
const refillMs = 1_000

/** An issuer may have many keys; beyond so many it is a mistake or worse. */
const maxKeys = 100

interface Key {
  readonly id: string
  readonly jwk: JWK
  /** By algorithm, as they are first used. */
  readonly imported: Map<string, Promise<CryptoKey | Uint8Array | undefined>>
}

/** The keys of an issuer, fetched again when a token comes that none of them has signed: they rotate. */
export class KeySet {
  readonly #fetch: () => Promise<readonly Record<string, unknown>[]>
  readonly #now: () => number
  #keys: readonly Key[] = []
  #fetching: Promise<readonly Key[]> | undefined
  #allowance = burst
  #countedAt: number

  constructor(fetch: () => Promise<readonly Record<string, unknown>[]>, now: () => number) {
    this.#fetch = fetch
    this.#now = now
    this.#countedAt = now()
  }

  /**
   * The signed bytes of a token.
   *
   * @param algorithm of its header, one that is allowed
   * @throws Error if none of the keys has signed it
   */
  async verify(token: string, keyId: string, algorithm: string): Promise<Uint8Array> {
    const known = await this.#signedBy(this.#keys, token, keyId, algorithm)
    if (known !== undefined) return known
    if (this.#fetching === undefined && !this.#mayFetch()) throw new Error('failed to verify id token signature')
    const fresh = await this.#refresh()
    const found = await this.#signedBy(fresh, token, keyId, algorithm)
    if (found === undefined) throw new Error('failed to verify id token signature')
    return found
  }

  async #signedBy(
    keys: readonly Key[],
    token: string,
    keyId: string,
    algorithm: string,
  ): Promise<Uint8Array | undefined> {
    const { compactVerify } = await import('jose')
    for (const key of keys) {
      if (keyId !== '' && key.id !== keyId) continue
      const imported = await importedKey(key, algorithm)
      if (imported === undefined) continue
      try {
        return (await compactVerify(token, imported, { algorithms: [algorithm] })).payload
      } catch {
        // another key may have signed it
      }
    }
    return undefined
  }

  #refresh(): Promise<readonly Key[]> {
    this.#fetching ??= this.#fetch()
      .then(
        (keys) => {
          this.#keys = keys
            .slice(0, maxKeys)
            .filter(({ use }) => use === undefined || use === 'sig')
            .map((jwk) => ({ id: typeof jwk.kid === 'string' ? jwk.kid : '', jwk: jwk as JWK, imported: new Map() }))
          return this.#keys
        },
        (error: Error) => {
          throw new Error(`fetching keys ${error.message}`)
        },
      )
      .finally(() => {
        this.#fetching = undefined
      })
    return this.#fetching
  }

  #mayFetch(): boolean {
    const now = this.#now()
    this.#allowance = Math.min(burst, this.#allowance + Math.max(0, now - this.#countedAt) / refillMs)
    this.#countedAt = now
    if (this.#allowance < 1) return false
    this.#allowance--
    return true
  }
}

const keyTypes: Readonly<Record<string, string>> = { RS: 'RSA', PS: 'RSA', ES: 'EC' }

/** Undefined for a key that is of another kind, or none at all. Secret keys never verify: everybody has seen them. */
function importedKey(key: Key, algorithm: string): Promise<CryptoKey | Uint8Array | undefined> {
  const known = key.imported.get(algorithm)
  if (known !== undefined) return known
  const { kty, crv, x, y, n, e } = key.jwk
  const fits = kty === keyTypes[algorithm.slice(0, 2)]
  const parts = (kty === 'RSA' ? { kty, n, e } : { kty, crv, x, y }) as JWK
  const made = fits
    ? import('jose').then(({ importJWK }) => importJWK(parts, algorithm)).catch(() => undefined)
    : Promise.resolve(undefined)
  key.imported.set(algorithm, made)
  return made
}
