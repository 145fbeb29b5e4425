import type { Backend, FailureHook } from './backend.js'
import type { AuditEvent } from './event.js'

export interface BatchOptions {
  /** Events held; more are lost. */
  readonly bufferSize: number
  readonly maxBatchSize: number
  /** A batch that is not full is sent after so long. */
  readonly maxBatchWaitMs: number
  /** Batches a second on average, and at once; absent: no limit. */
  readonly throttle?: { readonly qps: number; readonly burst: number }
  /** Whether a batch may begin before the one before it is done. */
  readonly parallel: boolean
}

/**
 * Takes events at once and hands them on in batches, in the background. Source: apiserver plugin/pkg/audit/buffered.
 *
 * Holds at most `bufferSize` events; what comes when it is full is lost and told so. `close` hands on all that is held.
 */
export class BatchingBackend implements Backend {
  readonly #backend: Backend
  readonly #options: BatchOptions
  readonly #failed: FailureHook
  #held: AuditEvent[] = []
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #tokens: number
  #refilledAt = performance.now()
  /** Hands batches on, one after the other, until too little is left. */
  #pump: Promise<void> | undefined
  readonly #sending = new Set<Promise<unknown>>()

  constructor(backend: Backend, options: BatchOptions, failed: FailureHook) {
    this.#backend = backend
    this.#options = options
    this.#failed = failed
    this.#tokens = options.throttle?.burst ?? 0
  }

  process(events: readonly AuditEvent[]): boolean {
    const room = this.#closed ? 0 : this.#options.bufferSize - this.#held.length
    this.#held.push(...events.slice(0, room))
    const lost = events.slice(room)
    if (lost.length > 0)
      this.#failed('buffered', this.#closed ? 'audit backend shut down' : 'audit buffer queue blocked', lost)
    if (this.#held.length >= this.#options.maxBatchSize) this.#send(false)
    else this.#wait()
    return true
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#pump
    this.#send(true)
    await this.#pump
    await Promise.all(this.#sending)
    await this.#backend.close()
  }

  #wait(): void {
    if (this.#timer !== undefined || this.#closed || this.#held.length === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#send(true)
    }, this.#options.maxBatchWaitMs)
    this.#timer.unref()
  }

  /** @param all also a batch that is not full */
  #send(all: boolean): void {
    if (this.#pump !== undefined || this.#held.length === 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#pump = this.#drain(all).finally(() => {
      this.#pump = undefined
      if (this.#held.length >= this.#options.maxBatchSize) this.#send(false)
      else this.#wait()
    })
  }

  async #drain(all: boolean): Promise<void> {
    const { maxBatchSize, parallel } = this.#options
    let partial = all
    while (this.#held.length >= maxBatchSize || (partial && this.#held.length > 0)) {
      await this.#token()
      const batch = this.#held.splice(0, maxBatchSize)
      if (batch.length < maxBatchSize) partial = false
      const sent = Promise.resolve(this.#backend.process(batch))
      if (!parallel) {
        await sent
        continue
      }
      this.#sending.add(sent)
      void sent.finally(() => this.#sending.delete(sent))
    }
  }

  /** Waits until the throttle lets the next batch go. */
  async #token(): Promise<void> {
    const { throttle } = this.#options
    if (throttle === undefined) return
    for (;;) {
      const now = performance.now()
      this.#tokens = Math.min(throttle.burst, this.#tokens + ((now - this.#refilledAt) / 1000) * throttle.qps)
      this.#refilledAt = now
      if (this.#tokens >= 1) break
      await new Promise((resolve) => setTimeout(resolve, ((1 - this.#tokens) / throttle.qps) * 1000))
    }
    this.#tokens--
  }
}
