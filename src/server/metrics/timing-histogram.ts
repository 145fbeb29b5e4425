import { Histogram } from './series.js'

/** A number whose every nanosecond counts. */
export interface TimedGauge {
  /** @param now milliseconds of one clock, never less than before */
  set(value: number, now: number): void
}

/** A histogram of how long a number had which value, in nanoseconds. Source: component-base metrics, TimingHistogram. */
export class TimingHistogram extends Histogram {
  readonly #gauges = new Map<string, Timed>()

  /** @param now milliseconds of the clock that the gauges are told */
  constructor(
    name: string,
    help: string,
    labels: readonly string[],
    bounds: readonly number[],
    readonly now: () => number,
  ) {
    super(name, help, labels, bounds)
  }

  /** The same gauge for the same labels. */
  gauge(values: readonly string[]): TimedGauge {
    const key = values.join('\n')
    let gauge = this.#gauges.get(key)
    if (gauge === undefined) {
      gauge = new Timed(this.at(values), this.bounds, this.now())
      this.#gauges.set(key, gauge)
    }
    return gauge
  }

  override expose(): string {
    const now = this.now()
    for (const gauge of this.#gauges.values()) gauge.advance(now)
    return super.expose()
  }
}

class Timed implements TimedGauge {
  #value = 0
  #bucket = 0
  #since: number

  constructor(
    readonly series: { sum: number; readonly counts: Float64Array },
    readonly bounds: readonly number[],
    now: number,
  ) {
    this.#since = now
    this.#bucket = bucketOf(0, bounds)
  }

  set(value: number, now: number): void {
    if (value === this.#value) return
    this.advance(now)
    this.#value = value
    this.#bucket = bucketOf(value, this.bounds)
  }

  advance(now: number): void {
    const nanoseconds = Math.round((now - this.#since) * 1e6)
    if (nanoseconds <= 0) return
    this.#since = now
    this.series.counts[this.#bucket]! += nanoseconds
    this.series.sum += nanoseconds * this.#value
  }
}

function bucketOf(value: number, bounds: readonly number[]): number {
  let i = 0
  while (i < bounds.length && value > bounds[i]!) i++
  return i
}
