import { statfsSync } from 'node:fs'
import { StoreError } from '../errors.js'
import { atRevision, type Change, type CommitResult, type Revision, type Write } from '../store.js'
import { expiryKey, historyKey, isStorableKey, logKey } from './keys.js'
import { type ChangeKind, encodeLogEntry, type Reader } from './reader.js'
import { encodeRecord, expiryOf, revisionOf, sealRecord } from './record.js'
import { putCompacted, putRevision, type Tables } from './tables.js'

// Bounds of one LMDB transaction. What arrives above them waits for the next one.
const mostCommits = 256
const mostBytes = 8 << 20
const mostWritesPerCommit = 0xffff
/** etcd takes 1.5 MiB; what it is given is protobuf, which is shorter than JSON. */
const mostBytesPerCommit = 2 << 20

export interface Commit {
  readonly revision: Revision
  readonly writes: readonly AppliedWrite[]
}

export interface AppliedWrite {
  readonly prefix: string
  readonly key: string
  readonly kind: ChangeKind
  readonly before: Buffer | undefined
  readonly after: Buffer | undefined
}

interface Waiting {
  readonly writes: readonly Write[]
  readonly signal: AbortSignal | undefined
  resolve(result: CommitResult): void
  reject(error: unknown): void
}

/** Maintenance that shares a transaction with commits but takes no revision, unless it names one. */
interface Job {
  run(): { readonly compacted?: Revision; readonly revision?: Revision }
  resolve(): void
  reject(error: unknown): void
}

class Batch {
  revision: Revision
  compacted: Revision
  bytes = 0
  /** The newest value of each key written in this batch; undefined: deleted. */
  readonly written = new Map<string, Buffer | undefined>()
  readonly commits: Commit[] = []
  readonly done: (() => void)[] = []
  readonly failed: ((error: unknown) => void)[] = []
  /** Failed against a write of this batch: the answer must wait until that write is durable, and is void if it fails. */
  readonly conflicts: { waiting: Waiting; key: string }[] = []

  constructor(reader: Reader) {
    this.revision = reader.revision
    this.compacted = reader.compacted
  }
}

/**
 * Group commit. One LMDB transaction is in flight at a time; who commits meanwhile shares the next. A batch is checked
 * against the state that the batch before it left, so the only writes it cannot read back are its own. When it is
 * durable, reads move on to it, its commits are published in order and its writers are answered, all in one turn: what
 * nobody could see before cannot be lost, and revisions of a batch that failed are free again.
 */
export class GroupCommit {
  readonly #tables: Tables
  readonly #reader: Reader
  readonly #now: () => number
  readonly #publish: (batch: readonly Commit[]) => void
  #queue: Waiting[] = []
  #jobs: Job[] = []
  #scheduled = false
  #batch: Batch | undefined
  #closed = false
  #idle: (() => void) | undefined

  constructor(tables: Tables, reader: Reader, now: () => number, publish: (batch: readonly Commit[]) => void) {
    this.#tables = tables
    this.#reader = reader
    this.#now = now
    this.#publish = publish
  }

