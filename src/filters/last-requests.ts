import type { Filter, RequestContext } from '../http/index.js'

const exemptPrefixes = ['/readyz', '/livez', '/healthz', '/metrics']

/**
 * `--shutdown-send-retry-after`: while the last requests are finished others are told to come again in five seconds, on a new
 * connection. Health, metrics and the server's own requests go on.
 * Source: apiserver pkg/server/filters/with_retry_after.go, waitgroup.go.
 */
export class LastRequests {
  #serving = 0
  #refuses = false
  #finished: (() => void) | undefined

  readonly filter: Filter = (next) => (context) => {
    if (isExempt(context)) return next(context)
    if (this.#refuses) return refuse(context)
    if (context.longRunning) return next(context)
    this.#serving++
    context.exchange.onDone(() => {
      this.#serving--
      if (this.#serving === 0) this.#finished?.()
    })
    return next(context)
  }

  /** Refuses what comes from now on. @returns when nothing is being served any more that is not long-running */
  async finish(): Promise<void> {
    this.#refuses = true
    if (this.#serving > 0) {
      await new Promise<void>((resolve) => {
        this.#finished = resolve
      })
    }
  }
}

const isExempt = ({ exchange, info }: RequestContext): boolean =>
  exemptPrefixes.some((prefix) => info.path.startsWith(prefix)) ||
  exchange.headers['user-agent']?.startsWith('kube-apiserver/') === true

function refuse({ exchange }: RequestContext): void {
  exchange.closeConnection()
  exchange.header('retry-after', '5')
  exchange.header('x-content-type-options', 'nosniff')
  exchange.send(429, 'text/plain; charset=utf-8', 'The apiserver is shutting down, please try again later.\n')
}
