import {
  DroppedRequests,
  type FlowController,
  type Ticket,
  type WatchTracker,
  type WorkEstimator,
} from '../flowcontrol/index.js'
import type { Filter, Handler, RequestContext } from '../http/index.js'
import { afterwards } from './settle.js'
import { writePlainError } from './write-error.js'

export interface PriorityAndFairnessOptions {
  readonly controller: FlowController
  readonly estimator: WorkEstimator
  readonly watches: WatchTracker
  /** `--request-timeout`, milliseconds: a request may wait for a quarter of the time it has. */
  readonly requestTimeoutMs: number
  /** Wall clock, milliseconds. */
  readonly now?: () => number
  /** For metrics: called with what is refused. */
  readonly onRefused?: (context: RequestContext) => void
  /** For metrics: requests that wait or execute, by whether they change something. Times are the controller's. */
  readonly onChange?: (phase: 'waiting' | 'executing', mutating: boolean, change: 1 | -1, now: number) => void
}

/** Nobody waits longer, whatever time the request has. */
const longestWaitMs = 60_000

/**
 * Lets requests in by priority and fairness, makes them wait, or refuses them with 429. Of long-running requests only watches
 * count, and only until they have begun. Where a seat is free nothing is waited for.
 * Source: apiserver pkg/server/filters/priority-and-fairness.go.
 */
export function priorityAndFairness(options: PriorityAndFairnessOptions): Filter {
  const { controller, estimator, watches, requestTimeoutMs, now = Date.now, onRefused, onChange } = options
  const dropped = new DroppedRequests(now)

  const finish = (ticket: Ticket, mutating: boolean): void => {
    const at = controller.finish(ticket)
    onChange?.('executing', mutating, -1, at)
  }

  const execute = (next: Handler, context: RequestContext, ticket: Ticket): Promise<void> | void => {
    const { verb } = context.info
    setHeaders(context, ticket)
    const mutating = !isReading(verb)
    onChange?.('executing', mutating, 1, ticket.startedAt)
    if (verb === 'watch') return watch(next, context, ticket)
    let result: Promise<void> | void
    try {
      result = next(context)
    } catch (error) {
      finish(ticket, mutating)
      throw error
    }
    if (result instanceof Promise) return result.finally(() => finish(ticket, mutating))
    finish(ticket, mutating)
  }

  /** Its seats are free once it has begun; it is known to those that write as long as it lasts. */
  const watch = (next: Handler, context: RequestContext, ticket: Ticket): Promise<void> | void => {
    const forget = watches.register(context.info)
    const started = (): void => {
      if (context.watchStarted === undefined) return
      context.watchStarted = undefined
      finish(ticket, false)
    }
    context.watchStarted = started
    return afterwards(
      () => next(context),
      () => {
        started()
        forget()
      },
    )
  }

  const refuse = (context: RequestContext, ticket: Ticket): void => {
    const { name } = ticket.flow.level
    dropped.record(name)
    onRefused?.(context)
    // nobody is there to be told
    if (context.exchange.responded || context.exchange.signal.aborted) return
    setHeaders(context, ticket)
    context.exchange.header('retry-after', String(dropped.retryAfter(name)))
    writePlainError(context, 429, 'Too many requests, please try again later.')
  }

  /** Resolves with whether the request may execute. */
  const turnOf = (context: RequestContext, ticket: Ticket): Promise<boolean> =>
    new Promise((resolve) => {
      const { signal } = context.exchange
      const mutating = !isReading(context.info.verb)
      onChange?.('waiting', mutating, 1, ticket.arrivedAt)
      const settle = (granted: boolean): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        onChange?.('waiting', mutating, -1, controller.now())
        resolve(granted)
      }
      const giveUp = (): void => {
        controller.cancel(ticket)
        settle(false)
      }
      const limit = Number.isFinite(context.deadline) ? context.deadline - context.receivedAt : requestTimeoutMs
      const left = context.receivedAt + Math.min(limit / 4, longestWaitMs) - now()
      const timer = setTimeout(giveUp, Math.max(0, left))
      signal.addEventListener('abort', giveUp, { once: true })
      controller.wait(ticket, settle)
      if (signal.aborted) giveUp()
    })

  return (next) => (context) => {
    if (context.longRunning && context.info.verb !== 'watch') return next(context)
    const ticket = controller.start(context, estimator)
    if (ticket.state === 'executing') return execute(next, context, ticket)
    if (ticket.state === 'refused') return refuse(context, ticket)
    return turnOf(context, ticket).then((granted) =>
      granted ? execute(next, context, ticket) : refuse(context, ticket),
    )
  }
}

const isReading = (verb: string): boolean => verb === 'get' || verb === 'list' || verb === 'watch'

function setHeaders({ exchange }: RequestContext, { flow: { schema, level } }: Ticket): void {
  exchange.header('x-kubernetes-pf-flowschema-uid', schema.uid)
  exchange.header('x-kubernetes-pf-prioritylevel-uid', level.uid)
}
