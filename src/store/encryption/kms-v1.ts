import { randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { aesCbc, aesGcm } from './aes.js'
import type { KmsPlugin } from './kms.js'
import type { KmsV1Service } from './kms-v1-service.js'
import { RememberedCheck } from './remembered-check.js'
import type { Transformer } from './transformer.js'

const keyBytes = 32
/** Keys of a page of values are fetched before any of them is opened: as many are kept whatever the configuration says. */
const leastKept = 10_000
/** Of a page's keys so many are asked for at once, so that the time of each is its own. */
const mostAtOnce = 32

/**
 * KMS v1: each write has a key of its own, which a plugin encrypts; it stands before the value. Writes of one moment may share
 * one. Source: apiserver pkg/storage/value/encrypt/envelope.
 */
export class KmsV1Provider implements Transformer, KmsPlugin {
  readonly name: string
  readonly #service: KmsV1Service
  readonly #state: RememberedCheck
  readonly #keys: LRUCache<string, Transformer>
  readonly #fetching = new Map<string, Promise<void>>()
  readonly #failures = new LRUCache<string, string>({ max: leastKept })
  readonly #turns: (() => void)[] = []
  #asking = 0
  #write: { readonly head: Buffer; readonly transformer: Transformer } | undefined

  /** @param cacheSize keys that are kept; below 0: no more than is needed */
  constructor(name: string, service: KmsV1Service, cacheSize: number, now: () => number) {
    this.name = name
    this.#service = service
    // What comes again is told without the words that upstream puts before it.
    this.#state = new RememberedCheck(
      () => this.#probe(),
      now,
      ({ cause }) => cause as Error,
    )
    this.#keys = new LRUCache({ max: Math.max(leastKept, cacheSize) })
  }

  async prepare(): Promise<void> {
    const key = randomBytes(keyBytes)
    const encrypted = await this.#service.encrypt(key)
    if (encrypted.length > 0xffff) throw new Error(`the key is ${encrypted.length} bytes when it is encrypted`)
    const head = Buffer.alloc(2 + encrypted.length)
    head.writeUInt16BE(encrypted.length)
    encrypted.copy(head, 2)
    const transformer = envelope(key)
    this.#keys.set(encrypted.toString('base64'), transformer)
    this.#write = { head, transformer }
  }

  seal(plain: Buffer, data: Buffer): Buffer {
    const write = this.#write
    if (write === undefined) throw new Error(`the KMS provider ${this.name} has not encrypted a key`)
    return Buffer.concat([write.head, write.transformer.seal(plain, data)])
  }

  open(sealed: Buffer, data: Buffer) {
    const { id, value } = read(sealed)
    const transformer = this.#keys.get(id)
    if (transformer === undefined) throw new Error(this.#failures.get(id) ?? 'its key has not been fetched')
    return transformer.open(value, data)
  }

  ready(sealed: Buffer): Promise<void> | undefined {
    let id: string
    let encrypted: Buffer
    try {
      ;({ id, encrypted } = read(sealed))
    } catch {
      // Opening tells.
      return undefined
    }
    if (this.#keys.has(id)) return undefined
    let fetching = this.#fetching.get(id)
    if (fetching === undefined) {
      fetching = this.#fetch(id, Buffer.from(encrypted)).finally(() => this.#fetching.delete(id))
      this.#fetching.set(id, fetching)
    }
    return fetching
  }

  /** Rejects with the reason if the plugin is not well. Its last answer serves for some seconds. */
  check(): Promise<void> {
    return this.#state.check()
  }

  close(): void {
    this.#service.close()
  }

  async #fetch(id: string, encrypted: Buffer): Promise<void> {
    if (this.#asking >= mostAtOnce) await new Promise<void>((resolve) => this.#turns.push(resolve))
    this.#asking++
    try {
      this.#keys.set(id, envelope(await this.#service.decrypt(encrypted)))
      this.#failures.delete(id)
    } catch (error) {
      this.#failures.set(id, (error as Error).message)
    } finally {
      this.#asking--
      this.#turns.shift()?.()
    }
  }

  async #probe(): Promise<void> {
    let section = 'encrypt'
    try {
      const encrypted = await this.#service.encrypt(Buffer.from('ping'))
      section = 'decrypt'
      await this.#service.decrypt(encrypted)
    } catch (error) {
      const why = (error as Error).message
      throw new Error(
        `failed to perform ${section} section of the healthz check for KMS Provider ${this.name}, error: ${why}`,
        { cause: error },
      )
    }
  }
}

/** Old releases have written CBC. */
function envelope(key: Buffer): Transformer {
  if (![16, 24, 32].includes(key.length)) throw new Error(`crypto/aes: invalid key size ${key.length}`)
  const [gcm, cbc] = [aesGcm(key), aesCbc(key)]
  return {
    seal: gcm.seal,
    open(sealed, data) {
      const failures: string[] = []
      for (const way of [gcm, cbc]) {
        try {
          return { plain: way.open(sealed, data).plain, stale: way === cbc }
        } catch (error) {
          failures.push((error as Error).message)
        }
      }
      throw new Error(`[${failures.join(', ')}]`)
    },
  }
}

function read(sealed: Buffer): { readonly id: string; readonly encrypted: Buffer; readonly value: Buffer } {
  const end = sealed.length < 2 ? Number.POSITIVE_INFINITY : 2 + sealed.readUInt16BE(0)
  if (sealed.length < end)
    throw new Error('invalid data encountered by envelope transformer: failed to read uint16 length prefixed data')
  const encrypted = sealed.subarray(2, end)
  return { id: encrypted.toString('base64'), encrypted, value: sealed.subarray(end) }
}
