/** Longest that a client is told to stay away, seconds. */
const longest = 32

interface Dropped {
  /** The second that `count` is of, since 1970. */
  second: number
  count: number
  /** Earlier seconds with their counts, oldest first. */
  history: { readonly second: number; readonly count: number }[]
  retryAfter: number
  raisedAt: number
}

/**
 * How long refused clients are told to stay away: twice as long when many were refused, a second less when few were, each
 * priority level by itself. Source: apiserver pkg/util/flowcontrol/dropped_requests_tracker.go.
 */
export class DroppedRequests {
  readonly #levels = new Map<string, Dropped>()

  /** @param now wall clock, milliseconds */
  constructor(readonly now: () => number) {}

  record(level: string): void {
    const second = Math.floor(this.now() / 1000)
    let dropped = this.#levels.get(level)
    if (dropped === undefined) {
      dropped = { second: 0, count: 0, history: [], retryAfter: 1, raisedAt: 0 }
      this.#levels.set(level, dropped)
    }
    if (dropped.second === second) {
      dropped.count++
      return
    }
    const keep = Math.min(2 * dropped.retryAfter, longest)
    dropped.history.push({ second: dropped.second, count: dropped.count })
    dropped.history = dropped.history.filter((past) => second - past.second <= keep)
    dropped.second = second
    dropped.count = 1
    adjust(dropped, second)
  }

  /** Seconds, for Retry-After. */
  retryAfter(level: string): number {
    return this.#levels.get(level)?.retryAfter ?? 1
  }

  forget(level: string): void {
    this.#levels.delete(level)
  }
}

function adjust(dropped: Dropped, second: number): void {
  const { retryAfter } = dropped
  let recent = 0
  for (const past of dropped.history)
    if (past.second < second && second - past.second <= retryAfter) recent += past.count
  if (second - dropped.raisedAt >= retryAfter && recent >= 3 * retryAfter) {
    dropped.retryAfter = Math.min(2 * retryAfter, longest)
    dropped.raisedAt = second
  } else if (recent < retryAfter && retryAfter > 1) {
    dropped.retryAfter--
  }
}
