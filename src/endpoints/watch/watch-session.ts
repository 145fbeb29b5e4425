import { ApiError, internalError } from '../../api/index.js'
import type { RequestContext, ResponseStream } from '../../http/index.js'
import type { Watch, WatchEvent, WatchRequest, WatchSink } from '../../hub/index.js'
import type { StoredRecord } from '../../store/index.js'
import type { EndpointEnvironment } from '../scope.js'
import type { Framer } from './frames.js'

/**
 * A bookmark comes so long before a watch's time is over: who watches again begins at about now. Source: apiserver
 * pkg/storage/cacher/cache_watcher.go.
 */
const lastBookmarkMs = 2000

type Matches = (record: StoredRecord) => boolean

/** No timer holds the process; a timeout beyond what timers can do never comes. */
const after = (milliseconds: number, then: () => void): NodeJS.Timeout =>
  setTimeout(then, Math.min(milliseconds, 2 ** 31 - 1)).unref()

/** One watcher's connection: events in, frames out, ended by time, by the client, by the server or by being too slow. */
export class WatchSession implements WatchSink {
  readonly #stream: ResponseStream
  readonly #framer: Framer
  readonly #environment: EndpointEnvironment
  readonly #count: ((events: number) => void) | undefined
  #watch: Watch | undefined
  #timer: NodeJS.Timeout | undefined
  #isOver = false
  #late: Matches | undefined

  constructor(context: RequestContext, stream: ResponseStream, framer: Framer, environment: EndpointEnvironment) {
    this.#stream = stream
    this.#framer = framer
    this.#environment = environment
    this.#count = environment.watching?.(context)
    environment.watches.add(this)
    context.exchange.onDone(() => this.end())
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /**
   * Throws what the hub throws.
   * @param late objects can be selected only when somebody else has converted them
   */
  follow({ matches, ...request }: WatchRequest, late: boolean, endInitial: boolean, timeoutMs: number): void {
    if (this.#isOver) return
    if (late) this.#late = matches
    const selects = late || matches === undefined ? {} : { matches }
    this.#watch = this.#environment.hub.watch({ ...request, ...selects }, this)
    if (endInitial) this.#watch.bookmark()
    if (request.bookmarks !== true || timeoutMs <= lastBookmarkMs) this.#endAfter(timeoutMs)
    else
      this.#timer = after(timeoutMs - lastBookmarkMs, () => {
        this.#watch?.progress()
        this.#endAfter(lastBookmarkMs)
      })
  }

  #endAfter(timeoutMs: number): void {
    if (!this.#isOver) this.#timer = after(timeoutMs, () => this.end())
  }

  events(events: readonly WatchEvent[]): boolean {
    if (this.#isOver) return true
    if (this.#framer.isMute) {
      this.end()
      return true
    }
    const waiting = this.#late === undefined ? this.#ready(events) : this.#selecting(events, this.#late)
    if (waiting !== undefined) {
      void this.#writeLater(events, waiting)
      return false
    }
    const ready = this.#write(events)
    if (!ready) void this.#stream.drained().then(() => this.#watch?.resume())
    return ready
  }

  #write(events: readonly WatchEvent[]): boolean {
    this.#count?.(events.length)
    return this.#stream.write(this.#framer.frames(events))
  }

  #ready(events: readonly WatchEvent[]): Promise<void> | undefined {
    return this.#framer.ready?.(events.flatMap((event) => (event.type === 'BOOKMARK' ? [] : [event.record])))
  }

  async #selecting(events: readonly WatchEvent[], matches: Matches): Promise<readonly WatchEvent[]> {
    await this.#framer.ready?.(events.flatMap((event) => (event.type === 'BOOKMARK' ? [] : event.change!.records)))
    const selected = events.flatMap((event) =>
      event.type === 'BOOKMARK' ? event : (event.change!.eventFor(matches) ?? []),
    )
    await this.#ready(selected)
    return selected
  }

  /** Objects that somebody else converts: what comes behind them waits. What cannot be converted ends the watch. */
  async #writeLater(events: readonly WatchEvent[], waiting: Promise<readonly WatchEvent[] | void>): Promise<void> {
    try {
      const selected = (await waiting) ?? events
      if (this.#isOver) return
      if (selected.length > 0 && !this.#write(selected)) await this.#stream.drained()
      this.#watch?.resume()
    } catch (error) {
      if (!this.#isOver)
        this.fail(error instanceof ApiError ? error.status : internalError((error as Error).message).status)
    }
  }

  /** Counts events that were sent before the session follows. */
  sent(events: number): void {
    this.#count?.(events)
  }

  ended(): void {
    this.end()
  }

  fail(status: unknown): void {
    this.#stream.write(this.#framer.error(status))
    this.end()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#environment.watches.delete(this)
    this.#watch?.close()
    this.#stream.end()
  }
}
