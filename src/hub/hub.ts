import { type Clock, type Store, systemClock } from '../store/index.js'
import { Bookmarks } from './bookmarks.js'
import { Replays } from './replays.js'
import { StreamHub } from './stream-hub.js'
import { type QueueLimits, type Watch, Watcher, type WatchRequest, type WatchSink } from './watcher.js'

export interface HubOptions {
  /** What waits for a watcher whose sink is full; above either bound the watcher is ended. Default: 1,000 events, 8 MiB of values. */
  readonly queue?: QueueLimits
  /** Time between two bookmarks of a watcher, in milliseconds. The first comes within it, at random. Default: 60,000. */
  readonly bookmarkIntervalMs?: number
  /** Where some prefixes lie that are not in the store itself. Default: none. */
  readonly others?: ReadonlyMap<string, Store>
  readonly clock?: Clock
  /** 0 inclusive to 1 exclusive. Default: Math.random. */
  readonly random?: () => number
}

const defaults = {
  queue: { events: 1_000, bytes: 8 << 20 },
  bookmarkIntervalMs: 60_000,
  others: new Map<string, Store>(),
  clock: systemClock,
  random: Math.random,
}

/** Brings the commits of a store to watchers. One for each store. */
export class Hub {
  readonly #store: Store
  readonly #others: ReadonlyMap<string, Store>
  readonly #limits: QueueLimits
  readonly #replays = new Replays()
  readonly #bookmarks: Bookmarks
  readonly #streams = new Map<string, StreamHub>()

  constructor(store: Store, options: HubOptions = {}) {
    const { queue, bookmarkIntervalMs, clock, random, others } = { ...defaults, ...options }
    this.#store = store
    this.#others = others
    this.#limits = queue
    this.#bookmarks = new Bookmarks(clock, bookmarkIntervalMs, random, (watchers) => {
      for (const watcher of watchers) this.#streams.get(watcher.prefix)?.tellBookmark(watcher)
    })
  }

  /** How many watchers there are. */
  get size(): number {
    let size = 0
    for (const stream of this.#streams.values()) size += stream.watchers.size
    return size
  }

  /** @throws StoreError Compacted if `after` is below the horizon */
  watch(request: WatchRequest, sink: WatchSink): Watch {
    const { prefix } = request
    const stream = this.#streams.get(prefix) ?? this.#open(prefix)
    const watcher = new Watcher(request, sink, stream)
    try {
      stream.add(watcher)
    } catch (error) {
      this.#dropIfIdle(prefix)
      throw error
    }
    if (watcher.bookmarks) this.#bookmarks.add(watcher)
    return watcher
  }

  /** Ends all watchers. */
  close(): void {
    for (const stream of this.#streams.values()) {
      for (const watcher of stream.watchers) watcher.end('closed')
    }
  }

  #open(prefix: string): StreamHub {
    const left = (watcher: Watcher): void => {
      this.#bookmarks.delete(watcher)
      this.#dropIfIdle(prefix)
    }
    const store = this.#others.get(prefix) ?? this.#store
    const stream = new StreamHub(prefix, store, this.#limits, this.#replays, left)
    this.#streams.set(prefix, stream)
    return stream
  }

  #dropIfIdle(prefix: string): void {
    const stream = this.#streams.get(prefix)
    if (stream === undefined || stream.watchers.size > 0) return
    stream.close()
    this.#streams.delete(prefix)
  }
}
