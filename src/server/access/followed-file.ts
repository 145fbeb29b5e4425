import { type WatchedFiles, watchFiles } from '../../http/index.js'
import { certificateReloadMs } from '../client-authorities.js'
import type { Logger } from '../logs/logger.js'
import type { ReloadMetrics } from '../metrics/index.js'
import { readWholeFile } from './authorization-source.js'

/**
 * A configuration file that is put to use again when its content changes. What cannot be used leaves the old one in place, and
 * is not tried again before it changes, unless it may become usable by itself.
 */
export class FollowedFile {
  #last: Buffer
  #running = false
  /** The file has changed while it was being put to use. */
  #changed = false

  /** @param use throws if the content cannot be used; a `PassingProblem` is tried again */
  constructor(
    readonly file: string,
    initial: Buffer,
    readonly use: (bytes: Buffer) => Promise<void>,
  ) {
    this.#last = initial
  }

  follow(what: string, log: Logger, metrics: ReloadMetrics, now: () => number): WatchedFiles {
    metrics.using(this.#last)
    let again: NodeJS.Timeout | undefined
    let isClosed = false
    const check = async (): Promise<void> => {
      this.#changed = true
      if (this.#running) return
      this.#running = true
      clearTimeout(again)
      let retry = false
      while (this.#changed && !isClosed) {
        this.#changed = false
        retry = await this.#reload(what, log, metrics, now)
      }
      this.#running = false
      if (retry && !isClosed) again = setTimeout(() => void check(), retryMs).unref()
    }
    const watched = watchFiles([this.file], certificateReloadMs, () => void check())
    return {
      check: () => watched.check(),
      close() {
        isClosed = true
        clearTimeout(again)
        watched.close()
      },
    }
  }

  /** @returns whether it is worth trying again */
  async #reload(what: string, log: Logger, metrics: ReloadMetrics, now: () => number): Promise<boolean> {
    let bytes: Buffer | undefined
    try {
      bytes = readWholeFile(this.file)
      if (bytes.equals(this.#last)) return false
      await this.use(bytes)
    } catch (error) {
      log.error(error, `reloading ${what} config`)
      metrics.reloaded(false, now())
      if (bytes === undefined || error instanceof PassingProblem) return true
      this.#last = bytes
      return false
    }
    this.#last = bytes
    log.info(0, `reloaded ${what} config`)
    metrics.reloaded(true, now())
    metrics.using(bytes)
    return false
  }
}

/** What stands in the way may go away by itself: another server that does not answer. */
export class PassingProblem extends Error {}

const retryMs = 60_000
