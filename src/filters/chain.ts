import { randomUUID } from 'node:crypto'
import type { AuditFilters } from '../audit/index.js'
import type { Authenticator } from '../authn/index.js'
import type { Authorizer } from '../authz/index.js'
import {
  type Exchange,
  type Filter,
  type Handler,
  type RequestContext,
  RequestState,
  type Tracer,
} from '../http/index.js'
import { auditId } from './audit-id.js'
import { type AuthenticationOptions, authentication } from './authentication.js'
import { authorization, type DecisionHook } from './authorization.js'
import { cors } from './cors.js'
import { cacheControl, goaway, strictTransportSecurity } from './headers.js'
import { httpLog, type ResponseHook } from './http-log.js'
import { type InFlightOptions, maxInFlight } from './max-in-flight.js'
import { type ErrorLog, errorResponses, panicRecovery } from './panic-recovery.js'
import { type RequestInfoParser, requestInfo } from './request-info.js'
import { requestTimeout } from './request-timeout.js'
import { tracing } from './tracing.js'
import { warnings } from './warnings.js'
import type { StatusEncoder } from './write-error.js'

export interface ChainOptions {
  readonly parseRequestInfo: RequestInfoParser
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly log: ErrorLog
  /** Header names and prefixes of the front proxy, to be taken off every request. */
  readonly requestHeaders?: AuthenticationOptions['requestHeaders']
  /** Default true. */
  readonly closeUnauthenticatedHttp2?: boolean
  readonly onAuthenticated?: AuthenticationOptions['onResult']
  readonly onDecision?: DecisionHook
  /** Request logs and metrics; called for every request. */
  readonly onResponse?: ResponseHook
  readonly corsAllowedOrigins?: readonly string[]
  readonly strictTransportSecurity?: readonly string[]
  /** Default 0. */
  readonly goawayChance?: number
  /** Default 60,000. */
  readonly requestTimeoutMs?: number
  /** Default 400 and 200. Not used if `flowControl` is given. */
  readonly inFlight?: InFlightOptions
  /** Counts requests for the sake of shutdown, and refuses new ones then. */
  readonly lifecycle?: Filter
  /** Absent: nothing is recorded. */
  readonly audit?: AuditFilters | undefined
  /** Absent: nothing is traced. */
  readonly tracer?: Tracer | undefined
  readonly impersonation?: Filter
  readonly flowControl?: Filter
  readonly encodeStatus?: StatusEncoder
  /** Tests bring their own. */
  readonly newId?: () => string
  readonly random?: () => number
}

type Entry = Filter | undefined

/**
 * The filters in the order in which a request meets them. What is not configured is not there at all.
 * Source of the order: apiserver pkg/server/config.go, DefaultBuildHandlerChain.
 */
function filters(options: ChainOptions): readonly Entry[] {
  const { onResponse, corsAllowedOrigins = [], strictTransportSecurity: hsts = [], goawayChance = 0 } = options
  const { log, encodeStatus, onAuthenticated } = options
  return [
    auditId(options.newId ?? randomUUID),
    options.audit?.begin,
    panicRecovery(log, encodeStatus),
    requestInfo(options.parseRequestInfo),
    onResponse && httpLog(onResponse),
    options.lifecycle,
    hsts.length > 0 ? strictTransportSecurity(hsts) : undefined,
    cacheControl,
    goawayChance > 0 ? goaway(goawayChance, options.random ?? Math.random) : undefined,
    requestTimeout(options.requestTimeoutMs ?? 60_000, options.audit?.refused),
    warnings,
    corsAllowedOrigins.length > 0 ? cors(corsAllowedOrigins) : undefined,
    authentication({
      authenticator: options.authenticator,
      requestHeaders: options.requestHeaders ?? { names: [], prefixes: [] },
      closeUnauthenticated: options.closeUnauthenticatedHttp2 ?? true,
      log,
      onRefused: options.audit?.unauthenticated,
      ...(onAuthenticated === undefined ? {} : { onResult: onAuthenticated }),
    }),
    options.tracer && tracing(options.tracer),
    options.audit?.record,
    errorResponses(encodeStatus),
    options.impersonation,
    options.flowControl ?? maxInFlight(options.inFlight ?? { readOnly: 400, mutating: 200 }),
    authorization(options.authorizer, options.onDecision),
    errorResponses(encodeStatus),
  ]
}

/** The handler behind all filters. */
export function buildHandlerChain(options: ChainOptions, handler: Handler): Handler {
  return compose(filters(options), handler)
}

/** The first filter is the outermost. */
export function compose(entries: readonly Entry[], handler: Handler): Handler {
  return entries.reduceRight<Handler>((next, filter) => (filter === undefined ? next : filter(next)), handler)
}

type ExchangeHandler = (exchange: Exchange, receivedAt: number) => void

/** What a listener calls for each request. The chain answers all errors; should it fail itself, the exchange is cut. */
export function serveExchanges(chain: Handler, log: ErrorLog): ExchangeHandler {
  const failed = (context: RequestContext, error: unknown): void => {
    log('the filter chain itself has failed', error, context)
    context.exchange.destroy()
  }
  return (exchange, receivedAt) => {
    // asks of the server as a whole: Go's answers before any filter
    if (exchange.path === '*' && exchange.method === 'OPTIONS') return exchange.send(200, '', '')
    const context = new RequestState(exchange, receivedAt)
    try {
      const result = chain(context)
      if (result instanceof Promise) result.catch((error: unknown) => failed(context, error))
    } catch (error) {
      failed(context, error)
    }
  }
}
