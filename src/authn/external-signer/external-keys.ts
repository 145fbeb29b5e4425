import { createPublicKey, type KeyObject } from 'node:crypto'
import { quote } from '../../api/index.js'
import type { PublicKey, PublicKeySource } from '../public-keys.js'
import { callCode } from './call-code.js'
import type { FetchedKey, FetchedKeys, SignerService, Timestamp } from './signer-service.js'

export interface ExternalKeysOptions {
  readonly now: () => number
  /** Keys were asked for: how that went, and how old they are (Unix time in seconds) if it went well. */
  readonly fetched: (code: string, dataSeconds?: number) => void
  /** Keys could not be fetched, or one is not there. */
  readonly failed: (message: string) => void
}

export const keySyncMs = 60_000
/** After a failure. */
const againMs = 10_000
const longestTimerMs = 2 ** 31 - 1
const longestKeyId = 1024

/**
 * The keys that a signer tells of: fetched as often as it wants, and when a token names one that is not known. What was known
 * before stays while it cannot be asked. Source: kubernetes pkg/serviceaccount/externaljwt/plugin/keycache.go.
 */
export class ExternalKeys implements PublicKeySource {
  readonly #service: SignerService
  readonly #options: ExternalKeysOptions
  readonly #changed: (() => void)[] = []
  #keys: readonly PublicKey[] = []
  #dataSeconds = 0
  #refreshAt = 0
  #fetching: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(service: SignerService, options: ExternalKeysOptions) {
    this.#service = service
    this.#options = options
  }

  get all(): readonly PublicKey[] {
    return this.#keys
  }

  get maxAgeSeconds(): number {
    return Math.max(0, Math.trunc((this.#refreshAt - this.#options.now()) / 1_000))
  }

  onChange(changed: () => void): void {
    this.#changed.push(changed)
  }

  find(id: string): readonly PublicKey[] | Promise<readonly PublicKey[]> {
    const known = this.#named(id)
    return known.length > 0 ? known : this.#findNew(id)
  }

  /** Fetches the keys for the first time, and from then on by itself. Rejects if there are none to be had. */
  async open(): Promise<void> {
    try {
      await this.#refresh()
    } catch (error) {
      throw wrapped('while initially filling key cache: while performing initial cache fill', error)
    }
    this.#schedule(this.#refreshAt - this.#options.now())
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #named(id: string): readonly PublicKey[] {
    return id === '' ? this.#keys : this.#keys.filter((key) => key.id === id)
  }

  async #findNew(id: string): Promise<readonly PublicKey[]> {
    try {
      await this.#refresh()
    } catch (error) {
      this.#options.failed(`Error while syncing keys: ${(error as Error).message}`)
      return []
    }
    const found = this.#named(id)
    if (found.length === 0) this.#options.failed(`Key id ${quote(id)} not found after refresh`)
    return found
  }

  #schedule(ms: number): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#refreshLater(), Math.min(Math.max(ms, 0), longestTimerMs))
    this.#timer.unref()
  }

  async #refreshLater(): Promise<void> {
    try {
      await this.#refresh()
      this.#schedule(this.#refreshAt - this.#options.now())
    } catch (error) {
      const why = (error as Error).message
      this.#options.failed(`when syncing supported public keys(Stale set of keys will be supported): ${why}`)
      this.#schedule(againMs)
    }
  }

  /** One at a time: who comes meanwhile waits for the same. */
  #refresh(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetch(): Promise<void> {
    let answer: FetchedKeys
    let keys: PublicKey[]
    let dataSeconds: number
    try {
      answer = await this.#service.fetchKeys(Date.now() + keySyncMs).catch((error: unknown) => {
        throw wrapped('while getting externally supported jwt signing keys', error)
      })
      const { refreshHintSeconds = 0n } = answer
      if (refreshHintSeconds <= 0n) throw new Error(`found invalid refresh hint (${refreshHintSeconds}s)`)
      if (answer.keys.length === 0) throw new Error('found no keys')
      dataSeconds = secondsOf(answer.dataTimestamp)
      keys = answer.keys.map(publicKeyOf)
    } catch (error) {
      this.#options.fetched(callCode(error))
      throw wrapped('while fetching token verification keys', error)
    }
    this.#options.fetched('OK', dataSeconds)
    const changed = dataSeconds !== this.#dataSeconds || !sameKeys(keys, this.#keys)
    this.#keys = keys
    this.#dataSeconds = dataSeconds
    this.#refreshAt = this.#options.now() + Number(answer.refreshHintSeconds) * 1_000
    if (changed) for (const tell of this.#changed) tell()
  }
}

const wrapped = (what: string, error: unknown): Error =>
  new Error(`${what}: ${(error as Error).message}`, { cause: error })

function publicKeyOf({ keyId = '', key, excludeFromOidcDiscovery }: FetchedKey): PublicKey {
  if (keyId === '' || Buffer.byteLength(keyId) > longestKeyId)
    throw new Error(`found invalid public key id ${quote(keyId)}`)
  if (key === undefined || key.length === 0) throw new Error('found empty public key')
  let parsed: KeyObject
  try {
    parsed = createPublicKey({ key, format: 'der', type: 'spki' })
  } catch (error) {
    throw wrapped('while parsing external public keys', error)
  }
  return { id: keyId, key: parsed, ...(excludeFromOidcDiscovery === true ? { isUndisclosed: true } : {}) }
}

/** The content of keys is not compared: another key has another name. */
const sameKeys = (some: readonly PublicKey[], others: readonly PublicKey[]): boolean =>
  some.length === others.length &&
  some.every(({ id, isUndisclosed }, i) => id === others[i]?.id && isUndisclosed === others[i].isUndisclosed)

/** Source: google.golang.org/protobuf types/known/timestamppb, CheckValid. */
function secondsOf(timestamp: Timestamp | undefined): number {
  const invalid = (why: string): Error => new Error(`invalid data timestamp: proto: ${why}`)
  if (timestamp === undefined) throw invalid('invalid nil Timestamp')
  const { seconds = 0n, nanos = 0n } = timestamp
  const text = `timestamp (${[seconds === 0n ? '' : `seconds:${seconds}`, nanos === 0n ? '' : `nanos:${nanos}`].filter((one) => one !== '').join(' ')})`
  if (seconds < -62_135_596_800n) throw invalid(`${text} before 0001-01-01`)
  if (seconds > 253_402_300_799n) throw invalid(`${text} after 9999-12-31`)
  if (nanos < 0n || nanos >= 1_000_000_000n) throw invalid(`${text} has out-of-range nanos`)
  return Number(seconds) + Number(nanos) / 1e9
}
