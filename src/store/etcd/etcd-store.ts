import { type Clock, systemClock } from '../clock.js'
import { StoreError } from '../errors.js'
import { isStorableKey } from '../lmdb/keys.js'
import type { Replica } from '../replica/replica.js'
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
import type { EtcdClient } from './client.js'
import { Compactor } from './compactor.js'
import { Convoy } from './convoy.js'
import type { Follower } from './follower.js'
import { Freshness } from './freshness.js'
import { Gate } from './gate.js'
import { Leases } from './leases.js'
import { type Compare, compareTarget, type RequestOp, type TxnResponse } from './messages.js'
import type { EtcdObserver } from './observer.js'
import { isLeaseGone, requestErrorOf, storeErrorOf } from './rpc-error.js'
import type { StoredValues } from './stored-values.js'

/** Operations of one transaction that etcd takes by default. */
const mostOperations = 128
/** Writes on their way. etcd refuses what comes when it is 5,000 behind. */
const mostWrites = 512
/**
 * Commits that leave together, and how long the first of them waits while others come, in milliseconds. etcd puts what reaches
 * it at once into its log at once: under load 24 transactions together cost it two thirds to four fifths of what they cost in
 * groups of six, and time here as well. More save little.
 */
const mostCommits = 24
const mostCommitMs = 10

export interface EtcdStoreSettings {
  readonly compactionIntervalMs: number
  readonly leaseReuseSeconds: number
  /** How long a commit or a fresh read waits for the replica. */
  readonly patienceMs: number
  readonly clock: Clock
  /** How often the size of the database is asked for; 0: never. */
  readonly sizeIntervalMs: number
  readonly observer: EtcdObserver | undefined
}

/**
 * A store in etcd. What is read comes from a replica on this machine, at once; what is written goes to etcd, and is answered
 * when it has come back.
 */
export class EtcdStore implements Store {
  readonly #client: EtcdClient
  readonly #replica: Replica
  readonly #follower: Follower
  readonly #values: StoredValues
  readonly #settings: EtcdStoreSettings
  readonly #leases: Leases
  readonly #freshness: Freshness
  readonly #compactor: Compactor | undefined
  readonly #timers: (() => void)[] = []
  readonly #running = new Set<Promise<unknown>>()
  readonly #gate = new Gate(mostWrites)
  readonly #convoy = new Convoy(mostCommits, mostCommitMs)
  #closing: Promise<void> | undefined

  constructor(
    client: EtcdClient,
    replica: Replica,
    follower: Follower,
    values: StoredValues,
    settings: EtcdStoreSettings = {
      compactionIntervalMs: 300_000,
      leaseReuseSeconds: 60,
      patienceMs: 10_000,
      clock: systemClock,
      sizeIntervalMs: 0,
      observer: undefined,
    },
  ) {
    this.#client = client
    this.#replica = replica
    this.#follower = follower
    this.#values = values
    this.#settings = settings
    const { clock, compactionIntervalMs, leaseReuseSeconds } = settings
    this.#leases = new Leases(client, leaseReuseSeconds, clock.now, settings.observer)
    this.#freshness = new Freshness(() => this.#ask())
    const { sizeIntervalMs, observer } = settings
    if (sizeIntervalMs > 0 && observer !== undefined) {
      const ask = (): void => {
        // etcd away: the next time tells.
        this.size().then(
          (bytes) => observer.size(bytes),
          () => undefined,
        )
      }
      ask()
      this.#timers.push(clock.every(sizeIntervalMs, ask))
    }
    if (compactionIntervalMs > 0) {
      this.#compactor = new Compactor(client, clock, compactionIntervalMs)
      let seen = this.revision
      const forget = (): void => {
        const before = seen
        seen = this.revision
        // Closing.
        this.#replica.compact(before).catch(() => undefined)
      }
      this.#timers.push(clock.every(compactionIntervalMs, forget))
    }
  }

  get revision(): Revision {
    return this.#replica.reader.revision
  }

  get compacted(): Revision {
    return this.#replica.reader.compacted
  }

  fresh(mayWaitMs?: number): Promise<void> {
    return this.#freshness.fresh(mayWaitMs)
  }

  /** Whether etcd answers; for health checks. Rejects with StoreError. */
  async probe(timeoutMs: number): Promise<void> {
    this.#replica.reader.checkOpen()
    try {
      await this.#client.range({ key: this.#values.etcdKey('/registry/health') }, { timeoutMs })
    } catch (error) {
      const { code, message } = storeErrorOf(error)
      throw new StoreError(code, `error getting data from etcd: ${message}`, { cause: error })
    }
  }

