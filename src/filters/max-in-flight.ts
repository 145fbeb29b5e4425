import type { Filter, RequestContext } from '../http/index.js'
import { afterwards } from './settle.js'
import { writePlainError } from './write-error.js'

export interface InFlightOptions {
  /** `--max-requests-inflight`, for get, list and watch; 0: no limit. */
  readonly readOnly: number
  /** `--max-mutating-requests-inflight`; 0: no limit. */
  readonly mutating: number
  /** For metrics: called with what is refused. */
  readonly onRefused?: (context: RequestContext) => void
  /** For metrics. */
  readonly onChange?: (kind: 'readOnly' | 'mutating', inFlight: number) => void
}

/**
 * Refuses with 429 what comes on top of the limits. Long-running requests do not count; system:masters is always let in.
 * Source: apiserver pkg/server/filters/maxinflight.go.
 */
export function maxInFlight(options: InFlightOptions): Filter {
  const inFlight = { readOnly: 0, mutating: 0 }
  return (next) => (context) => {
    const { verb } = context.info
    const kind = verb === 'get' || verb === 'list' || verb === 'watch' ? 'readOnly' : 'mutating'
    const limit = options[kind]
    if (context.longRunning || limit === 0) return next(context)
    if (inFlight[kind] >= limit) {
      if (context.user?.groups.includes('system:masters') === true) return next(context)
      options.onRefused?.(context)
      context.exchange.header('retry-after', '1')
      writePlainError(context, 429, 'Too many requests, please try again later.')
      return
    }
    const count = (change: 1 | -1): void => {
      inFlight[kind] += change
      options.onChange?.(kind, inFlight[kind])
    }
    count(1)
    return afterwards(
      () => next(context),
      () => count(-1),
    )
  }
}
