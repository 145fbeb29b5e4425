export interface WorkQueueOptions {
  /** Keys worked on at once. */
  readonly workers: number
  /** Wait after the first failure; doubled for each further one up to `maxMs`. */
  readonly firstMs: number
  readonly maxMs: number
  /** Rejects: it is tried again. */
  work(key: string): Promise<void>
  failed(key: string, error: unknown): void
}

/**
 * Keys that wait to be worked on: each at most once, and none twice at the same time. Upstream: client-go util/workqueue.
 * Bounded by the number of different keys. Nothing is worked on before `start`.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #waiting = new Set<string>()
  readonly #working = new Set<string>()
  readonly #failures = new Map<string, number>()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  #started = false
  #closed = false

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  start(): void {
    this.#started = true
    this.#next()
  }

  add(key: string): void {
    if (this.#closed) return
    this.#waiting.add(key)
    this.#next()
  }

  /** Adds a key later; what was asked for before is forgotten. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return
    clearTimeout(this.#timers.get(key))
    const timer = setTimeout(() => {
      this.#timers.delete(key)
      this.add(key)
    }, ms).unref()
    this.#timers.set(key, timer)
  }

  /** Neither waits nor failures of a key count any longer. */
  forget(key: string): void {
    clearTimeout(this.#timers.get(key))
    this.#timers.delete(key)
    this.#failures.delete(key)
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    this.#waiting.clear()
  }

  #next(): void {
    if (!this.#started || this.#closed) return
    for (const key of this.#waiting) {
      if (this.#working.size >= this.#options.workers) return
      if (this.#working.has(key)) continue
      this.#waiting.delete(key)
      this.#working.add(key)
      void this.#work(key)
    }
  }

  async #work(key: string): Promise<void> {
    // Whoever added it may be within a commit.
    await Promise.resolve()
    try {
      await this.#options.work(key)
      this.#failures.delete(key)
    } catch (error) {
      if (!this.#closed) this.#again(key, error)
    } finally {
      this.#working.delete(key)
      this.#next()
    }
  }

  #again(key: string, error: unknown): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.addAfter(key, Math.min(this.#options.firstMs * 2 ** failures, this.#options.maxMs))
    this.#options.failed(key, error)
  }
}
