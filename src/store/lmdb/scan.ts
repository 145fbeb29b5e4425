import { StoreError } from '../errors.js'
import type { KeyRange, Revision, ScanOptions, StoredRecord, Walk } from '../store.js'
import { shortBound } from './keys.js'
import { isEmpty, type Reader } from './reader.js'

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
    const { at, limit } = this.#checked(options)
    const reader = this.#reader
    const running = this.#running
    return { [Symbol.iterator]: () => new Scan(reader, running, range, at, limit) }
  }

  walk(range: KeyRange, options: ScanOptions = {}): Walk {
    const { at, limit } = this.#checked(options)
    return new Scan(this.#reader, this.#running, range, at, limit)
  }

  #checked(options: ScanOptions): Required<ScanOptions> {
    const { at = this.#reader.revision, limit = Number.POSITIVE_INFINITY } = options
    this.#reader.checkRevision(at)
    return { at, limit }
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

class Scan implements Iterator<StoredRecord>, Walk {
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
    this.#start = shortBound(range.start)
    this.#end = shortBound(range.end)
    this.#left = isEmpty(range) ? 0 : limit
  }

  next(): IteratorResult<StoredRecord> {
    while (this.#position === this.#records.length) {
      if (this.#left <= 0) return this.return()
      this.#step()
    }
    return { done: false, value: this.#records[this.#position++]! }
  }

  return(): IteratorResult<StoredRecord> {
    this.close()
    return { done: true, value: undefined }
  }

  close(): void {
    this.#running.delete(this)
    this.#left = 0
    this.#records = []
    this.#position = 0
  }

  step(take: (record: StoredRecord) => boolean): boolean {
    let wanted = true
    // What an earlier step has read of the past, and not handed over.
    while (wanted && this.#position < this.#records.length) wanted = take(this.#records[this.#position++]!)
    if (!wanted || this.#left <= 0) return this.#left > 0 || this.#position < this.#records.length
    this.#check()
    if (this.at !== this.#reader.revision) {
      this.#readThen(Math.min(this.#left, mostRecords))
      while (wanted && this.#position < this.#records.length) wanted = take(this.#records[this.#position++]!)
    } else {
      const { read, next } = this.#reader.lendNow(
        this.#start,
        this.#end,
        Math.min(this.#left, mostRecords),
        mostBytes,
        take,
      )
      this.#advance(read, next)
    }
    this.#register()
    return this.#left > 0 || this.#position < this.#records.length
  }

  #step(): void {
    this.#check()
    const limit = Math.min(this.#left, this.#steps++ === 0 ? firstRecords : mostRecords)
    if (this.at === this.#reader.revision) this.#readNow(limit)
    else this.#readThen(limit)
    this.#register()
  }

  #check(): void {
    this.#reader.checkOpen()
    if (this.cut) throw new StoreError('Compacted', `the list at revision ${this.at} took too long`)
    // One that is under way is spared by compactions until it is cut.
    if (!this.#running.has(this)) this.#reader.checkNotCompacted(this.at)
  }

  #register(): void {
    if (this.#left > 0) this.#running.add(this)
    else this.#running.delete(this)
  }

  #readThen(limit: number): void {
    const { records, next } = this.#reader.rangeAt(this.#start, this.#end, this.at, limit, mostBytes)
    this.#take(records, next)
  }

  #readNow(limit: number): void {
    const { records, next } = this.#reader.rangeNow(this.#start, this.#end, limit, mostBytes)
    this.#take(records, next)
  }

  #take(records: readonly StoredRecord[], next: string): void {
    this.#records = records
    this.#position = 0
    this.#advance(records.length, next)
  }

  #advance(read: number, next: string): void {
    this.#start = next
    this.#left = next === this.#end ? 0 : this.#left - read
  }
}
