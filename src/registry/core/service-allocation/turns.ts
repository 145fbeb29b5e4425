import type { Store, Subscription } from '../../../store/index.js'

/** Somebody's turn ends after so long even if nothing was written: its commit may have met another conflict. */
const maxTurnMs = 50

/**
 * Lets writers of one key go one after another, within this process. They would find out at the commit that somebody was
 * faster, and begin again, all but one of them, every time.
 *
 * A turn ends with the next change under the prefix. Bound: one waiter for each request that is being served.
 */
export class Turns {
  #waiting: (() => void)[] = []
  #busy = false
  #timer: NodeJS.Timeout | undefined
  #subscription: Subscription | undefined

  /** @param prefix of the keys whose changes end a turn; ends with "/" */
  constructor(
    readonly store: Store,
    readonly prefix: string,
  ) {}

  /** Resolves when it is the caller's turn: undefined at once. */
  take(): Promise<void> | undefined {
    this.#listen()
    if (this.#busy) return new Promise((resolve) => this.#waiting.push(resolve))
    this.#begin()
    return undefined
  }

  /** Ends a turn in which nothing is going to be written. */
  readonly pass = (): void => {
    clearTimeout(this.#timer)
    const next = this.#waiting.shift()
    this.#busy = false
    if (next === undefined) return
    this.#begin()
    next()
  }

  #begin(): void {
    this.#busy = true
    this.#timer = setTimeout(this.pass, maxTurnMs).unref()
  }

  /** For as long as the store is open, from the first turn on. */
  #listen(): void {
    this.#subscription ??= this.store.changes(this.prefix, this.store.revision, {
      changed: this.pass,
      lost: () => {
        this.#subscription = undefined
        this.pass()
      },
    })
  }
}
