import { StoreError } from '../errors.js'
import type { Revision } from '../store.js'
import { afterLogOf, historyKey, logKey, prefixOfLog, revisionOfLog } from './keys.js'
import type { Reader } from './reader.js'
import type { Scans } from './scan.js'
import type { Tables } from './tables.js'

/** Runs maintenance in a transaction; who moved the horizon tells where it is now. */
export interface Maintenance {
  job(run: () => { readonly compacted?: Revision }): Promise<void>
}

/** Log entries removed in one transaction. */
const slice = 400

/**
 * Forgets history: first the horizon moves, durably, then slice by slice what lies below it goes. What a crash leaves
 * over, or a running scan still needs, goes with the next compaction, which starts from the beginning of the log again.
 */
export class Compaction {
  readonly #tables: Tables
  readonly #reader: Reader
  readonly #writer: Maintenance
  readonly #scans: Scans
  #running: Promise<void> = Promise.resolve()

  constructor(tables: Tables, reader: Reader, writer: Maintenance, scans: Scans) {
    this.#tables = tables
    this.#reader = reader
    this.#writer = writer
    this.#scans = scans
  }

  compact(before: Revision): Promise<void> {
    const run = this.#running.then(() => this.#compact(before))
    this.#running = run.catch(() => undefined)
    return run
  }

  async #compact(before: Revision): Promise<void> {
    this.#reader.checkOpen()
    if (before > this.#reader.revision) {
      throw new StoreError(
        'FutureRevision',
        `cannot compact to ${before}, the newest revision is ${this.#reader.revision}`,
      )
    }
    if (before <= this.#reader.compacted) return
    this.#scans.cut(this.#reader.compacted)
    await this.#writer.job(() => ({ compacted: before }))
    const horizon = this.#scans.lowest(before)
    for (const prefix of this.#prefixes()) await this.#forget(prefix, horizon)
  }

  async #forget(prefix: string, horizon: Revision): Promise<void> {
    const { log, history } = this.#tables
    // Sought again for each slice from where the last one ended: deleted pages need not be walked twice.
    let start: Buffer = logKey(prefix, 0)
    for (;;) {
      const entries: Buffer[] = []
      const range = { start, end: logKey(prefix, horizon + 1), limit: slice }
      await this.#writer.job(() => {
        for (const { key, value } of log.getRange(range)) {
          void history.remove(historyKey(value.toString('utf8', 1), revisionOfLog(key)))
          void log.remove(key)
          entries.push(key)
        }
        return {}
      })
      if (entries.length < slice) return
      start = entries.at(-1)!
    }
  }

  *#prefixes(): Generator<string> {
    let start: Buffer = Buffer.from([1])
    for (;;) {
      this.#reader.checkOpen()
      let prefix: string | undefined
      for (const key of this.#tables.log.getKeys({ start, limit: 1 })) prefix = prefixOfLog(key)
      if (prefix === undefined) return
      yield prefix
      start = afterLogOf(prefix)
    }
  }
}
