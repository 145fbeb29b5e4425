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
  let served: Ticket[] = []

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
    if (ticket.flow.level.isExempt) finish(ticket, mutating)
    else finishLater(ticket)
  }

  /**
   * A handler that answers at once keeps its seat to the end of this turn of the event loop: else a flood of such requests
   * would all be served in the order they came in, before anybody else is looked at.
   */
  const finishLater = (ticket: Ticket): void => {
    if (served.push(ticket) === 1) setImmediate(giveBack)
  }
  const giveBack = (): void => {
    const all = served
    served = []
    for (const ticket of all) finish(ticket, !isReading(ticket.info.verb))
  }

  /** Its seats are free once it has begun; it is known to those that write as long as it lasts. */
  const watch = (next: Handler, context: RequestContext, ticket: Ticket): Promise<void> | void => {
    context.exchange.onDone(watches.register(context.info))
    const started = (): void => {
      if (context.watchStarted === undefined) return
      context.watchStarted = undefined
      finish(ticket, false)
    }
    context.watchStarted = started
    return afterwards(() => next(context), started)
  }

  const refuse = (context: RequestContext, ticket: Ticket, isGone = false): void => {
    const { name } = ticket.flow.level
    dropped.record(name)
    onRefused?.(context)
    if (isGone) return
    setHeaders(context, ticket)
    context.exchange.header('retry-after', String(dropped.retryAfter(name)))
    writePlainError(context, 429, 'Too many requests, please try again later.')
  }

  /** Resolves with whether the request may execute; undefined: the client has gone. */
  const turnOf = (context: RequestContext, ticket: Ticket): Promise<boolean | undefined> =>
    new Promise((resolve) => {
      const mutating = !isReading(context.info.verb)
      let isSettled = false
      onChange?.('waiting', mutating, 1, ticket.arrivedAt)
      const settle = (granted: boolean | undefined): void => {
        isSettled = true
        clearTimeout(timer)
        onChange?.('waiting', mutating, -1, controller.now())
        resolve(granted)
      }
      const giveUp = (verdict: false | undefined): void => {
        if (isSettled) return
        controller.cancel(ticket)
        settle(verdict)
      }
      const limit = Number.isFinite(context.deadline) ? context.deadline - context.receivedAt : requestTimeoutMs
      const left = context.receivedAt + Math.min(limit / 4, longestWaitMs) - now()
      const timer = setTimeout(() => giveUp(false), Math.max(0, left))
      controller.wait(ticket, settle)
      context.exchange.onDone(() => giveUp(undefined))
    })

  return (next) => (context) => {
    if (context.longRunning && context.info.verb !== 'watch') return next(context)
    const ticket = controller.start(context, estimator)
    if (ticket.state === 'executing') return execute(next, context, ticket)
    if (ticket.state === 'refused') return refuse(context, ticket)
    return turnOf(context, ticket).then((granted) => {
      if (granted === true) return execute(next, context, ticket)
      refuse(context, ticket, granted === undefined)
    })
  }
}

const isReading = (verb: string): boolean => verb === 'get' || verb === 'list' || verb === 'watch'

function setHeaders({ exchange }: RequestContext, { flow: { schema, level } }: Ticket): void {
  exchange.header('x-kubernetes-pf-flowschema-uid', schema.uid)
  exchange.header('x-kubernetes-pf-prioritylevel-uid', level.uid)
}
