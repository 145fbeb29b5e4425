import { type Auditor, auditFilters } from '../audit/index.js'
import type { Authenticator } from '../authn/index.js'
import type { Authorizer } from '../authz/index.js'
import type { Definitions } from '../crd/index.js'
import { type EndpointEnvironment, parseRequestInfo, statusEncoder } from '../endpoints/index.js'
import { buildHandlerChain, type ErrorLog, LastRequests, serveExchanges } from '../filters/index.js'
import { type Filter, type Handler, type Listener, listen } from '../http/index.js'
import type { Hub } from '../hub/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { Store } from '../store/index.js'
import type { AggregatorServer } from './aggregator-server.js'
import { withdrawEndpoints } from './bootstrap/kubernetes-service.js'
import type { Membership } from './bootstrap/membership.js'
import type { ClientAuthorities } from './client-authorities.js'
import type { ServerConfig } from './config.js'
import type { FlowControl } from './flow-control.js'
import { healthChecks } from './health-checks.js'
import { PostStartHooks } from './hooks.js'
import type { Logger } from './logs/logger.js'
import type { Loopback } from './loopback.js'
import type { RequestMetrics } from './metrics/index.js'
import type { NonResourceRoutes } from './non-resource-routes.js'
import { postStartHooks } from './post-start-hooks.js'
import { requestLog } from './request-log.js'
import type { Server } from './server.js'
import { listenOptions } from './serving.js'
import type { StoreHealth } from './storage/open-store.js'
import type { Tracing } from './tracing/index.js'

export interface ServerParts {
  readonly config: ServerConfig
  readonly log: Logger
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
  readonly store: Store
  readonly health: StoreHealth
  /** Of servers that share a store. */
  readonly membership: Membership | undefined
  readonly hub: Hub
  readonly loopback: Loopback
  readonly registries: ReadonlyMap<string, GenericRegistry>
  /** Makes addresses and ports that are taken agree with the services there are. */
  repairAllocation(): Promise<void>
  readonly environment: EndpointEnvironment
  readonly metrics: RequestMetrics
  readonly routes: NonResourceRoutes
  /** Absent: nothing is recorded. */
  readonly auditor: Auditor | undefined
  readonly tracing: Tracing | undefined
  readonly authenticator: Authenticator
  readonly authorities: ClientAuthorities
  readonly authorizer: Authorizer
  readonly impersonation: Filter
  /** Undefined: requests are limited by number alone. */
  readonly flowControl: FlowControl | undefined
  /** The chain of delegation. */
  readonly handler: Handler
  readonly definitions: Definitions
  readonly aggregator: AggregatorServer
  /** Closes what was opened while the server was built. Called once, last. */
  release(): Promise<void>
}

/** Where a server is in its life. `stopping` comes from a signal, `closed` is final. */
type Phase = 'built' | 'starting' | 'ready' | 'stopping' | 'closed'

/** How long a polite end may wait for requests that are being served. Source: upstream's non-long-running requests timeout. */
const requestGraceMs = 60_000

/** The life of a server: PrepareRun, listening, hooks, and the way down in upstream's order. */
export class RunningServer implements Server {
  readonly #parts: ServerParts
  readonly #hooks: PostStartHooks
  readonly #stop = new AbortController()
  readonly #lastRequests = new LastRequests()
  readonly ready: Promise<void>
  #settleReady: { resolve(): void; reject(error: unknown): void } = { resolve() {}, reject() {} }
  #phase: Phase = 'built'
  #listener: Listener | undefined
  #closing: Promise<void> | undefined

