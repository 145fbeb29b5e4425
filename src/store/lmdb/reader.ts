import { StoreError } from '../errors.js'
import { atRevision, type Change, type KeyRange, type Revision, type StoredRecord } from '../store.js'
import {
  afterHistoryOf,
  afterLogOf,
  compareKeys,
  historyFrom,
  historyKey,
  isShort,
  keyOfHistory,
  logKey,
  revisionOfLog,
  shortBound,
} from './keys.js'
import { LentRecord } from './lent-record.js'
import { openRecord, revisionOf } from './record.js'
import { type ReadAt, readCopy, readPosition, type Tables } from './tables.js'

export type ChangeKind = Change['kind']
const kinds: readonly ChangeKind[] = ['created', 'updated', 'deleted']

/** What is remembered of one change beside its values. */
export interface LogEntry {
  readonly revision: Revision
  readonly kind: ChangeKind
  readonly key: string
}

export const encodeLogEntry = (kind: ChangeKind, key: string): Buffer =>
  Buffer.from(String.fromCharCode(kinds.indexOf(kind)) + key)

/**
 * All reading, from one LMDB snapshot that stands exactly where the listeners stand: the writer moves it on, in the same
 * turn, when a batch is published. Nothing here holds a cursor longer than one call.
 */
export class Reader {
  readonly #tables: Tables
  #at: ReadAt
  #revision: Revision
  #compacted: Revision
  #closed = false

  constructor(tables: Tables) {
    this.#tables = tables
    const { revision, compacted } = readPosition(tables)
    this.#revision = revision
    this.#compacted = compacted
    tables.root.resetReadTxn()
    this.#at = { transaction: tables.root.useReadTransaction() }
  }

  get revision(): Revision {
    return this.#revision
  }

  get compacted(): Revision {
    return this.#compacted
  }

  /** Shows what has been committed to LMDB by now. */
  advance(revision: Revision, compacted: Revision): void {
    const { root } = this.#tables
    const { transaction } = this.#at
    root.resetReadTxn()
    this.#at = { transaction: root.useReadTransaction() }
    transaction.done()
    this.#revision = revision
    this.#compacted = compacted
  }

  close(): void {
    this.#closed = true
    this.#at.transaction.done()
  }

