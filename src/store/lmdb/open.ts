import { mkdirSync } from 'node:fs'
import { type Clock, systemClock } from '../clock.js'
import { StoreError } from '../errors.js'
import type { Sealer } from '../sealer.js'
import type {
  Change,
  ChangeListener,
  CommitResult,
  KeyRange,
  Revision,
  ScanOptions,
  Store,
  StoredRecord,
  Subscription,
  Walk,
  Write,
} from '../store.js'
import { Compaction } from './compaction.js'
import { Counts } from './counts.js'
import { sweepExpired } from './expiry.js'
import { type Commit, changesOf, GroupCommit } from './group-commit.js'
import { keyOfHistory } from './keys.js'
import { lockFolder } from './lock-file.js'
import { Reader } from './reader.js'
import { sealedBytes } from './record.js'
import { putRestored, type Restored } from './restore.js'
import { Scans } from './scan.js'
import { Subscriptions } from './subscriptions.js'
import { openTables, type Tables } from './tables.js'

export interface LmdbStoreOptions {
  /** The folder of the data; made if absent. One process at a time. */
  readonly path: string
  /** An acknowledged write is on disk. Without, a crash of the machine (not of the process) may lose or damage data. Default: true. */
  readonly fsync?: boolean
  /** History is kept at least this long, in milliseconds; 0: until `compact` is called. Default: 5 minutes. */
  readonly compactionIntervalMs?: number
  /** How often expired keys are looked for, in milliseconds. Default: 1 second. */
  readonly sweepIntervalMs?: number
  readonly clock?: Clock
  /** Encrypts values. Data that was encrypted cannot be read without it. */
  readonly sealer?: Sealer
}

const defaults = { fsync: true, compactionIntervalMs: 300_000, sweepIntervalMs: 1_000, clock: systemClock }

/** What the embedded store can do beside what every store does. */
export interface EmbeddedStore extends Store {
  /**
   * Puts records in with the revisions that they had elsewhere. The store then stands at `revision` or where it stood, and
   * history begins there. For stores that nobody reads or watches yet: nobody is told.
   *
   * @throws StoreError FutureRevision if a record is newer than `revision`, RangeError if its key is there
   */
  restore(records: readonly Restored[], revision: Revision): Promise<void>
}

/**
 * The embedded store: LMDB files in a folder of this machine.
 *
 * @throws StoreError Unavailable if another process has the folder open, or if the data is of another format
 */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<EmbeddedStore> {
  const settings = { ...defaults, ...options }
  mkdirSync(settings.path, { recursive: true, mode: 0o700 })
  const unlock = lockFolder(settings.path)
  try {
    const tables = await openTables(settings.path, settings.fsync, options.sealer)
    if (options.sealer?.ready !== undefined) await fetchKeys(tables)
    return new LmdbStore(tables, settings, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

/** Reads are synchronous: what their keys are encrypted with is asked for now. Only this process adds to them. */
async function fetchKeys({ current, history, sealer }: Tables): Promise<void> {
  const waiting: Promise<void>[] = []
  const look = (key: string, value: Buffer): void => {
    const sealed = sealedBytes(value)
    const ready = sealed && sealer?.ready?.(key, Buffer.from(sealed))
    if (ready !== undefined) waiting.push(ready)
  }
  for (const { key, value } of current.getRange({ start: '\0' })) look(key, value)
  for (const { key, value } of history.getRange({ start: Buffer.from([0]) })) look(keyOfHistory(key), value)
  await Promise.all(waiting)
}

class LmdbStore implements EmbeddedStore {
  readonly #tables: Tables
  readonly #reader: Reader
  readonly #scans: Scans
  readonly #counts: Counts
  readonly #subscriptions: Subscriptions
  readonly #writer: GroupCommit
  readonly #compaction: Compaction
  readonly #clock: Clock
  readonly #unlock: () => void
  readonly #timers: (() => void)[] = []
  #sweeping: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(tables: Tables, options: Required<Omit<LmdbStoreOptions, 'sealer'>>, unlock: () => void) {
    const { clock, compactionIntervalMs, sweepIntervalMs } = options
    this.#tables = tables
    this.#reader = new Reader(tables)
    this.#scans = new Scans(this.#reader)
    this.#counts = new Counts(this.#reader)
    this.#subscriptions = new Subscriptions(this.#reader)
    this.#writer = new GroupCommit(tables, this.#reader, clock.now, (batch) => this.#publish(batch))
    this.#compaction = new Compaction(tables, this.#reader, this.#writer, this.#scans)
    this.#clock = clock
    this.#unlock = unlock
    if (compactionIntervalMs > 0) {
      let seen = this.#reader.revision
      const compactToSeen = (): void => {
        const before = seen
        seen = this.#reader.revision
        // Disk full or closing: the next interval tries again.
        this.compact(before).catch(() => undefined)
      }
      this.#timers.push(clock.every(compactionIntervalMs, compactToSeen))
    }
    this.#timers.push(clock.every(sweepIntervalMs, () => this.#sweep()))
  }

  get revision(): Revision {
    return this.#reader.revision
  }

  get compacted(): Revision {
    return this.#reader.compacted
  }

  fresh(): undefined {
    return undefined
  }

  get(key: string, at?: Revision): StoredRecord | undefined {
    return this.#reader.get(key, at)
  }

  scan(range: KeyRange, options?: ScanOptions): Iterable<StoredRecord> {
    return this.#scans.scan(range, options)
  }

  walk(range: KeyRange, options?: ScanOptions): Walk {
    return this.#scans.walk(range, options)
  }

  count(range: KeyRange): number {
    return this.#counts.count(range)
  }

  commit(writes: readonly Write[], signal?: AbortSignal): Promise<CommitResult> {
    return this.#writer.commit(writes, signal)
  }

  changes(prefix: string, after: Revision, listener: ChangeListener): Subscription {
    return this.#subscriptions.add(prefix, after, listener)
  }

  replay(prefix: string, after: Revision): Iterable<readonly Change[]> {
    return this.#subscriptions.replay(prefix, after)
  }

  compact(before: Revision): Promise<void> {
    return this.#compaction.compact(before)
  }

  restore(records: readonly Restored[], revision: Revision): Promise<void> {
    return this.#writer.job(() => {
      putRestored(this.#tables, this.#reader, records, revision, this.#clock.now())
      const newest = Math.max(revision, this.revision)
      return { revision: newest, compacted: newest }
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const stop of this.#timers) stop()
    await this.#writer.close()
    this.#reader.close()
    await this.#tables.root.close()
    this.#unlock()
  }

  #publish(batch: readonly Commit[]): void {
    // Reads show the whole batch: so must the counts before the first listener asks.
    for (const { writes } of batch) {
      for (const { key, kind } of writes) if (kind !== 'updated') this.#counts.changed(key, kind === 'created' ? 1 : -1)
    }
    for (const commit of batch) {
      for (const prefix of new Set(commit.writes.map((write) => write.prefix))) {
        if (this.#subscriptions.has(prefix))
          this.#subscriptions.publish(prefix, changesOf(commit, prefix, this.#reader))
      }
    }
  }

  #sweep(): void {
    if (this.#sweeping !== undefined || this.#closing !== undefined) return
    const commit = (write: Write): Promise<CommitResult> => this.#writer.commit([write])
    this.#sweeping = sweepExpired(this.#tables, this.#clock.now(), commit)
      .catch((error: unknown) => {
        // Disk full or closing: the next sweep tries again.
        if (!(error instanceof StoreError)) throw error
      })
      .finally(() => {
        this.#sweeping = undefined
      })
  }
}