  commit(writes: readonly Write[], signal?: AbortSignal): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new StoreError('Closed', 'the store is closed')
      checkWrites(writes)
      if (writes.length === 0) resolve({ kind: 'committed', revision: this.#reader.revision })
      else {
        this.#queue.push({ writes, signal, resolve, reject })
        this.#schedule()
      }
    })
  }

  job(run: Job['run']): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new StoreError('Closed', 'the store is closed')
      this.#jobs.push({ run, resolve, reject })
      this.#schedule()
    })
  }

  /** Takes no more, and resolves when what was taken is answered. */
  close(): Promise<void> {
    this.#closed = true
    if (this.#isIdle()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#idle = resolve
    })
  }

  #isIdle(): boolean {
    return this.#batch === undefined && this.#queue.length === 0 && this.#jobs.length === 0
  }

  #schedule(): void {
    if (this.#scheduled || this.#batch !== undefined) return
    this.#scheduled = true
    // Not at once: the writers of this turn share the batch.
    setImmediate(() => {
      this.#scheduled = false
      this.#start()
    })
  }

  #start(): void {
    const batch = new Batch(this.#reader)
    this.#batch = batch
    const durable = this.#tables.root.batch(() => this.#fill(batch)) as Promise<boolean>
    if (batch.done.length === 0) {
      // All that waited was answered without a write. The transaction is empty, but it must end before the next one.
      durable.then(
        () => this.#next(),
        () => this.#next(),
      )
      return
    }
    durable.then(
      () => this.#succeeded(batch),
      async (error: unknown) => this.#failed(batch, await storeError(error, this.#tables.folder)),
    )
  }

  #fill(batch: Batch): void {
    const jobs = this.#jobs
    this.#jobs = []
    for (const job of jobs) {
      try {
        const { compacted = 0, revision = 0 } = job.run()
        batch.compacted = Math.max(batch.compacted, compacted)
        batch.revision = Math.max(batch.revision, revision)
        batch.done.push(job.resolve)
        batch.failed.push(job.reject)
      } catch (error) {
        job.reject(error)
      }
    }
    let taken = 0
    while (taken < this.#queue.length && batch.commits.length < mostCommits && batch.bytes < mostBytes) {
      this.#take(batch, this.#queue[taken++]!)
    }
    this.#queue = this.#queue.slice(taken)
    if (batch.revision > this.#reader.revision) putRevision(this.#tables, batch.revision)
    if (batch.compacted > this.#reader.compacted) putCompacted(this.#tables, batch.compacted)
  }

  #take(batch: Batch, waiting: Waiting): void {
    if (waiting.signal?.aborted) {
      waiting.reject(waiting.signal.reason)
      return
    }
    try {
      const befores: (Buffer | undefined)[] = []
      for (const { key, expect } of waiting.writes) {
        const pending = batch.written.has(key)
        const before = pending ? batch.written.get(key) : this.#reader.raw(key)
        const revision = before === undefined ? 0 : revisionOf(before)
        if (revision !== expect) {
          if (pending) batch.conflicts.push({ waiting, key })
          else waiting.resolve({ kind: 'conflict', key, revision })
          return
        }
        befores.push(before)
      }
      const commit = this.#prepare(waiting.writes, befores, batch.revision + 1)
      batch.failed.push(waiting.reject)
      if (commit.writes.length === 0) {
        batch.done.push(() => waiting.resolve({ kind: 'committed', revision: this.#reader.revision }))
        return
      }
      for (let n = 0; n < commit.writes.length; n++) batch.bytes += this.#write(commit.writes[n]!, commit.revision, n)
      for (const { key, after } of commit.writes) batch.written.set(key, after)
      batch.revision = commit.revision
      batch.commits.push(commit)
      batch.done.push(() => waiting.resolve({ kind: 'committed', revision: commit.revision }))
    } catch (error) {
      waiting.reject(error)
    }
  }

  /** All that can throw comes before the first put: a commit is whole or not at all. */
  #prepare(writes: readonly Write[], befores: readonly (Buffer | undefined)[], revision: Revision): Commit {
    const applied: AppliedWrite[] = []
    for (let n = 0; n < writes.length; n++) {
      const { prefix, key, value, ttlSeconds } = writes[n]!
      const before = befores[n]
      if (value === undefined) {
        // Nothing there, nothing expected: nothing to tell.
        if (before !== undefined) applied.push({ prefix, key, kind: 'deleted', before, after: undefined })
        continue
      }
      const expiresAt = ttlSeconds === undefined ? 0 : this.#now() + Math.ceil(ttlSeconds * 1000)
      const plain = encodeRecord(value, revision, expiresAt)
      const { sealer } = this.#tables
      const after = sealer === undefined ? plain : sealRecord(key, plain, sealer)
      applied.push({ prefix, key, kind: before === undefined ? 'created' : 'updated', before, after })
    }
    return { revision, writes: applied }
  }

  // Inside a batch, whose own promise tells of all its puts.
  #write({ prefix, key, kind, before, after }: AppliedWrite, revision: Revision, n: number): number {
    const { current, history, log, expiry } = this.#tables
    if (before !== undefined) {
      void history.put(historyKey(key, revision), before)
      const expired = expiryOf(before)
      if (expired > 0) void expiry.remove(expiryKey(expired, key))
    }
    void log.put(logKey(prefix, revision, n), encodeLogEntry(kind, key))
    if (after === undefined) void current.remove(key)
    else {
      void current.put(key, after)
      const expires = expiryOf(after)
      if (expires > 0) void expiry.put(expiryKey(expires, key), encodeExpiry(revision, prefix))
    }
    return (before?.length ?? 0) + (after?.length ?? 0)
  }

  #succeeded(batch: Batch): void {
    this.#reader.advance(batch.revision, batch.compacted)
    this.#publish(batch.commits)
    for (const done of batch.done) done()
    for (const { waiting, key } of batch.conflicts) {
      const now = batch.written.get(key)
      waiting.resolve({ kind: 'conflict', key, revision: now === undefined ? 0 : revisionOf(now) })
    }
    this.#next()
  }

  #failed(batch: Batch, error: StoreError): void {
    for (const fail of batch.failed) fail(error)
    this.#queue = [...batch.conflicts.map(({ waiting }) => waiting), ...this.#queue]
    this.#next()
  }

  #next(): void {
    this.#batch = undefined
    if (!this.#isIdle()) this.#schedule()
    else if (this.#closed) this.#idle?.()
  }
}

