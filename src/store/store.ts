/**
 * A position in the history of the whole store: one counter for all keys, as in etcd. Every commit takes the next one
 * and all writes of a commit share it. `resourceVersion` is this number in decimal. Always a safe integer, at least 1.
 */
export type Revision = number

/** One key at one revision. Buffers are the caller's to keep, never to change. */
export interface StoredRecord {
  readonly key: string
  /** The commit that wrote this value. */
  readonly revision: Revision
  /** The object's JSON with its resourceVersion in place: what GET sends. */
  readonly value: Buffer
  /** What selectors need without parsing `value`: written and read by the registry, opaque here. Empty if none was given. */
  readonly index: Buffer
  /**
   * Where in `value` the member `"resourceVersion":"N",` begins, in bytes. 0: what is stored cannot be read, and `value` is
   * the reason as text.
   */
  readonly revisionAt: number
  /** What is stored is not what would be written today (another key, version or form): a write that changes nothing mends it. */
  readonly stale?: true
}

/** Whether a record's object cannot be read. It can be deleted, and written over; changes do not tell of it. */
export const isUnreadable = (record: StoredRecord): boolean => record.revisionAt === 0

/** Keys from `start` (inclusive) to `end` (exclusive), in the order of their UTF-8 bytes. */
export interface KeyRange {
  readonly start: string
  readonly end: string
}

/** A scan for who uses each record at once and keeps nothing of it. */
export interface Walk {
  /**
   * Hands over the next records, as many as do not hold the event loop, and fewer once `take` returns false. They are lent:
   * after `take` has returned, and after any other read of the store within it, they hold something else.
   *
   * @returns whether there may be more
   */
  step(take: (record: StoredRecord) => boolean): boolean
  /** For who does not go on to the end. */
  close(): void
}

export interface ScanOptions {
  /** Read as of this revision. Default: the newest. Throws Compacted below the horizon, FutureRevision above `revision`. */
  readonly at?: Revision
  /** Stop after this many records. Default: no limit. */
  readonly limit?: number
}

/**
 * The value of a write. The store puts `"resourceVersion":"N",` at byte `revisionAt` of `json` once it knows the commit's
 * revision N, and keeps the result. `revisionAt` therefore points at the start of a member of `metadata`, past which at
 * least one more member follows.
 */
export interface WriteValue {
  readonly json: Buffer
  readonly revisionAt: number
  readonly index: Buffer
  /** What `json` is the encoding of, for stores that write another form of it. Not to be kept beyond the commit. */
  readonly object?: object
}

export interface Write {
  /** The stream of changes this key belongs to, a prefix of `key` that ends in "/": `/registry/pods/`. */
  readonly prefix: string
  readonly key: string
  /** The revision the key must have now: 0 if it must not exist. */
  readonly expect: Revision
  /** Absent: delete. A delete keeps the previous value for the change log. */
  readonly value?: WriteValue
  /** Remove the key by itself after so many seconds, unless it is written again. Not for deletes. */
  readonly ttlSeconds?: number
}

export type CommitResult =
  | { readonly kind: 'committed'; readonly revision: Revision }
  /** Nothing was written. `key` is the first write whose expectation failed, `revision` what it has now (0: absent). */
  | { readonly kind: 'conflict'; readonly key: string; readonly revision: Revision }

/**
 * One key's change in one commit. `created`: no value before. `updated`: a value before and after.
 * `deleted`: `record` is the last value with the resourceVersion of the deletion spliced in; its `revision` is the deletion's.
 */
export interface Change {
  readonly kind: 'created' | 'updated' | 'deleted'
  readonly record: StoredRecord
  /** The value before; absent when created. */
  readonly previous?: StoredRecord
}

export interface ChangeListener {
  /**
   * Changes of one commit under the subscribed prefix, in order of revision, without gap. Called synchronously as soon as
   * the commit is visible to reads; must not throw and must not block.
   */
  changed(changes: readonly Change[], revision: Revision): void
  /** The store has lost its place (never on lmdb): the listener is off and must subscribe again. */
  lost?(): void
}

export interface Subscription {
  close(): void
}

/**
 * Bytes in, bytes out, with revisions. Encoding, selectors, retries and fan-out live above it. Expected outcomes are
 * results with named fields; broken promises are thrown as StoreError.
 */
export interface Store {
  /** The newest revision visible to reads. */
  readonly revision: Revision
  /** Reads at a revision below this one throw Compacted. */
  readonly compacted: Revision
  /**
   * After it, reads see every commit acknowledged before the call by any server. Nothing to wait for on lmdb: undefined.
   *
   * @param mayWaitMs so long the store may wait for others that ask, and ask once for all of them; 0 if left out
   */
  fresh(mayWaitMs?: number): Promise<void> | undefined
  /** Synchronous: always from local pages. */
  get(key: string, at?: Revision): StoredRecord | undefined
  /** Lazy and ascending, all of it as of one revision however long the caller takes; ending the loop early frees it. */
  scan(range: KeyRange, options?: ScanOptions): Iterable<StoredRecord>
  /** The same without copies, in the caller's steps. */
  walk(range: KeyRange, options?: ScanOptions): Walk
  /** How many keys lie in the range now. */
  count(range: KeyRange): number
  /**
   * All writes or none. Resolves when the commit is durable and visible; the listeners have been called by then.
   * Two writes of one commit never name the same key.
   */
  commit(writes: readonly Write[], signal?: AbortSignal): Promise<CommitResult>
  /**
   * Every change under `prefix` above `after`: first those that have happened, synchronously inside this call, then live.
   * Throws Compacted if `after` is below the horizon. `after` above `revision` is allowed: what lies between is not told.
   */
  changes(prefix: string, after: Revision, listener: ChangeListener): Subscription
  /**
   * What `changes` would tell first, for callers that take it in slices: the changes of each commit under `prefix` above
   * `after`, oldest first, read as the loop goes on and up to the newest there is when it gets there. Holds nothing
   * between steps. Throws Compacted if `after` is below the horizon, also midway when the horizon overtakes it.
   */
  replay(prefix: string, after: Revision): Iterable<readonly Change[]>
  /** Forgets history below `before`, in slices that do not hold the event loop. The newest value of every key stays. */
  compact(before: Revision): Promise<void>
  /** Resolves when everything acknowledged is on disk and no handle is open. Later calls throw Closed. */
  close(): Promise<void>
}

/** The range of all keys that begin with `prefix`. */
export function prefixRange(prefix: string): KeyRange {
  const last = prefix.length - 1
  return { start: prefix, end: prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1) }
}

const revisionMember = '"resourceVersion":"'

/** The same object as of another revision: what watchers are told of one that was deleted, or has left their selection. */
export function atRevision(record: StoredRecord, revision: Revision): StoredRecord {
  const { key, value, index, revisionAt } = record
  if (revisionAt === 0) return { ...record, revision }
  const start = revisionAt + revisionMember.length
  const rest = start + String(record.revision).length
  const digits = String(revision)
  const changed = Buffer.allocUnsafe(value.length - (rest - start) + digits.length)
  value.copy(changed, 0, 0, start)
  changed.write(digits, start, 'latin1')
  value.copy(changed, start + digits.length, rest)
  return { key, revision, value: changed, index, revisionAt }
}
