/** What held up a turn for longer does not hold up the next ones, in milliseconds. */
const mostMs = 5

/**
 * Lets long answers take turns: whoever writes one in slices passes before each, and in one turn of the event loop one passes.
 * However many lists are under way, what comes in meanwhile waits for one slice, not for one of each.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = []
  #isTaken = false
  #lastAt = 0
  /** What a turn takes, the last ones counting most: a slice of 2 MiB is with the operating system in one to two. */
  #turnMs = 1

  /** Resolves when it is the caller's turn, in the order of the calls. */
  pass(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1 && !this.#isTaken) this.#start()
    })
  }

  /** About how long whoever comes now waits for his turn, in milliseconds. */
  get busyMs(): number {
    return this.#waiting.length * this.#turnMs
  }

  /** The same for a first slice: undefined if nobody else has this turn, and now the caller has it. */
  enter(): Promise<void> | undefined {
    if (this.#isTaken || this.#waiting.length > 0) return this.pass()
    this.#isTaken = true
    this.#start()
    return undefined
  }

  #start(): void {
    this.#lastAt = performance.now()
    setImmediate(this.#next)
  }

  readonly #next = (): void => {
    const now = performance.now()
    this.#turnMs += (Math.min(now - this.#lastAt, mostMs) - this.#turnMs) / 8
    this.#lastAt = now
    this.#isTaken = false
    const resolve = this.#waiting.shift()
    if (this.#waiting.length > 0) setImmediate(this.#next)
    resolve?.()
  }
}
