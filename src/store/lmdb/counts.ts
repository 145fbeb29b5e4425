import type { KeyRange } from '../store.js'
import { compareKeys } from './keys.js'
import type { Reader } from './reader.js'

/** Smaller ranges are counted again each time. 5,000 keys take about 1 ms. */
const worthKeeping = 1_000
const mostRanges = 32

interface Counted extends KeyRange {
  keys: number
}

/** Counts of large ranges, kept true by every key that comes or goes. The range asked for longest ago makes room. */
export class Counts {
  readonly #reader: Reader
  readonly #ranges = new Map<string, Counted>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  count(range: KeyRange): number {
    this.#reader.checkOpen()
    const name = `${range.start}\0${range.end}`
    const known = this.#ranges.get(name)
    const counted = known ?? { ...range, keys: this.#reader.count(range) }
    if (counted.keys < worthKeeping) {
      this.#ranges.delete(name)
      return counted.keys
    }
    this.#ranges.delete(name)
    this.#ranges.set(name, counted)
    if (this.#ranges.size > mostRanges) this.#ranges.delete(this.#ranges.keys().next().value!)
    return counted.keys
  }

  /** Called for every key created (+1) or deleted (-1), once reads show it. */
  changed(key: string, by: 1 | -1): void {
    for (const range of this.#ranges.values()) {
      if (compareKeys(key, range.start) >= 0 && compareKeys(key, range.end) < 0) range.keys += by
    }
  }
}
