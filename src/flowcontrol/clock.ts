/** Time as flow control sees it: monotonic, so that nothing is ever counted backwards. Tests bring their own. */
export interface FlowClock {
  /** Milliseconds, with fractions, since some moment in the past. */
  now(): number
  /** Calls back once after so many milliseconds. @returns what calls it off */
  after(ms: number, callback: () => void): () => void
  /** Calls back once, when what has come in meanwhile was looked at: in the next turn of the event loop. Absent: there are no turns. */
  readonly turn?: (callback: () => void) => void
}

/** The system's. Its timers do not hold the process. */
export const systemClock: FlowClock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  turn(callback) {
    setImmediate(callback)
  },
}