/** The changes of `commit` under `prefix`, for listeners. */
export function changesOf(commit: Commit, prefix: string, reader: Reader): Change[] {
  const changes: Change[] = []
  for (const { prefix: stream, key, kind, before, after } of commit.writes) {
    if (stream !== prefix) continue
    if (kind === 'deleted') {
      const previous = reader.open(key, before!)
      changes.push({ kind, record: atRevision(previous, commit.revision), previous })
    } else if (kind === 'created') changes.push({ kind, record: reader.open(key, after!) })
    else changes.push({ kind, record: reader.open(key, after!), previous: reader.open(key, before!) })
  }
  return changes
}

/** expiry's values: revision (6 bytes) | prefix. */
export function encodeExpiry(revision: Revision, prefix: string): Buffer {
  const buffer = Buffer.allocUnsafe(6 + Buffer.byteLength(prefix))
  buffer.writeUIntBE(revision, 0, 6)
  buffer.write(prefix, 6)
  return buffer
}

function checkWrites(writes: readonly Write[]): void {
  if (writes.length > mostWritesPerCommit) throw new RangeError(`a commit of ${writes.length} writes`)
  let bytes = 0
  for (const { key, prefix, value } of writes) {
    bytes += value?.json.length ?? 0
    if (!key.startsWith(prefix) || !prefix.endsWith('/'))
      throw new RangeError(`key ${key} does not lie under ${prefix}`)
    if (!isStorableKey(key)) throw new RangeError('key too long, or with NUL')
  }
  if (bytes > mostBytesPerCommit) throw new StoreError('TooLarge', 'etcdserver: request is too large')
}

// ENOSPC, EDQUOT, EFBIG and LMDB's own "map full"
const fullCodes = new Set([28, 122, 27, -30792])

// LMDB takes a write that was cut short, as on a full disk, for an input/output error.
const inputOutputError = 5
const roomForOneBatch = 32 << 20

function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize < roomForOneBatch
}

/** lmdb rejects with a general error that carries a promise, which rejects with the cause. */
async function storeError(error: unknown, folder: string): Promise<StoreError> {
  let cause = error
  try {
    await (error as { commitError?: Promise<unknown> }).commitError
  } catch (inner) {
    cause = inner
  }
  const { code = 0 } = cause as { code?: number }
  const full = fullCodes.has(code) || (code === inputOutputError && isFull(folder))
  const { message } = cause as Error
  return new StoreError(full ? 'Full' : 'Unavailable', `the write failed: ${message}`, { cause })
}
