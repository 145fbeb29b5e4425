import { badRequest, parseMilliseconds, timeout } from '../api/index.js'
import type { Filter, RequestContext } from '../http/index.js'

/**
 * Bounds the time of requests that are not long-running: `?timeout=`, at most `--request-timeout`. When it is over the
 * context's signal aborts and the client gets 504, or a cut if the response had begun.
 * Source: apiserver pkg/endpoints/filters/request_deadline.go, pkg/server/filters/timeout.go.
 *
 * @param onRefused called before a request is refused for its `?timeout=`
 */
export function requestTimeout(maximumMs: number, onRefused?: (context: RequestContext) => void): Filter {
  return (next) => (context) => {
    if (context.longRunning) return next(context)
    const limit = context.exchange.query === '' ? maximumMs : limitOf(context, maximumMs, onRefused)
    context.deadline = context.receivedAt + limit
    const result = next(context)
    if (!(result instanceof Promise)) return
    return new Promise((resolve, reject) => {
      const left = Math.max(0, context.deadline - Date.now())
      const timer = setTimeout(() => {
        // A connection that speaks another protocol by now is no longer a request.
        if (context.exchange.status === 101) return
        expire(context)
        resolve()
      }, left)
      // after the timeout neither has an effect any more
      const settled = (): void => clearTimeout(timer)
      result.then(
        () => {
          settled()
          resolve()
        },
        (error: unknown) => {
          settled()
          reject(error as Error)
        },
      )
    })
  }
}

function limitOf(context: RequestContext, maximumMs: number, onRefused?: (context: RequestContext) => void): number {
  const given = context.exchange.query.includes('timeout') ? context.query.get('timeout') : null
  if (given === null || given === '') return maximumMs
  let asked: number
  try {
    asked = parseMilliseconds(given)
  } catch (error) {
    onRefused?.(context)
    throw badRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`)
  }
  return asked > 0 && asked < maximumMs ? asked : maximumMs
}

function expire({ exchange }: RequestContext): void {
  const error = timeout('request did not complete within the allotted timeout')
  exchange.abort(error)
  if (exchange.responded) {
    exchange.destroy()
    return
  }
  // upstream writes the bare status here, past all negotiation: without its kind
  const { kind: _kind, apiVersion: _version, ...status } = error.status
  exchange.send(504, 'text/plain; charset=utf-8', `${JSON.stringify(status)}\n`)
}
