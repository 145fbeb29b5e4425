/** What became of a number over some time, weighted by how long it had each value. */
export interface Integral {
  readonly seconds: number
  /** NaN if no time has passed. */
  readonly average: number
  /** Standard deviation; NaN if no time has passed. */
  readonly deviation: number
  readonly min: number
  readonly max: number
}

/** Watches a number over time. Source: apiserver pkg/util/flowcontrol/fairqueuing/integrator.go. */
export class Integrator {
  #value = 0
  #min = 0
  #max = 0
  #seconds = 0
  #first = 0
  #second = 0
  #at: number

  /** @param now milliseconds */
  constructor(now: number) {
    this.#at = now
  }

  set(value: number, now: number): void {
    this.#advance(now)
    this.#value = value
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
  }

  /** What was up to now; watching starts over. */
  reset(now: number): Integral {
    this.#advance(now)
    const seconds = this.#seconds
    const average = seconds > 0 ? this.#first / seconds : Number.NaN
    const variance = seconds > 0 ? this.#second / seconds - average * average : Number.NaN
    // What rounding leaves of nothing may be negative.
    const deviation = variance >= 0 ? Math.sqrt(variance) : variance < 0 ? 0 : Number.NaN
    const result = { seconds, average, deviation, min: this.#min, max: this.#max }
    this.#seconds = this.#first = this.#second = 0
    this.#min = this.#max = this.#value
    return result
  }

  #advance(now: number): void {
    const seconds = (now - this.#at) / 1000
    if (seconds <= 0) return
    this.#at = now
    this.#seconds += seconds
    this.#first += seconds * this.#value
    this.#second += seconds * this.#value * this.#value
  }
}
