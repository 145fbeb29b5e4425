import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Compaction } from '../lmdb/compaction.js'
import { Counts } from '../lmdb/counts.js'
import { type AppliedWrite, type Commit, changesOf } from '../lmdb/group-commit.js'
import { historyKey, logKey } from '../lmdb/keys.js'
import { encodeLogEntry, Reader } from '../lmdb/reader.js'
import { encodeRecord, encodeUnreadable, staleMark } from '../lmdb/record.js'
import { Scans } from '../lmdb/scan.js'
import { Subscriptions } from '../lmdb/subscriptions.js'
import { openTables, type Tables } from '../lmdb/tables.js'
import type { Revision, WriteValue } from '../store.js'

const memory = '/dev/shm'

/** A value as the replica keeps it: one that can be served, or the reason why it cannot be read. */
export type ReplicaValue = (WriteValue & { readonly stale?: boolean }) | { readonly unreadable: string }

export interface ReplicaWrite {
  readonly prefix: string
  readonly key: string
  /** Undefined: the key is gone. */
  readonly value: ReplicaValue | undefined
}

export interface ReplicaCommit {
  readonly revision: Revision
  readonly writes: readonly ReplicaWrite[]
}

/**
 * A copy of a store that lies elsewhere, in LMDB files that nobody else sees: they have no name any more once they are
 * open, and nothing waits for the disk. Reads are those of the embedded store. Whoever fills it gives the revisions.
 */
export class Replica {
  readonly reader: Reader
  readonly scans: Scans
  readonly counts: Counts
  readonly subscriptions: Subscriptions
  readonly #tables: Tables
  readonly #compaction: Compaction
  #closed: Promise<void> | undefined

  private constructor(tables: Tables) {
    this.#tables = tables
    this.reader = new Reader(tables)
    this.scans = new Scans(this.reader)
    this.counts = new Counts(this.reader)
    this.subscriptions = new Subscriptions(this.reader)
    this.#compaction = new Compaction(tables, this.reader, { job: async (run) => this.#job(run) }, this.scans)
  }

  /** @param secret holds what is encrypted elsewhere: where the system has a file system in memory, it lies there */
  static async open(secret = false): Promise<Replica> {
    const folder = mkdtempSync(join(secret && existsSync(memory) ? memory : tmpdir(), 'kats-replica-'))
    try {
      return new Replica(await openTables(folder, false))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Values as of the position that `start` names; before it. */
  fill(values: readonly { readonly key: string; readonly revision: Revision; readonly value: ReplicaValue }[]): void {
    const { root, current } = this.#tables
    root.transactionSync(() => {
      for (const { key, revision, value } of values) current.putSync(key, encode(value, revision))
    })
  }

  /** What has been filled in stands at `revision`; history begins there. */
  start(revision: Revision): void {
    this.reader.advance(revision, revision)
  }

  /**
   * Commits above the replica's revision, in order; afterwards it stands at `revision`. Listeners have been called when this
   * returns. With `compacted` history begins there: what happened between is not known one by one.
   */
  apply(commits: readonly ReplicaCommit[], revision: Revision, compacted = this.reader.compacted): void {
    const applied: Commit[] = []
    if (commits.length > 0) this.#tables.root.transactionSync(() => this.#write(commits, applied))
    this.reader.advance(revision, compacted)
    for (const { writes } of applied) {
      for (const { key, kind } of writes) if (kind !== 'updated') this.counts.changed(key, kind === 'created' ? 1 : -1)
    }
    for (const commit of applied) {
      for (const prefix of new Set(commit.writes.map((write) => write.prefix))) {
        if (this.subscriptions.has(prefix)) this.subscriptions.publish(prefix, changesOf(commit, prefix, this.reader))
      }
    }
  }

  /** Puts a value in the place of one that could not be read. Nobody is told: nothing has changed. */
  mend(key: string, revision: Revision, value: ReplicaValue): void {
    this.#tables.root.transactionSync(() => this.#tables.current.putSync(key, encode(value, revision)))
    this.reader.advance(this.reader.revision, this.reader.compacted)
  }

  compact(before: Revision): Promise<void> {
    return this.#compaction.compact(before)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.reader.close()
    await this.#tables.root.close()
  }

  #write(commits: readonly ReplicaCommit[], applied: Commit[]): void {
    const { current, history, log } = this.#tables
    const written = new Map<string, Buffer | undefined>()
    for (const { revision, writes } of commits) {
      const done: AppliedWrite[] = []
      for (const { prefix, key, value } of writes) {
        const before = written.has(key) ? written.get(key) : this.reader.raw(key)
        const after = value && encode(value, revision)
        if (before === undefined && after === undefined) continue
        const kind = after === undefined ? 'deleted' : before === undefined ? 'created' : 'updated'
        if (before !== undefined) history.putSync(historyKey(key, revision), before)
        log.putSync(logKey(prefix, revision, done.length), encodeLogEntry(kind, key))
        if (after === undefined) current.removeSync(key)
        else current.putSync(key, after)
        written.set(key, after)
        done.push({ prefix, key, kind, before, after })
      }
      if (done.length > 0) applied.push({ revision, writes: done })
    }
  }

  #job(run: () => { readonly compacted?: Revision }): void {
    this.reader.checkOpen()
    const { compacted = 0 } = this.#tables.root.transactionSync(run)
    this.reader.advance(this.reader.revision, Math.max(compacted, this.reader.compacted))
  }
}

const encode = (value: ReplicaValue, revision: Revision): Buffer =>
  'unreadable' in value
    ? encodeUnreadable(value.unreadable, revision)
    : encodeRecord(value, revision, value.stale ? staleMark : 0)
