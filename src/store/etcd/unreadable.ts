/** Between two attempts, in milliseconds. */
const againMs = 10_000
/** So many are tried then. If one of them can be read by now, others can: all are tried. */
const sample = 50

/** Keys of values that could not be read, for want of what they are encrypted with perhaps, and that are tried again. */
export class Unreadable {
  readonly #read: (key: string) => Promise<boolean>
  readonly #keys = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #isTrying = false

  /** @param read tries to read a value again. @returns whether it could. Rejects if the store cannot be reached */
  constructor(read: (key: string) => Promise<boolean>) {
    this.#read = read
  }

  get size(): number {
    return this.#keys.size
  }

  add(key: string): void {
    this.#keys.add(key)
    this.#timer ??= setInterval(() => void this.#trySample(), againMs).unref()
  }

  delete(key: string): void {
    if (this.#keys.delete(key) && this.#keys.size === 0) this.close()
  }

  /** Tries all of them. Rejects if the store cannot be reached. */
  tryAll(): Promise<void> {
    return this.#try(Infinity)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #trySample(): Promise<void> {
    if (this.#isTrying) return
    this.#isTrying = true
    // Whoever cannot be reached now may be the next time.
    await this.#try(sample).catch(() => undefined)
    this.#isTrying = false
  }

  async #try(most: number): Promise<void> {
    let left = most
    for (const key of [...this.#keys]) {
      if (left === 0) return
      left--
      if (await this.#read(key)) left = Infinity
      // To the end of the line: the next sample is of others.
      else if (this.#keys.delete(key)) this.#keys.add(key)
    }
  }
}
