import { decodeObject, type KubeObject, kindShape } from '../api/index.js'
import { decodeDocument, encodeJson } from '../codec/index.js'
import type { Dialer } from './dialer.js'
import { type ClientConfig, restTarget } from './kubeconfig.js'
import { RefusedCall } from './refused-call.js'
import { RestClient } from './rest-client.js'

/** The kind that is sent and expected back. */
export interface ReviewKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** How one round-trip went. */
export type ReviewResult = 'success' | 'timeout' | 'error'

export interface ReviewClientOptions {
  /** Of one round-trip. Default 30,000. */
  readonly timeoutMs?: number
  /** Told of every round-trip. */
  readonly observe?: (result: ReviewResult, seconds: number) => void
  /** Before the second attempt; later ones wait half as long again each. Default 500. */
  readonly backoffMs?: number
  /** From 0 up to 1, to spread attempts. Default: Math.random. */
  readonly random?: () => number
  /** How connections are made that no proxy of the configuration makes. Default: straight. */
  readonly dial?: Dialer | undefined
}

/** Source: apiserver pkg/util/webhook, DefaultRetryBackoffWithInitialDelay. */
const attempts = 5
const factor = 1.5
const jitter = 0.2

/** An answer to a review is small; what is larger is none. */
const maxResponseBytes = 3 * 1024 * 1024

/**
 * Has another server judge something: posts a review object and takes the filled-in one from the answer. Failures that may
 * pass are tried again. Source: apiserver pkg/util/webhook/webhook.go.
 */
export class ReviewClient {
  readonly #client: RestClient
  readonly #kind: ReviewKind
  readonly #options: ReviewClientOptions

  /** @throws Error where the configuration asks for something that is not there */
  constructor(config: ClientConfig, kind: ReviewKind, options: ReviewClientOptions = {}) {
    this.#client = new RestClient(restTarget(config, options.dial), { maxResponseBytes, userAgent: 'kube-apiserver' })
    this.#kind = kind
    this.#options = options
  }

  close(): void {
    this.#client.close()
  }

  /** @throws Error in the words of upstream's client, of the last attempt */
  async review(spec: object): Promise<KubeObject> {
    const { group, version, kind } = this.#kind
    const { backoffMs = 500, random = Math.random } = this.#options
    const whole = { kind, apiVersion: `${group}/${version}`, metadata: {}, spec, status: emptyStatus[kind] ?? {} }
    const body = encodeJson(whole)
    let wait = backoffMs
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(body)
      } catch (error) {
        if (attempt === attempts || !mayPass(error as Error)) throw error
        await new Promise((resolve) => setTimeout(resolve, wait * (1 + random() * jitter)))
        wait *= factor
      }
    }
  }

  async #attempt(body: Buffer): Promise<KubeObject> {
    const { observe, timeoutMs = 30_000 } = this.#options
    const began = performance.now()
    const seconds = (): number => (performance.now() - began) / 1000
    try {
      const answer = await this.#read(await this.#client.post(body, { timeoutMs }))
      observe?.('success', seconds())
      return answer
    } catch (error) {
      observe?.(isTimeout(error as Error) ? 'timeout' : 'error', seconds())
      throw error
    }
  }

  async #read(bytes: Buffer): Promise<KubeObject> {
    const { group, version, kind } = this.#kind
    const { value, type } = await decodeDocument(bytes)
    // What does not say what it is, is what was asked for.
    const told = { kind: type.kind || kind, version: type.version || version, group: type.version ? type.group : group }
    if (told.kind !== kind || told.group !== group) {
      const apiVersion = told.group === '' ? told.version : `${told.group}/${told.version}`
      throw new Error(`no kind ${JSON.stringify(told.kind)} is registered for version ${JSON.stringify(apiVersion)}`)
    }
    if (told.version !== version) {
      throw new Error(`converting (${told.version}.${kind}) to (${version}.${kind}): unknown conversion`)
    }
    return decodeObject(value, kindShape(group, version, kind)!)
  }
}

/** What Go writes of a status that nobody has filled in. */
const emptyStatus: Readonly<Record<string, object>> = {
  TokenReview: { user: {} },
  SubjectAccessReview: { allowed: false },
}

/** Source: apiserver pkg/util/webhook, DefaultShouldRetry. Answers with Retry-After were tried again by the client below. */
function mayPass(error: Error): boolean {
  if (error instanceof RefusedCall) return error.code === 500 || error.code === 504 || error.code === 429
  return (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNRESET'
}

const isTimeout = (error: Error): boolean =>
  error instanceof RefusedCall ? error.code === 504 : error.message.endsWith('context deadline exceeded')
