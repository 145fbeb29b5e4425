import type { Change, Revision, StoredRecord } from '../store/index.js'
import { BookmarkEvent, type SharedChange, type WatchEvent } from './watch-event.js'

/** Why a watcher ended by itself. overflow: it read too slowly. lost: its place in the history is gone (Compacted). */
export type WatchEnd = 'overflow' | 'lost' | 'closed'

export interface WatchSink {
  /**
   * Events in order, as many as there are: one call for all commits of a turn. The array may be shared, do not change it.
   * Not called before `watch` has returned. Must not throw.
   *
   * @returns false: no more until `resume()`
   */
  events(events: readonly WatchEvent[]): boolean
  /** No more events will come. Not called after `close()`. */
  ended(why: WatchEnd): void
}

export interface WatchRequest {
  /** The stream of changes, as in Store.changes: `/registry/pods/`. */
  readonly prefix: string
  /** Only keys directly under this, which ends in "/" and begins with `prefix`: one namespace. */
  readonly within?: string
  /** Only this key. */
  readonly key?: string
  /** Events above this revision: first those that have happened, then live. */
  readonly after: Revision
  /** Only objects that pass. Called for the value before a change and the one after it. Must not throw. */
  readonly matches?: (record: StoredRecord) => boolean
  /** Tell from time to time how far the watcher has come. */
  readonly bookmarks?: boolean
}

export interface Watch {
  /** The sink has room again. */
  resume(): void
  /** A bookmark behind all that has happened by now: the end of the initial events. */
  bookmark(): void
  /** A plain bookmark of how far it has come. None while it reads history or has no room: it would be told late. */
  progress(): void
  close(): void
}

export interface QueueLimits {
  readonly events: number
  readonly bytes: number
}

/** What a watcher asks of the stream it belongs to. */
export interface Stream {
  readonly limits: QueueLimits
  /** Watcher wants its next slice of history. */
  replay(watcher: Watcher): void
  leave(watcher: Watcher): void
  /** Tells it how far it has come, if it can hear that now. */
  tellBookmark(watcher: Watcher): void
  /** Hands out what has not been yet. @returns the newest revision, up to which everything has been told now */
  deliver(): Revision
}

const nothing: readonly WatchEvent[] = []

/** One watcher: where it stands, and what waits while its sink is full. */
export class Watcher implements Watch {
  readonly prefix: string
  readonly within: string | undefined
  readonly key: string | undefined
  readonly matches: ((record: StoredRecord) => boolean) | undefined
  readonly bookmarks: boolean
  /** Everything up to here has been handed over or queued. */
  position: Revision
  /** Reading history: set until it has caught up. */
  history: Iterator<readonly Change[]> | undefined
  /** Slot of the bookmark timer. */
  slot = -1
  full = false
  isEnded = false
  #owesBookmark = false
  #queue: readonly WatchEvent[] = nothing
  #queuedBytes = 0
  readonly #stream: Stream
  readonly #sink: WatchSink

  constructor(request: WatchRequest, sink: WatchSink, stream: Stream) {
    this.prefix = request.prefix
    this.within = request.within
    this.key = request.key
    this.matches = request.matches
    this.bookmarks = request.bookmarks ?? false
    this.position = request.after
    this.#sink = sink
    this.#stream = stream
  }

  /** Hands events over, or queues them: what does not fit cuts the watcher off. */
  tell(events: readonly WatchEvent[]): void {
    if (this.isEnded || events.length === 0) return
    if (!this.full) {
      this.full = !this.#sink.events(events)
      return
    }
    const queue = this.#queue as WatchEvent[]
    for (const event of events) this.#queuedBytes += event.type === 'BOOKMARK' ? 0 : event.record.value.length
    const { limits } = this.#stream
    if (queue.length + events.length > limits.events || this.#queuedBytes > limits.bytes) this.end('overflow')
    else if (queue.length === 0) this.#queue = [...events]
    else for (const event of events) queue.push(event)
  }

  /** The events of `changes` above its position that this watcher selects. */
  select(changes: readonly SharedChange[]): WatchEvent[] {
    const events: WatchEvent[] = []
    for (const change of changes) {
      if (change.revision <= this.position || !this.#covers(change.key)) continue
      const event = this.matches === undefined ? change.event : change.eventFor(this.matches)
      if (event !== undefined) events.push(event)
    }
    return events
  }

  resume(): void {
    if (!this.full || this.isEnded) return
    this.full = false
    const queue = this.#queue
    this.#queue = nothing
    this.#queuedBytes = 0
    if (queue.length > 0) this.full = !this.#sink.events(queue)
    if (!this.full && this.history !== undefined) this.#stream.replay(this)
  }

  bookmark(): void {
    // Not at once: within a publication the store's revision is ahead of what its listeners have heard.
    queueMicrotask(() => {
      if (this.isEnded) return
      if (this.history !== undefined) this.#owesBookmark = true
      else this.tell([new BookmarkEvent(Math.max(this.#stream.deliver(), this.position), true)])
    })
  }

  progress(): void {
    if (!this.isEnded) this.#stream.tellBookmark(this)
  }

  /** History is read: what comes next is live. */
  caughtUp(): void {
    this.history = undefined
    if (!this.#owesBookmark) return
    this.#owesBookmark = false
    this.tell([new BookmarkEvent(this.position, true)])
  }

  end(why: WatchEnd): void {
    if (this.isEnded) return
    this.close()
    this.#sink.ended(why)
  }

  close(): void {
    if (this.isEnded) return
    this.isEnded = true
    this.#queue = nothing
    this.history?.return?.()
    this.history = undefined
    this.#stream.leave(this)
  }

  #covers(key: string): boolean {
    if (this.key !== undefined) return key === this.key
    return this.within === undefined || parentOf(key) === this.within
  }
}

/** `/registry/pods/default/` of `/registry/pods/default/a`. */
export const parentOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1)