  checkOpen(): void {
    if (this.#closed) throw new StoreError('Closed', 'the store is closed')
  }

  checkRevision(at: Revision): void {
    this.checkOpen()
    if (at > this.#revision) {
      throw new StoreError('FutureRevision', `revision ${at} is above the newest, ${this.#revision}`)
    }
    this.checkNotCompacted(at)
  }

  checkNotCompacted(at: Revision): void {
    if (at < this.#compacted)
      throw new StoreError('Compacted', `revision ${at} is below ${this.#compacted}, where history begins`)
  }

  get(key: string, at?: Revision): StoredRecord | undefined {
    if (at === undefined) this.checkOpen()
    else this.checkRevision(at)
    if (key === '' || !isShort(key)) return undefined
    const raw = at === undefined || at === this.#revision ? this.raw(key) : this.#rawAt(key, at)
    return raw && this.open(key, raw)
  }

  /** A stored record as it is read. */
  open(key: string, raw: Buffer): StoredRecord {
    return openRecord(key, raw, this.#tables.sealer)
  }

  /** The newest record of `key` as stored. */
  raw(key: string): Buffer | undefined {
    return readCopy(this.#tables.current, key, this.#at)
  }

  /** The value that `revision` replaced or deleted. */
  rawReplacedBy(key: string, revision: Revision): Buffer | undefined {
    return readCopy(this.#tables.history, historyKey(key, revision), this.#at)
  }

  count(range: KeyRange): number {
    this.checkOpen()
    if (isEmpty(range)) return 0
    // lmdb declares start and end of counts as Key alone.
    return this.#tables.current.getKeysCount({ ...bounds(shortBound(range.start), shortBound(range.end)), ...this.#at })
  }

  /** Newest records from `start` to `end`: stops behind `limit` records or once `maxBytes` have been read. */
  rangeNow(start: string, end: string, limit: number, maxBytes: number): { records: StoredRecord[]; next: string } {
    const records: StoredRecord[] = []
    let bytes = 0
    for (const { key, value } of this.#tables.current.getRange({ ...bounds(start, end), limit, ...this.#at })) {
      records.push(this.open(key, value))
      bytes += value.length
      if (bytes >= maxBytes || records.length === limit) return { records, next: successor(key) }
    }
    return { records, next: end }
  }

  /**
   * The same for records that are lent, each until the next is read or anything else is.
   *
   * @returns how many were read, and where the next ones begin: `end` when that is all
   */
  lendNow(
    start: string,
    end: string,
    limit: number,
    maxBytes: number,
    take: (record: StoredRecord) => boolean,
  ): { read: number; next: string } {
    const { current, lending, sealer } = this.#tables
    const records = current.getRange({ ...bounds(start, end), limit, ...this.#at })[Symbol.iterator]()
    const lent = new LentRecord()
    // Only while the iterator moves: whoever is shown a record may read ranges of its own.
    const following = (): IteratorResult<{ key: string; value: Buffer }> => {
      lending.on = true
      try {
        return records.next()
      } finally {
        lending.on = false
      }
    }
    let read = 0
    let bytes = 0
    try {
      for (let found = following(); !found.done; found = following()) {
        const { key, value } = found.value
        read++
        bytes += lending.size
        lent.show(key, value, lending.size)
        const goOn = take(sealer === undefined && !lent.sealed ? lent : this.open(key, lent.copy()))
        if (!goOn || read === limit || bytes >= maxBytes) return { read, next: successor(key) }
      }
      return { read, next: end }
    } finally {
      records.return?.()
    }
  }

  /**
   * Records as of `at`, which the caller has checked, from `start` to `next`; `next` is `end` when that is all. Keys that
   * have not changed since come from `current`, the others from `history`.
   */
  rangeAt(
    start: string,
    end: string,
    at: Revision,
    limit: number,
    maxBytes: number,
  ): { records: StoredRecord[]; next: string } {
    const { records: now, next: nowNext } = this.rangeNow(start, end, limit, maxBytes)
    let next = nowNext
    const changed: StoredRecord[] = []
    let changedBytes = 0
    let from = historyFrom(start)
    for (let steps = 0; ; steps++) {
      const key = this.#firstHistoryKey(from, next)
      if (key === undefined) break
      if (steps === limit || changedBytes >= maxBytes) {
        next = key
        break
      }
      const raw = this.#firstReplacedAfter(key, at)
      if (raw !== undefined && revisionOf(raw) <= at) {
        changed.push(this.open(key, raw))
        changedBytes += raw.length
      }
      from = afterHistoryOf(key)
    }
    const unchanged = now.filter((record) => record.revision <= at && compareKeys(record.key, next) < 0)
    return { records: merge(unchanged, changed), next }
  }

  /** Log entries of `prefix` above `after`: at most `limit`, cut between commits unless the first one alone is longer. */
  logAfter(prefix: string, after: Revision, limit: number): LogEntry[] {
    const entries = this.#log(prefix, after, limit)
    if (entries.length < limit) return entries
    const last = entries.at(-1)!.revision
    const cut = entries.findIndex((entry) => entry.revision === last)
    return cut > 0 ? entries.slice(0, cut) : this.#log(prefix, after, undefined, last)
  }

  /** The change that `entry` remembers, with its values. */
  change(entry: LogEntry): Change {
    const { key, kind, revision } = entry
    const before = kind === 'created' ? undefined : this.rawReplacedBy(key, revision)
    if (kind === 'deleted') {
      const previous = this.open(key, found(before, entry))
      return { kind, record: atRevision(previous, revision), previous }
    }
    const record = this.open(key, found(this.#rawAt(key, revision), entry))
    return kind === 'created' ? { kind, record } : { kind, record, previous: this.open(key, found(before, entry)) }
  }

  #rawAt(key: string, at: Revision): Buffer | undefined {
    const now = this.raw(key)
    if (now !== undefined && revisionOf(now) <= at) return now
    const raw = this.#firstReplacedAfter(key, at)
    return raw !== undefined && revisionOf(raw) <= at ? raw : undefined
  }

  #firstReplacedAfter(key: string, at: Revision): Buffer | undefined {
    const range = { start: historyKey(key, at + 1), end: afterHistoryOf(key), limit: 1, ...this.#at }
    for (const { value } of this.#tables.history.getRange(range)) return value
    return undefined
  }

  #firstHistoryKey(from: Buffer, end: string): string | undefined {
    const range = { start: from, end: historyFrom(end), limit: 1, ...this.#at }
    for (const key of this.#tables.history.getKeys(range)) return keyOfHistory(key)
    return undefined
  }

  #log(prefix: string, after: Revision, limit?: number, last?: Revision): LogEntry[] {
    const start = logKey(prefix, after + 1)
    const end = last === undefined ? afterLogOf(prefix) : logKey(prefix, last + 1)
    const entries: LogEntry[] = []
    for (const { key, value } of this.#tables.log.getRange({ start, end, ...(limit && { limit }), ...this.#at })) {
      entries.push({ revision: revisionOfLog(key), kind: kinds[value[0]!]!, key: value.toString('utf8', 1) })
    }
    return entries
  }
}

export const isEmpty = (range: KeyRange): boolean => range.end === '' || compareKeys(range.start, range.end) >= 0

/** The first string behind `key` in key order. */
export const successor = (key: string): string => `${key}\0`

// LMDB takes no empty key: the first possible one stands for the beginning.
const bounds = (start: string, end: string) => ({ start: start === '' ? '\0' : start, end })

function found(raw: Buffer | undefined, entry: LogEntry): Buffer {
  if (raw === undefined) throw new Error(`no value of ${entry.key} for revision ${entry.revision}: the data is damaged`)
  return raw
}

function merge(a: readonly StoredRecord[], b: readonly StoredRecord[]): StoredRecord[] {
  const merged: StoredRecord[] = []
  let i = 0
  for (const record of b) {
    while (i < a.length && compareKeys(a[i]!.key, record.key) < 0) merged.push(a[i++]!)
    merged.push(record)
  }
  while (i < a.length) merged.push(a[i++]!)
  return merged
}
