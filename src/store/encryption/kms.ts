import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { decode, encode, type Message } from '../../http/index.js'
import { aesGcm, seedBytes, seededAesGcm } from './aes.js'
import { type Annotation, annotation, type KmsEncrypted, type KmsService } from './kms-service.js'
import { RememberedCheck } from './remembered-check.js'
import type { Transformer } from './transformer.js'

/** What lies in the storage: the value, and the seed of its key as the plugin has encrypted it. */
interface EncryptedObject extends KmsEncrypted {
  readonly data?: Buffer
  readonly source?: Buffer
  /** 0: the source is an AES-GCM key. 1: it is a seed. */
  readonly sourceType?: number
}

const encryptedObject: Message = [
  { number: 1, name: 'data', type: 'bytes' },
  { number: 2, name: 'keyId', type: 'string' },
  { number: 3, name: 'source', type: 'bytes' },
  { number: 4, name: 'annotations', type: annotation, repeated: true },
  { number: 5, name: 'sourceType', type: 'int' },
]

// Bounds of what a plugin may answer. Source: pkg/storage/value/encrypt/envelope/kmsv2.
const longestKeyId = 1024
const longestSource = 1024
const longestAnnotations = 32 * 1024
/** Without a healthy plugin a seed is used for writing no longer than this. */
const writeMs = 180_000
const seedsKept = 10_000
const healthyMs = 60_000
const unhealthyMs = 10_000

/** What can be asked of a plugin, whatever it speaks. */
export interface KmsPlugin {
  readonly name: string
  /** Rejects with the reason if it is not well. */
  check(): Promise<void>
  close(): void
}

interface WriteSeed {
  readonly transformer: Transformer
  readonly encrypted: KmsEncrypted
  until: number
}

/**
 * KMS v2: values are encrypted with keys made of a seed, which a plugin encrypts. One seed is used until the plugin has
 * another key; those of values that are read are fetched once and kept.
 */
export class KmsProvider implements Transformer, KmsPlugin {
  readonly name: string
  readonly #service: KmsService
  readonly #now: () => number
  readonly #seeds = new LRUCache<string, Transformer>({ max: seedsKept })
  readonly #fetching = new Map<string, Promise<void>>()
  readonly #failures = new Map<string, string>()
  #write: WriteSeed | undefined
  readonly #state: RememberedCheck
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(name: string, service: KmsService, now: () => number) {
    this.name = name
    this.#service = service
    this.#now = now
    this.#state = new RememberedCheck(() => this.#ask(), now)
  }

