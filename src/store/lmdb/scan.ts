import { StoreError } from '../errors.js'
import type { KeyRange, Revision, ScanOptions, StoredRecord } from '../store.js'
import { isEmpty, type Reader, successor } from './reader.js'

// What one step reads ahead. Between steps a scan holds nothing of LMDB's.
const firstRecords = 64
const mostRecords = 512
const mostBytes = 1 << 20

/**
 * Lists ranges as of one revision, step by step. While nothing is committed a step reads the newest records; behind a
 * commit it reads as of its revision. A compaction spares the history that running scans need; the next one does not, so
 * that a forgotten scan holds history for one interval at most.
 */
export class Scans {
  readonly #reader: Reader
  readonly #running = new Set<Scan>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  scan(range: KeyRange, options: ScanOptions = {}): Iterable<StoredRecord> {
    const at = options.at ?? this.#reader.revision
    this.#reader.checkRevision(at)
    const limit = options.limit ?? Number.POSITIVE_INFINITY
    const reader = this.#reader
    const running = this.#running
    return {
      [Symbol.iterator]: () => new Scan(reader, running, isEmpty(range) ? { start: '', end: '' } : range, at, limit),
    }
  }

  /** The lowest revision that a running scan still reads at; `above` if there is none below it. */
  lowest(above: Revision): Revision {
    let lowest = above
    for (const scan of this.#running) lowest = Math.min(lowest, scan.at)
    return lowest
  }

  /** Ends the scans below `horizon`: their next step throws Compacted. */
  cut(horizon: Revision): void {
    for (const scan of this.#running) {
      if (scan.at >= horizon) continue
      scan.cut = true
      this.#running.delete(scan)
    }
  }
}

class Scan implements Iterator<StoredRecord> {
  readonly #reader: Reader
  readonly #running: Set<Scan>
  readonly #end: string
  readonly at: Revision
  cut = false
  #start: string
  #left: number
  #records: readonly StoredRecord[] = []
  #position = 0
  #steps = 0

  constructor(reader: Reader, running: Set<Scan>, range: KeyRange, at: Revision, limit: number) {
    this.#reader = reader
    this.#running = running
    this.at = at
    this.#start = range.start
    this.#end = range.end
    this.#left = range.end === '' ? 0 : limit
  }

  next(): IteratorResult<StoredRecord> {
    while (this.#position === this.#records.length) {
      if (this.#left <= 0) return this.return()
      this.#step()
    }
    return { done: false, value: this.#records[this.#position++]! }
  }

  return(): IteratorResult<StoredRecord> {
    this.#running.delete(this)
    this.#left = 0
    this.#records = []
    this.#position = 0
    return { done: true, value: undefined }
  }

  #step(): void {
    this.#reader.checkOpen()
    if (this.cut) throw new StoreError('Compacted', `the list at revision ${this.at} took too long`)
    if (this.#steps === 0) this.#reader.checkNotCompacted(this.at)
    const limit = Math.min(this.#left, this.#steps++ === 0 ? firstRecords : mostRecords)
    if (this.at === this.#reader.revision) this.#readNow(limit)
    else {
      const { records, next } = this.#reader.rangeAt(this.#start, this.#end, this.at, limit, mostBytes)
      this.#take(records, next)
    }
    if (this.#left > 0) this.#running.add(this)
    else this.#running.delete(this)
  }

  #readNow(limit: number): void {
    const records = this.#reader.rangeNow(this.#start, this.#end, limit, mostBytes)
    const bytes = records.reduce((sum, record) => sum + record.value.length, 0)
    const more = records.length === limit || bytes >= mostBytes
    this.#take(records, more ? successor(records.at(-1)!.key) : this.#end)
  }
  #take(records: readonly StoredRecord[], next: string): void {
    this.#records = records
    this.#position = 0
    this.#start = next
    this.#left = next === this.#end ? 0 : this.#left - records.length
  }
}
