import { ApiError } from '../api/index.js'
import type { Filter, RequestContext } from '../http/index.js'
import { guarded } from './settle.js'
import { type StatusEncoder, writeError, writePlainError } from './write-error.js'

/** Where bugs are told. */
export type ErrorLog = (message: string, error: unknown, context: RequestContext) => void

/**
 * The last resort: an ApiError that nobody has answered is answered, anything else is a bug: logged with its stack, 500.
 * A response that had begun is cut off. Source of the text: apiserver pkg/server/filters/wrap.go.
 */
export function panicRecovery(log: ErrorLog, encode: StatusEncoder | undefined): Filter {
  return (next) => (context) => {
    const failed = (error: unknown): void => answer(context, error, log, encode)
    return guarded(() => {
      const result = next(context)
      if (result instanceof Promise) return result.then(() => unanswered(context))
      unanswered(context)
    }, failed)
  }
}

/** Answers ApiErrors of what lies within, so that the filters around it see a response like any other. */
export function errorResponses(encode: StatusEncoder | undefined): Filter {
  return (next) => (context) =>
    guarded(
      () => next(context),
      (error) => {
        if (!(error instanceof ApiError) || context.exchange.responded) throw error
        writeError(context, error, encode)
      },
    )
}

function answer(context: RequestContext, error: unknown, log: ErrorLog, encode: StatusEncoder | undefined): void {
  const { exchange } = context
  // the client has gone or was told that time is up: whatever the handler runs into then is of no interest
  if (exchange.signal.aborted) {
    if (!exchange.responded) exchange.destroy()
    return
  }
  if (!(error instanceof ApiError)) log("apiserver panic'd", error, context)
  if (exchange.responded) {
    if (error instanceof ApiError) log('error after the response had begun', error, context)
    exchange.destroy()
  } else if (error instanceof ApiError) {
    writeError(context, error, encode)
  } else {
    writePlainError(context, 500, 'This request caused apiserver to panic. Look in the logs for details.')
  }
}

function unanswered({ exchange }: RequestContext): void {
  if (!exchange.responded && !exchange.signal.aborted) throw new Error('the handler has ended without a response')
}
