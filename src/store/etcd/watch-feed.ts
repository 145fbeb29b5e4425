import type { Revision } from '../store.js'
import type { EtcdClient, WatchStream } from './client.js'
import type { WatchEvent, WatchResponse } from './messages.js'

export interface FeedSink {
  /** Everything that happened at a revision, or at several, in order and without a gap. */
  events(events: readonly WatchEvent[], revision: Revision): void
  /** What comes next is not known any more: `start` again from a revision that is. */
  compacted(): void
}

/** Between two attempts to connect. */
const pauseMs = [0, 100, 200, 500, 1_000]
const progressMs = 500

/**
 * etcd's changes from a revision on, whatever becomes of connections and endpoints: a broken stream goes on behind the last
 * revision that was told whole.
 *
 * All keys of etcd are watched, not only ours: every revision then comes with an event, and a reader that waits for one gets
 * it at once. Old servers (3.4) tell progress that is ahead of events. Where we may see our own keys only, progress is
 * all there is, and is asked for.
 */
export class WatchFeed {
  readonly #client: EtcdClient
  readonly #ownRange: { readonly key: string; readonly rangeEnd: string }
  readonly #sink: FeedSink
  #stream: WatchStream | undefined
  #failed: () => void = () => {}
  #position: Revision = 0
  #fragments: WatchEvent[] = []
  #attempts = 0
  #timer: NodeJS.Timeout | undefined
  #progress: NodeJS.Timeout | undefined
  #ownOnly = false
  #closed = false

  constructor(client: EtcdClient, ownRange: { readonly key: string; readonly rangeEnd: string }, sink: FeedSink) {
    this.#client = client
    this.#ownRange = ownRange
    this.#sink = sink
  }

  /** Tells what happened after `position`, at least 1. */
  start(position: Revision): void {
    this.#position = position
    this.#connect()
  }

  /** Somebody waits too long for what the stream should have brought: perhaps nobody is at its other end. */
  doubt(): void {
    if (this.#stream === undefined) return
    this.#failed()
    this.#reconnect()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#drop()
  }

  #connect(): void {
    if (this.#closed) return
    this.#drop()
    const mine = (): boolean => this.#stream === stream
    const { stream, failed } = this.#client.watch({
      message: (response) => {
        if (mine()) this.#take(response)
      },
      ended: () => {
        if (!mine()) return
        failed()
        this.#reconnect()
      },
    })
    this.#stream = stream
    this.#failed = failed
    this.#fragments = []
    const range = this.#ownOnly ? this.#ownRange : { key: '\0', rangeEnd: '\0' }
    // Not behind it: when etcd is compacted at the very revision that a watch begins with, a deletion at that one is gone
    // and nobody is told (etcd issue 18089). From here etcd says that it has forgotten. What is told twice is dropped.
    stream.write({ create: { ...range, startRevision: this.#position, progressNotify: true, fragment: true } })
    if (!this.#ownOnly) return
    this.#progress = setInterval(() => stream.write({ progress: {} }), progressMs)
    this.#progress.unref()
  }

  #take(response: WatchResponse): void {
    if (response.canceled) {
      const { compactRevision = 0, cancelReason = '' } = response
      if (compactRevision > 0) {
        this.#drop()
        this.#sink.compacted()
        return
      }
      if (/permission denied/i.test(cancelReason)) this.#ownOnly = true
      this.#reconnect()
      return
    }
    if (response.created) this.#attempts = 0
    const { events, fragment = false } = response
    if (fragment || this.#fragments.length > 0) {
      this.#fragments.push(...events)
      if (fragment) return
      this.#tell(this.#fragments)
      this.#fragments = []
    } else if (events.length > 0) this.#tell(events)
    else if (this.#ownOnly && !response.created) this.#reached(response.header?.revision ?? 0)
  }

  #tell(events: readonly WatchEvent[]): void {
    const revision = events.at(-1)!.kv.modRevision ?? 0
    const fresh = events[0]!.kv.modRevision! > this.#position
    const told = fresh ? events : events.filter(({ kv }) => kv.modRevision! > this.#position)
    if (told.length === 0) return
    this.#position = revision
    this.#sink.events(told, revision)
  }

  #reached(revision: Revision): void {
    if (revision <= this.#position) return
    this.#position = revision
    this.#sink.events([], revision)
  }

  #reconnect(): void {
    this.#drop()
    if (this.#closed) return
    const pause = pauseMs[Math.min(this.#attempts++, pauseMs.length - 1)]!
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connect(), pause)
  }

  #drop(): void {
    clearInterval(this.#progress)
    const stream = this.#stream
    this.#stream = undefined
    stream?.cancel()
  }
}
