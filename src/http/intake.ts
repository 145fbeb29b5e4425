/** Requests begun in a row, and again in each turn of the event loop: half a millisecond, whatever has been read. */
export const perTurn = 4

interface Waiting<T> {
  readonly exchange: T
  readonly receivedAt: number
}

/**
 * Begins requests in the order in which they come, a bounded number in a turn of the event loop; what comes beyond it waits
 * for the next turns. Whoever sends hundreds at once holds up nobody else by more than a turn: connections take turns, and
 * one that had nothing waiting goes before those that were served and have more, as flows do in fq_codel. Within a connection
 * the order is kept. Bounded by the streams that connections may have.
 */
export class Intake<T extends { readonly isClosed: boolean }> {
  /** Connections of which none waited when their first request came, and those that were served since, by turns. */
  readonly #fresh = new Map<object, Waiting<T>[]>()
  readonly #served = new Map<object, Waiting<T>[]>()
  #begun = 0
  #waiting = 0

  /** @param begin gets each request, and when it was received, in milliseconds of the wall clock; must not throw */
  constructor(readonly begin: (exchange: T, receivedAt: number) => void) {}

  take(connection: object, exchange: T): void {
    const receivedAt = Date.now()
    if (this.#begun < perTurn) {
      if (++this.#begun === perTurn) setImmediate(this.#turn)
      this.begin(exchange, receivedAt)
      return
    }
    this.#waiting++
    const line = this.#served.get(connection) ?? this.#fresh.get(connection)
    if (line === undefined) this.#fresh.set(connection, [{ exchange, receivedAt }])
    else line.push({ exchange, receivedAt })
  }

  /** Whether requests of the connection wait. */
  hasWaiting(connection: object): boolean {
    if (this.#waiting === 0) return false
    const line = this.#served.get(connection) ?? this.#fresh.get(connection)
    return line !== undefined && line.length > 0
  }

  readonly #turn = (): void => {
    // Asked for first, so that it comes before whatever the requests ask for.
    if (this.#waiting > perTurn) setImmediate(this.#turn)
    else this.#begun = 0
    for (let left = perTurn; left > 0; left--) {
      const next = this.#next()
      if (next === undefined) break
      this.begin(next.exchange, next.receivedAt)
    }
    // Whoever was served last has no claim to go first once all is done.
    if (this.#waiting === 0) this.#served.clear()
  }

  /** Whose client has gone is passed over. */
  #next(): Waiting<T> | undefined {
    while (this.#waiting > 0) {
      const lines = this.#fresh.size > 0 ? this.#fresh : this.#served
      const [connection, line] = lines.entries().next().value as [object, Waiting<T>[]]
      lines.delete(connection)
      const next = line.shift()
      if (next === undefined) continue
      // An empty line goes to the end too: else who sends one after the other would always be first.
      this.#served.set(connection, line)
      this.#waiting--
      if (!next.exchange.isClosed) return next
    }
    return undefined
  }
}