  constructor(parts: ServerParts) {
    this.#parts = parts
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject }
    })
    // Whoever does not look at `ready` hears of a failure from `run`.
    this.ready.catch(() => {})
    this.#hooks = new PostStartHooks(
      postStartHooks(parts, () => this.#listener?.port ?? parts.config.secureServing.port),
      parts.log,
    )
    const stopping = () => this.#phase === 'stopping' || this.#phase === 'closed'
    parts.routes.installHealth(healthChecks(parts, this.#hooks, stopping))
  }

  get url(): string {
    const { bindAddress, port } = this.#parts.config.secureServing
    const host = bindAddress === '0.0.0.0' || bindAddress === '::' || bindAddress === '' ? '127.0.0.1' : bindAddress
    return `https://${host.includes(':') ? `[${host}]` : host}:${this.#listener?.port ?? port}`
  }

  async run(signal?: AbortSignal): Promise<void> {
    if (this.#phase !== 'built') throw new Error('a server runs once')
    this.#phase = 'starting'
    const { log } = this.#parts
    try {
      await this.#start()
      await Promise.race([this.#hooks.run(this.#stop.signal), aborted(signal), aborted(this.#stop.signal)])
      if (signal?.aborted !== true && !this.#stop.signal.aborted) {
        this.#phase = 'ready'
        log.info(1, 'Serving securely', { address: this.url })
        this.#settleReady.resolve()
        await Promise.race([aborted(signal), aborted(this.#stop.signal)])
      }
      if (!this.#stop.signal.aborted) await this.#shutDown()
    } catch (error) {
      this.#settleReady.reject(error)
      throw error
    } finally {
      this.#settleReady.reject(new Error('the server was stopped before it was ready'))
      await this.close()
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#free()
    return this.#closing
  }

  async #start(): Promise<void> {
    const { config, log, auditor, authenticator, authorizer, metrics, handler, flowControl } = this.#parts
    const { generic } = config
    const { requestHeader } = config.authentication
    const errorLog: ErrorLog = (message, error, { auditId, exchange }) =>
      log.error(error, message, { auditID: auditId, method: exchange.method, path: exchange.path })
    const chain = buildHandlerChain(
      {
        parseRequestInfo,
        authenticator,
        authorizer,
        impersonation: this.#parts.impersonation,
        tracer: this.#parts.tracing?.tracer,
        audit: auditor && auditFilters(auditor),
        ...(flowControl === undefined ? {} : { flowControl: flowControl.filter }),
        log: errorLog,
        requestHeaders: {
          names: [...requestHeader.usernameHeaders, ...requestHeader.uidHeaders, ...requestHeader.groupHeaders],
          prefixes: requestHeader.extraHeaderPrefixes,
        },
        corsAllowedOrigins: generic.corsAllowedOrigins,
        strictTransportSecurity: generic.strictTransportSecurityDirectives,
        goawayChance: generic.goawayChance,
        ...(generic.shutdownSendRetryAfter ? { lifecycle: this.#lastRequests.filter } : {}),
        requestTimeoutMs: generic.requestTimeoutMs,
        inFlight: {
          readOnly: generic.maxRequestsInflight,
          mutating: generic.maxMutatingRequestsInflight,
          onRefused: metrics.dropped,
        },
        onAuthenticated: metrics.authenticated,
        onDecision: metrics.decided,
        onResponse: requestLog(log),
        encodeStatus: statusEncoder(this.#parts.environment.cbor),
      },
      metrics.filter(handler),
    )
    this.#listener = await listen(listenOptions(config, log, metrics.handshakeFailed, serveExchanges(chain, errorLog)))
  }

  /** The way down: not ready, still serving for a while, then no more, watches ended, requests finished. */
  async #shutDown(): Promise<void> {
    const { config, log, environment } = this.#parts
    const { shutdownDelayMs, shutdownSendRetryAfter, shutdownWatchTerminationGracePeriodMs } = config.generic
    this.#phase = 'stopping'
    log.info(1, 'Shutting down', { delay: `${shutdownDelayMs}ms` })
    if (shutdownDelayMs > 0) await pause(shutdownDelayMs, this.#stop.signal)
    await this.#leave().catch((error: unknown) => log.error(error, 'Leaving failed'))
    if (!shutdownSendRetryAfter) this.#listener?.stopAccepting()
    const finished = this.#lastRequests.finish()
    await this.#endWatches(environment, shutdownWatchTerminationGracePeriodMs)
    if (shutdownSendRetryAfter) {
      await Promise.race([finished, pause(requestGraceMs, this.#stop.signal)])
      this.#listener?.stopAccepting()
    }
    await this.#listener?.drain(Math.max(requestGraceMs, shutdownWatchTerminationGracePeriodMs))
  }

  /** Tells the servers that stay, and who looks for one, that this one is going. */
  async #leave(): Promise<void> {
    const { config, loopback, membership } = this.#parts
    if (membership === undefined) return
    await membership.leave()
    const { endpointReconciler } = config.network
    if (endpointReconciler === 'none') return
    await withdrawEndpoints(loopback, config.generic.advertiseAddress, endpointReconciler === 'master-count')
  }

  /** Ends the watches, a slice at a time over the grace period, so that their clients do not all come back at once. */
  async #endWatches({ watches }: EndpointEnvironment, graceMs: number): Promise<void> {
    const all = [...watches]
    const steps = graceMs > 0 ? 20 : 1
    const size = Math.ceil(all.length / steps)
    for (let i = 0; i < all.length; i += size) {
      for (const watch of all.slice(i, i + size)) watch.end()
      if (graceMs > 0) await pause(graceMs / steps, this.#stop.signal)
    }
  }

  async #free(): Promise<void> {
    this.#phase = 'closed'
    this.#stop.abort()
    for (const watch of [...this.#parts.environment.watches]) watch.end()
    await this.#listener?.close()
    await this.#parts.release()
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return new Promise(() => {})
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
  })
