import { setImmediate as turn } from 'node:timers/promises'
import { StoreError } from '../errors.js'
import { compareKeys } from '../lmdb/keys.js'
import type { Replica, ReplicaCommit, ReplicaValue, ReplicaWrite } from '../replica/replica.js'
import type { Revision } from '../store.js'
import { streamOf } from '../streams.js'
import type { EtcdClient } from './client.js'
import { compactRevisionKey } from './compactor.js'
import { Arrivals } from './freshness.js'
import type { KeyValue, RangeResponse, WatchEvent } from './messages.js'
import type { EtcdObserver } from './observer.js'
import { isCompacted } from './rpc-error.js'
import type { StoredValues } from './stored-values.js'
import { Unreadable } from './unreadable.js'
import { WatchFeed } from './watch-feed.js'

const pageKeys = 500
/** What is read and written before others get a turn. */
const sliceKeys = 64
/** So much of the past is taken over at start, for watchers and lists that come back to a server that was restarted. */
const historyRevisions = 2_000

interface Arrived {
  readonly events: readonly WatchEvent[]
  readonly revision: Revision
}

/**
 * Keeps a replica where etcd is: a list in pages at one revision first, then its changes. If etcd has forgotten what comes
 * next, everything is listed again and the difference is told as changes.
 */