  /** Asks the plugin for the first time, and from then on by itself. Never rejects: `check` tells. */
  async start(): Promise<void> {
    const error = await this.check().then(
      () => undefined,
      (failure: unknown) => failure,
    )
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.start(), error === undefined ? healthyMs : unhealthyMs)
    this.#timer.unref()
  }

  /** Rejects with the reason if the plugin is not well. Its last answer serves for some seconds. */
  check(): Promise<void> {
    return this.#state.check()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#service.close()
  }

  seal(plain: Buffer, data: Buffer): Buffer {
    const write = this.#write
    if (write === undefined) throw new Error(`kmsv2 Provider ${this.name} has no valid state`)
    if (this.#now() > write.until)
      throw new Error(
        `encryptedDEKSource with keyID hash ${JSON.stringify(hash(write.encrypted.keyId))} expired at ${utc(write.until)} (current time is ${utc(this.#now())})`,
      )
    const { ciphertext, keyId, annotations } = write.encrypted
    const sealed = write.transformer.seal(plain, data)
    return encode(encryptedObject, { data: sealed, keyId, source: ciphertext, annotations, sourceType: 1 })
  }

  open(sealed: Buffer, data: Buffer) {
    const object = read(sealed)
    const id = cacheKey(object)
    const transformer = this.#seeds.get(id)
    if (transformer === undefined)
      throw new Error(`failed to decrypt DEK, error: ${this.#failures.get(id) ?? 'its key has not been fetched'}`)
    const { plain } = transformer.open(object.data!, data)
    return { plain, stale: object.sourceType !== 1 || object.keyId !== this.#write?.encrypted.keyId }
  }

  ready(sealed: Buffer): Promise<void> | undefined {
    let object: EncryptedObject
    try {
      object = read(sealed)
    } catch {
      // Opening tells.
      return undefined
    }
    const id = cacheKey(object)
    if (this.#seeds.has(id)) return undefined
    const known = this.#fetching.get(id)
    if (known !== undefined) return known
    const fetching = this.#fetch(id, object).finally(() => this.#fetching.delete(id))
    this.#fetching.set(id, fetching)
    return fetching
  }

  async #fetch(id: string, { source, keyId, annotations, sourceType }: EncryptedObject): Promise<void> {
    const encrypted = { ciphertext: source!, keyId: keyId!, annotations }
    try {
      const key = await this.#service.decrypt(randomUUID(), encrypted)
      this.#seeds.set(id, sourceType === 1 ? seededAesGcm(key) : aesGcm(key))
      this.#failures.delete(id)
    } catch (error) {
      if (this.#failures.size > seedsKept) this.#failures.clear()
      this.#failures.set(id, (error as Error).message)
    }
  }

  async #ask(): Promise<void> {
    const {
      version = '',
      healthz = '',
      keyId = '',
    } = await this.#service.status().catch((error: unknown) => {
      throw new Error(
        `failed to perform status section of the healthz check for KMS Provider ${this.name}, error: ${(error as Error).message}`,
      )
    })
    const problems: string[] = []
    if (healthz !== 'ok') problems.push(`got unexpected healthz status: ${healthz}`)
    if (version !== 'v2' && version !== 'v2beta1') problems.push(`expected KMSv2 API version v2, got ${version}`)
    const wrong = keyIdProblem(keyId)
    if (wrong !== undefined) problems.push(`got invalid KMSv2 KeyID hash ${JSON.stringify(hash(keyId))}: ${wrong}`)
    else await this.#rotate(keyId).catch((error: unknown) => problems.push((error as Error).message))
    if (problems.length === 0) return
    const text = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`
    throw new Error(`kmsv2 Provider ${this.name} is not healthy, error: ${text}`)
  }

  /** A new seed if the plugin has a new key; the old one may be used for longer else. */
  async #rotate(keyId: string): Promise<void> {
    const until = this.#now() + writeMs
    if (this.#write?.encrypted.keyId === keyId) {
      this.#write.until = until
      return
    }
    const seed = randomBytes(seedBytes)
    const encrypted = await this.#service.encrypt(randomUUID(), seed).catch((error: unknown) => {
      throw new Error(`failed to encrypt DEK, error: ${(error as Error).message}`)
    })
    const problem = problemOf({
      ...encrypted,
      source: encrypted.ciphertext ?? nothing,
      data: Buffer.from([0]),
      sourceType: 1,
    })
    if (problem !== undefined) throw new Error(problem)
    if (encrypted.keyId !== keyId)
      throw new Error(
        `failed to rotate DEK, statusKeyIDHash=${JSON.stringify(hash(keyId))}, encryptKeyIDHash=${JSON.stringify(hash(encrypted.keyId))}`,
      )
    const transformer = seededAesGcm(seed)
    this.#write = { transformer, encrypted, until }
    this.#seeds.set(cacheKey({ ...encrypted, source: encrypted.ciphertext!, sourceType: 1 }), transformer)
  }
}

const nothing = Buffer.alloc(0)

function read(sealed: Buffer): EncryptedObject {
  const object = decode<EncryptedObject>(encryptedObject, sealed)
  const problem = problemOf(object)
  if (problem !== undefined) throw new Error(problem)
  return object
}

function problemOf({ data, source, keyId, annotations, sourceType = 0 }: EncryptedObject): string | undefined {
  if (sourceType !== 0 && sourceType !== 1) return `unknown encryptedDEKSourceType: ${sourceType}`
  if (data === undefined || data.length === 0) return 'encrypted data is empty'
  const length = source?.length ?? 0
  if (length === 0) return 'failed to validate encrypted DEK source: encrypted DEK source is empty'
  if (length > longestSource)
    return `failed to validate encrypted DEK source: encrypted DEK source is ${length} bytes, which exceeds the max size of ${longestSource}`
  const wrong = keyIdProblem(keyId ?? '')
  if (wrong !== undefined) return `failed to validate key id: ${wrong}`
  const size = annotations.reduce((sum, { key = '', value = nothing }) => sum + key.length + value.length, 0)
  if (size > longestAnnotations)
    return `failed to validate annotations: total size of annotations is ${size}, which exceeds the max size of ${longestAnnotations}`
  return undefined
}

function keyIdProblem(keyId: string): string | undefined {
  if (keyId === '') return 'keyID is empty'
  const length = Buffer.byteLength(keyId)
  return length > longestKeyId ? `keyID is ${length} bytes, which exceeds the max size of ${longestKeyId}` : undefined
}

function cacheKey({ source, keyId, annotations, sourceType = 0 }: EncryptedObject): string {
  const named = (one: Annotation) => `${one.key ?? ''}=${(one.value ?? nothing).toString('base64')}`
  return JSON.stringify([sourceType, keyId, source?.toString('base64'), annotations.map(named).sort()])
}

const hash = (text = ''): string => (text === '' ? '' : `sha256:${createHash('sha256').update(text).digest('hex')}`)

const utc = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
