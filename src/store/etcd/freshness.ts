import type { Revision } from '../store.js'

/**
 * One question to etcd for all who ask at once: who comes while one is on its way waits for the next, since the answer of
 * the first may be older than what he knows of.
 */
export class Freshness {
  readonly #ask: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** @param ask asks for the newest revision and waits until it can be read here */
  constructor(ask: () => Promise<void>) {
    this.#ask = ask
  }

  fresh(): Promise<void> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#begin()
    const begin = (): Promise<void> => this.#begin()
    this.#next = this.#running.then(begin, begin)
    return this.#next
  }

  #begin(): Promise<void> {
    this.#next = undefined
    const run = this.#ask()
    this.#running = run
    const done = (): void => {
      if (this.#running === run) this.#running = undefined
    }
    run.then(done, done)
    return run
  }
}

/** Who waits until a revision has arrived. */
export class Arrivals {
  #waiting: { readonly revision: Revision; readonly resolve: () => void }[] = []
  #position: Revision = 0

  get position(): Revision {
    return this.#position
  }

  get waiting(): boolean {
    return this.#waiting.length > 0
  }

  reached(revision: Revision): void {
    this.#position = Math.max(revision, this.#position)
    if (this.#waiting.length === 0) return
    const arrived = this.#waiting.filter((wait) => wait.revision <= revision)
    if (arrived.length === 0) return
    this.#waiting = this.#waiting.filter((wait) => wait.revision > revision)
    for (const { resolve } of arrived) resolve()
  }

  /** @returns whether it arrived within `timeoutMs` */
  wait(revision: Revision, timeoutMs: number): Promise<boolean> | true {
    if (revision <= this.#position) return true
    return new Promise((resolve) => {
      const wait = {
        revision,
        resolve: () => {
          clearTimeout(timer)
          resolve(true)
        },
      }
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== wait)
        resolve(false)
      }, timeoutMs)
      this.#waiting.push(wait)
    })
  }

  /** Nothing comes any more. */
  end(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve } of waiting) resolve()
  }
}
