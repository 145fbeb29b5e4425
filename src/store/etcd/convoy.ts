/**
 * Holds calls until others come along, while every turn of the event loop brings some: each packet wakes etcd. Whoever is
 * alone leaves at the end of the turn.
 */
export class Convoy {
  readonly #most: number
  readonly #mostMs: number
  #size = 0
  #sizeBefore = 0
  #began = 0
  #departure: Promise<void> | undefined
  #depart: () => void = () => {}

  /**
   * @param most leave together
   * @param mostMs nobody is held up for longer, in milliseconds
   */
  constructor(most: number, mostMs: number) {
    this.#most = most
    this.#mostMs = mostMs
  }

  /** Resolves when it is time to go, in the order of the calls. */
  join(): Promise<void> {
    this.#size++
    this.#departure ??= this.#gather()
    return this.#departure
  }

  #gather(): Promise<void> {
    this.#began = performance.now()
    setImmediate(this.#look)
    return new Promise((resolve) => {
      this.#depart = resolve
    })
  }

  readonly #look = (): void => {
    const grows = this.#size > 1 && this.#size > this.#sizeBefore
    if (grows && this.#size < this.#most && performance.now() - this.#began < this.#mostMs) {
      this.#sizeBefore = this.#size
      setImmediate(this.#look)
      return
    }
    this.#size = 0
    this.#sizeBefore = 0
    this.#departure = undefined
    this.#depart()
  }
}