export class Follower {
  readonly arrivals = new Arrivals(() => this.#doubt())
  readonly #client: EtcdClient
  readonly #replica: Replica
  readonly #values: StoredValues
  readonly #feed: WatchFeed
  readonly #observer: EtcdObserver | undefined
  readonly #stop = new AbortController()
  #queue: Arrived[] = []
  #pumping: Promise<void> | undefined
  #scheduled = false
  #listing: Promise<void> | undefined
  readonly #unreadable = new Unreadable((key) => this.#readAgain(key))

  constructor(client: EtcdClient, replica: Replica, values: StoredValues, observer?: EtcdObserver) {
    this.#observer = observer
    this.#client = client
    this.#replica = replica
    this.#values = values
    this.#feed = new WatchFeed(client, values.range, {
      events: (events, revision) => {
        if (events.length === 0) this.#observer?.progress()
        this.#queue.push({ events, revision })
        this.#schedule()
      },
      compacted: () => {
        this.#listing = this.#listAgain().catch(() => {})
      },
    })
  }

  /** Fills the replica, and resolves when it stands where etcd stood at the call. Rejects as the client does. */
  async open(): Promise<void> {
    const { header, kvs } = await this.#client.range({ key: compactRevisionKey })
    const newest = header?.revision ?? 1
    const compacted = Number(kvs[0]?.value?.toString() ?? '0') || 0
    const from = Math.max(compacted, newest - historyRevisions, 1)
    try {
      await this.#fill(from)
    } catch (error) {
      if (!isCompacted(error)) throw error
      await this.#fill(newest)
    }
    this.arrivals.reached(this.#replica.reader.revision)
    this.#feed.start(this.#replica.reader.revision)
    if ((await this.arrivals.wait(newest, 30_000)) !== true)
      throw new StoreError('Timeout', 'context deadline exceeded')
  }

  /** Tries again what could not be read. What can be read now is there, untold. Rejects if etcd cannot be reached. */
  readAgain(): Promise<void> {
    return this.#unreadable.tryAll()
  }

  /** @returns whether the value can be read now */
  async #readAgain(key: string): Promise<boolean> {
    const { kvs } = await this.#client.range({ key: this.#values.etcdKey(key) }, { signal: this.#stop.signal })
    await this.#ready(kvs)
    const found = kvs[0]
    if (this.#stop.signal.aborted) return false
    const known = this.#replica.reader.get(key)
    if (known === undefined) {
      this.#unreadable.delete(key)
      return false
    }
    // Otherwise the change comes by itself.
    if (found?.modRevision !== known.revision) return false
    const value = this.#open(streamOf(key), key, found)
    if ('unreadable' in value) return false
    this.#replica.mend(key, known.revision, value)
    return true
  }

  /** The stream has not brought what somebody waits for. */
  #doubt(): void {
    if (this.#queue.length === 0 && this.#pumping === undefined && this.#listing === undefined) this.#feed.doubt()
  }

  async close(): Promise<void> {
    this.#stop.abort(new StoreError('Closed', 'the store is closed'))
    this.#feed.close()
    this.#queue = []
    await this.#listing
    await this.#pumping
    // Last: what was under way may have met more of them.
    this.#unreadable.close()
    this.arrivals.end()
  }

  async #fill(at: Revision): Promise<void> {
    const revision = await this.#list(at, async (kvs) => {
      for (let i = 0; i < kvs.length; i += sliceKeys) {
        const slice = kvs.slice(i, i + sliceKeys)
        await this.#ready(slice)
        this.#replica.fill(slice.flatMap((kv) => this.#filled(kv)))
        await turn()
      }
    })
    this.#replica.start(revision)
  }

  #open(prefix: string, key: string, { value = nothing }: KeyValue): ReplicaValue {
    const opened = this.#values.open(prefix, key, value)
    if ('unreadable' in opened) this.#unreadable.add(key)
    else if (this.#unreadable.size > 0) this.#unreadable.delete(key)
    return opened
  }

  #filled(kv: KeyValue) {
    const key = this.#values.storeKey(kv.key.toString())
    if (key === undefined) return []
    const value = this.#open(streamOf(key), key, kv)
    return [{ key, revision: kv.modRevision ?? 0, value }]
  }

  /** All our keys as of one revision. @returns that revision */
  async #list(at: Revision, page: (kvs: readonly KeyValue[]) => Promise<void>): Promise<Revision> {
    const { key, rangeEnd } = this.#values.range
    let start: Buffer = Buffer.from(key)
    let revision = at
    for (;;) {
      const response: RangeResponse = await this.#client.range(
        { key: start, rangeEnd, limit: pageKeys, revision },
        { signal: this.#stop.signal },
      )
      // At 0, the first answer says what is the newest.
      if (revision === 0) revision = response.header?.revision ?? 0
      await page(response.kvs)
      const last = response.kvs.at(-1)
      if (!response.more || last === undefined) return revision
      start = Buffer.concat([last.key, Buffer.from([0])])
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#pumping !== undefined) return
    this.#scheduled = true
    // What arrives in one turn is one transaction.
    setImmediate(() => {
      this.#scheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#stop.signal.aborted || this.#queue.length === 0) return
    const { slice, revision } = this.#take()
    const ready = this.#ready(slice.map(({ kv }) => kv))
    const apply = (): void => {
      if (this.#stop.signal.aborted) return
      this.#replica.apply(this.#commits(slice), revision)
      this.arrivals.reached(revision)
      if (this.#queue.length > 0) this.#schedule()
    }
    if (ready === undefined) {
      apply()
      return
    }
    this.#pumping = ready.then(() => {
      this.#pumping = undefined
      apply()
    })
  }

  /** From the queue's head, whole revisions: about a slice of events. */
  #take(): { slice: WatchEvent[]; revision: Revision } {
    const slice: WatchEvent[] = []
    let taken = 0
    let revision = 0
    while (taken < this.#queue.length && slice.length < sliceKeys) {
      const arrived = this.#queue[taken]!
      const { events } = arrived
      let end = Math.min(events.length, sliceKeys - slice.length)
      while (end < events.length && events[end]!.kv.modRevision === events[end - 1]!.kv.modRevision) end++
      for (let i = 0; i < end; i++) slice.push(events[i]!)
      if (end < events.length) {
        this.#queue[taken] = { events: events.slice(end), revision: arrived.revision }
        revision = slice.at(-1)!.kv.modRevision ?? 0
        break
      }
      revision = arrived.revision
      taken++
    }
    this.#queue.splice(0, taken)
    return { slice, revision }
  }

  #commits(events: readonly WatchEvent[]): ReplicaCommit[] {
    const commits: { revision: Revision; writes: ReplicaWrite[] }[] = []
    for (const { type, kv } of events) {
      const key = this.#values.storeKey(kv.key.toString())
      if (key === undefined) continue
      const revision = kv.modRevision ?? 0
      const prefix = streamOf(key)
      this.#observer?.event(prefix)
      const value = type === 1 ? undefined : this.#open(prefix, key, kv)
      const last = commits.at(-1)
      if (last?.revision === revision) last.writes.push({ prefix, key, value })
      else commits.push({ revision, writes: [{ prefix, key, value }] })
    }
    return commits
  }

  /** Keys that values are encrypted with and that have to be fetched first. */
  #ready(kvs: readonly KeyValue[]): Promise<void> | undefined {
    let waiting: Promise<unknown>[] | undefined
    for (const kv of kvs) {
      const ready = kv.value && this.#values.ready(kv.key.toString(), kv.value)
      if (ready !== undefined) waiting = [...(waiting ?? []), ready]
    }
    // Whose key cannot be had is unreadable, and says so when it is opened.
    return waiting && Promise.allSettled(waiting).then(() => undefined)
  }

  async #listAgain(): Promise<void> {
    for (;;) {
      try {
        await this.#compareAll()
        return
      } catch (error) {
        if (this.#stop.signal.aborted) return
        // etcd away, or compacted once more while it was listed.
        if (!isCompacted(error)) await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
  }

  async #compareAll(): Promise<void> {
    // What has arrived before the gap comes first.
    while (this.#queue.length > 0 || this.#pumping !== undefined) {
      await turn()
      if (this.#stop.signal.aborted) return
    }
    const { reader, scans } = this.#replica
    const known = reader.revision
    const ours = scans.scan({ start: '/registry/', end: '/registry0' })[Symbol.iterator]()
    const changed: KeyValue[] = []
    const gone: string[] = []
    let step = ours.next()
    const revision = await this.#list(0, async (kvs) => {
      for (const kv of kvs) {
        const key = this.#values.storeKey(kv.key.toString())!
        while (!step.done && compareKeys(step.value.key, key) < 0) {
          gone.push(step.value.key)
          step = ours.next()
        }
        const same = !step.done && step.value.key === key
        if (same && step.value!.revision === kv.modRevision) {
          step = ours.next()
          continue
        }
        changed.push(kv)
        if (same) step = ours.next()
      }
      await this.#ready(kvs)
    })
    for (; !step.done; step = ours.next()) gone.push(step.value.key)
    this.#replica.apply(this.#difference(changed, gone, known, revision), revision, revision)
    this.arrivals.reached(revision)
    this.#listing = undefined
    this.#feed.start(revision)
  }

  /** As commits in order of revision: what was there before and is another object now has been deleted between. */
  #difference(changed: readonly KeyValue[], gone: readonly string[], known: Revision, now: Revision): ReplicaCommit[] {
    const byRevision = new Map<Revision, ReplicaWrite[]>()
    const add = (revision: Revision, write: ReplicaWrite): void => {
      const writes = byRevision.get(revision)
      if (writes === undefined) byRevision.set(revision, [write])
      else writes.push(write)
    }
    for (const kv of changed) {
      const key = this.#values.storeKey(kv.key.toString())!
      const prefix = streamOf(key)
      const { createRevision = 0, modRevision = 0 } = kv
      const replaced = createRevision > known + 1 && this.#replica.reader.get(key) !== undefined
      if (replaced) add(createRevision - 1, { prefix, key, value: undefined })
      add(modRevision, { prefix, key, value: this.#open(prefix, key, kv) })
    }
    for (const key of gone) add(now, { prefix: streamOf(key), key, value: undefined })
    return [...byRevision].sort(([a], [b]) => a - b).map(([revision, writes]) => ({ revision, writes }))
  }
}

const nothing = Buffer.alloc(0)
