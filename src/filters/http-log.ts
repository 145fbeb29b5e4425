import type { Filter, RequestContext } from '../http/index.js'

/** Called when a response has been handed over. `seconds` is the time since the request came in. */
export type ResponseHook = (context: RequestContext, seconds: number) => void

/** For request logs and metrics. */
export function httpLog(onResponse: ResponseHook): Filter {
  return (next) => (context) => {
    const start = performance.now()
    context.exchange.onDone(() => onResponse(context, (performance.now() - start) / 1000))
    return next(context)
  }
}