  /** Bytes of etcd's database. Rejects with StoreError. */
  async size(): Promise<number> {
    try {
      return (await this.#client.status()).dbSize ?? 0
    } catch (error) {
      throw storeErrorOf(error)
    }
  }

  /** Tries again what could not be read. Rejects if etcd cannot be reached. */
  readAgain(): Promise<void> {
    return this.#follower.readAgain()
  }

  get(key: string, at?: Revision): StoredRecord | undefined {
    return this.#replica.reader.get(key, at)
  }

  scan(range: KeyRange, options?: ScanOptions): Iterable<StoredRecord> {
    return this.#replica.scans.scan(range, options)
  }

  walk(range: KeyRange, options?: ScanOptions): Walk {
    return this.#replica.scans.walk(range, options)
  }

  count(range: KeyRange): number {
    return this.#replica.counts.count(range)
  }

  commit(writes: readonly Write[], signal?: AbortSignal): Promise<CommitResult> {
    const commit = this.#commit(writes, signal)
    this.#running.add(commit)
    const done = (): boolean => this.#running.delete(commit)
    commit.then(done, done)
    return commit
  }

  changes(prefix: string, after: Revision, listener: ChangeListener): Subscription {
    return this.#replica.subscriptions.add(prefix, after, listener)
  }

  replay(prefix: string, after: Revision): Iterable<readonly Change[]> {
    return this.#replica.subscriptions.replay(prefix, after)
  }

  async compact(before: Revision): Promise<void> {
    this.#replica.reader.checkOpen()
    if (before > this.revision)
      throw new StoreError('FutureRevision', `cannot compact to ${before}, the newest revision is ${this.revision}`)
    if (before > this.compacted) {
      await this.#client.compact({ revision: before }).catch((error: unknown) => {
        const failure = storeErrorOf(error)
        if (failure.code !== 'Compacted') throw failure
      })
    }
    await this.#replica.compact(before)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#compactor?.close()
    for (const stop of this.#timers) stop()
    await Promise.allSettled(this.#running)
    await this.#follower.close()
    this.#client.close()
    await this.#replica.close()
  }

  async #commit(writes: readonly Write[], signal: AbortSignal | undefined): Promise<CommitResult> {
    if (this.#closing !== undefined) throw new StoreError('Closed', 'the store is closed')
    signal?.throwIfAborted()
    check(writes)
    if (writes.length === 0) return { kind: 'committed', revision: this.revision }
    const sealable = this.#values.prepare(writes)
    if (sealable !== undefined) await sealable
    const begun = performance.now()
    let failed = true
    const pending = writes.map((write) =>
      write.value === undefined ? undefined : this.#values.seal(write, write.value),
    )
    try {
      const response = await this.#transact(writes, pending, signal)
      failed = false
      const revision = response.header?.revision ?? 0
      await this.#arrive(revision)
      if (response.succeeded) return { kind: 'committed', revision: Math.max(revision, 1) }
      return conflictOf(writes, response)
    } catch (error) {
      throw signal?.aborted ? signal.reason : requestErrorOf(error)
    } finally {
      for (const own of pending) own?.done()
      const { prefix, expect, value } = writes[0]!
      const operation = value === undefined ? 'delete' : expect === 0 ? 'create' : 'update'
      this.#settings.observer?.request(operation, prefix, (performance.now() - begun) / 1000, failed)
    }
  }

  async #transact(
    writes: readonly Write[],
    pending: readonly ({ readonly bytes: Buffer } | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<TxnResponse> {
    for (let attempt = 1; ; attempt++) {
      const leases = writes.some(expires) ? await this.#leasesOf(writes, signal) : undefined
      const compare: Compare[] = []
      const success: RequestOp[] = []
      const failure: RequestOp[] = []
      for (const [i, write] of writes.entries()) {
        const key = this.#values.etcdKey(write.key)
        compare.push({ target: compareTarget.modRevision, key, modRevision: write.expect })
        failure.push({ range: { key, keysOnly: true } })
        const own = pending[i]
        if (own !== undefined) success.push({ put: { key, value: own.bytes, lease: leases?.[i] ?? 0 } })
        // Nothing there, nothing expected: nothing to do.
        else if (write.expect > 0) success.push({ deleteRange: { key } })
      }
      try {
        const turn = this.#gate.enter()
        if (turn !== undefined) await turn
        try {
          await this.#convoy.join()
          return await this.#client.txn({ compare, success, failure }, { signal })
        } finally {
          this.#gate.leave()
        }
      } catch (error) {
        if (attempt > 1 || !isLeaseGone(error)) throw error
        this.#leases.forget()
      }
    }
  }

  #leasesOf(writes: readonly Write[], signal: AbortSignal | undefined): Promise<number[]> {
    return Promise.all(
      writes.map(async ({ ttlSeconds }) => (ttlSeconds === undefined ? 0 : this.#leases.get(ttlSeconds, signal))),
    )
  }

  async #ask(): Promise<void> {
    this.#replica.reader.checkOpen()
    let revision: Revision
    const begun = performance.now()
    let failed = true
    try {
      const answer = await this.#client.range({ key: this.#values.etcdKey('/registry/health'), keysOnly: true })
      revision = answer.header?.revision ?? 0
      failed = false
    } catch (error) {
      throw requestErrorOf(error)
    } finally {
      this.#settings.observer?.request('get', '', (performance.now() - begun) / 1000, failed)
    }
    if (!(await this.#arrive(revision))) throw new StoreError('Timeout', 'context deadline exceeded')
    this.#replica.reader.checkOpen()
  }

  /** Waits until the replica stands at `revision`; at once true if it does. */
  #arrive(revision: Revision): boolean | Promise<boolean> {
    return this.#follower.arrivals.wait(revision, this.#settings.patienceMs)
  }
}

const expires = ({ ttlSeconds }: Write): boolean => ttlSeconds !== undefined

function check(writes: readonly Write[]): void {
  if (writes.length > mostOperations) throw new StoreError('Backend', 'etcdserver: too many operations in txn request')
  for (const { key, prefix } of writes) {
    if (!key.startsWith(prefix) || !prefix.endsWith('/'))
      throw new RangeError(`key ${key} does not lie under ${prefix}`)
    if (!isStorableKey(key)) throw new RangeError('key too long, or with NUL')
  }
}

/** The first write whose expectation has failed. */
function conflictOf(writes: readonly Write[], { responses }: TxnResponse): CommitResult {
  for (const [i, { key, expect }] of writes.entries()) {
    const revision = responses[i]?.range?.kvs[0]?.modRevision ?? 0
    if (revision !== expect) return { kind: 'conflict', key, revision }
  }
  throw new StoreError('Backend', 'etcd refused a transaction whose conditions hold')
}
