/** An answer is told again for so long. */
const fresh = { good: 20_000, bad: 3_000 }

/** Asks whether something is well: once for all who want to know at once, and not again for some seconds. */
export class RememberedCheck {
  readonly #ask: () => Promise<void>
  readonly #now: () => number
  readonly #again: (error: Error) => Error
  #last: { readonly error: Error | undefined; readonly until: number } | undefined
  #asking: Promise<void> | undefined

  /**
   * @param ask rejects with an Error if it is not
   * @param again what of that error is told to those who come later
   */
  constructor(ask: () => Promise<void>, now: () => number, again = (error: Error): Error => error) {
    this.#ask = ask
    this.#now = now
    this.#again = again
  }

  /** Rejects as the question did, or has done. */
  check(): Promise<void> {
    const last = this.#last
    if (last !== undefined && this.#now() < last.until)
      return last.error === undefined ? Promise.resolve() : Promise.reject(last.error)
    this.#asking ??= this.#answer().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #answer(): Promise<void> {
    let error: Error | undefined
    try {
      await this.#ask()
    } catch (failure) {
      error = failure as Error
    }
    const until = this.#now() + (error === undefined ? fresh.good : fresh.bad)
    this.#last = { error: error && this.#again(error), until }
    if (error !== undefined) throw error
  }
}
