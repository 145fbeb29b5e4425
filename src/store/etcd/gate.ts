/** Lets so many in at once; the others wait in the order in which they came. */
export class Gate {
  readonly #most: number
  #inside = 0
  #waiting: (() => void)[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** Undefined: come in. Whoever is in must `leave`. */
  enter(): Promise<void> | undefined {
    if (this.#inside < this.#most) {
      this.#inside++
      return undefined
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#inside--
    else next()
  }
}
