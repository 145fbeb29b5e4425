/** What a slice of 2 MiB takes until it is with the operating system. */
const turnMs = 1.5

/**
 * Lets long answers take turns: whoever writes one in slices passes before each, and in one turn of the event loop one passes.
 * However many lists are under way, what comes in meanwhile waits for one slice, not for one of each.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  /** Resolves when it is the caller's turn, in the order of the calls. */
  pass(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1 && !this.#isTaken) setImmediate(this.#next)
    })
  }

  /** About how long whoever comes now waits for his turn, in milliseconds. */
  get busyMs(): number {
    return this.#waiting.length * turnMs
  }

  /** The same for a first slice: undefined if nobody else has this turn, and now the caller has it. */
  enter(): Promise<void> | undefined {
    if (this.#isTaken || this.#waiting.length > 0) return this.pass()
    this.#isTaken = true
    setImmediate(this.#next)
    return undefined
  }

  readonly #next = (): void => {
    this.#isTaken = false
    const resolve = this.#waiting.shift()
    if (this.#waiting.length > 0) setImmediate(this.#next)
    resolve?.()
  }
}
