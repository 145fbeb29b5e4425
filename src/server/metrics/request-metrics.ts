import type { Decision } from '../../authz/index.js'
import type { DiscoveryGroup } from '../../endpoints/index.js'
import type { Filter, RequestContext, RequestInfo, UserInfo } from '../../http/index.js'
import { AdmissionMetrics } from './admission-metrics.js'
import { exponential, Histogram, type Metric, Numbers } from './series.js'

interface Measure {
  readonly count: () => void
  readonly observe: (seconds: number) => void
}

/** How often and how long, by result: these are part of every request. */
const measures = <R extends string>(counts: Numbers, times: Histogram, results: readonly R[]): Record<R, Measure> =>
  Object.fromEntries(
    results.map((result) => [result, { count: counts.counterOf([result]), observe: times.observerOf([result]) }]),
  ) as Record<R, Measure>

const component = 'apiserver'
const where = ['group', 'version', 'resource', 'subresource', 'scope'] as const

/** Source of the bounds: apiserver pkg/endpoints/filters/metrics.go. */
const decisionBounds = exponential(0.001, 2, 15)

/** Source of the bounds: apiserver pkg/endpoints/metrics. */
const durations = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

const ownDurations = durations.slice(2)

const knownVerbs = new Set([
  'GET',
  'LIST',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'DELETECOLLECTION',
  'WATCH',
  'CONNECT',
  'APPLY',
])

/**
 * What is counted of requests, with upstream's names and labels. Verbs that clients make up are one, resources that are not
 * served do not count, and who is refused is not told by name: nobody can grow the memory.
 */
export class RequestMetrics {
  readonly #groups: () => readonly DiscoveryGroup[]
  #counted: readonly DiscoveryGroup[] | undefined
  #served: ReadonlySet<string> = new Set()

  /** @param groups what is served now */
  constructor(groups: () => readonly DiscoveryGroup[]) {
    this.#groups = groups
  }

  readonly total = new Numbers(
    'apiserver_request_total',
    'Requests by verb, dry run, group, version, resource, scope, component and HTTP status.',
    'counter',
    ['verb', 'dry_run', ...where, 'component', 'code'],
  )
  readonly duration = new Histogram(
    'apiserver_request_duration_seconds',
    'Time until the response was handed over, in seconds.',
    ['verb', 'dry_run', ...where, 'component'],
    durations,
  )
  readonly ownDuration = new Histogram(
    'apiserver_request_sli_duration_seconds',
    'The same without what admission webhooks took and without dry runs.',
    ['verb', ...where, 'component'],
    ownDurations,
  )
  readonly deprecated = new Numbers(
    'apiserver_requested_deprecated_apis',
    'Deprecated APIs that were asked for: 1, with the release in which they go.',
    'gauge',
    ['group', 'version', 'resource', 'subresource', 'removed_release'],
  )
  readonly #watching = new Map<string, (events: number) => void>()
  readonly bodies = new Histogram(
    'apiserver_request_body_size_bytes',
    'Bytes of request bodies by resource and verb.',
    ['group', 'resource', 'verb'],
    Array.from({ length: 31 }, (_, i) => 50_000 + 100_000 * i),
  )
  readonly handshakeErrors = new Numbers(
    'apiserver_tls_handshake_errors_total',
    'TLS handshakes that failed.',
    'counter',
    [],
  )

  readonly handshakeFailed = (): void => this.handshakeErrors.add([])

  readonly sizes = new Histogram(
    'apiserver_response_sizes',
    'Bytes of response bodies.',
    ['verb', ...where, 'component'],
    exponential(1000, 10, 7),
  )
  readonly inflight = new Numbers(
    'apiserver_current_inflight_requests',
    'Requests being served now, long-running ones aside.',
    'gauge',
    ['request_kind'],
  )
  readonly longRunning = new Numbers(
    'apiserver_longrunning_requests',
    'Long-running requests being served now.',
    'gauge',
    ['verb', ...where, 'component'],
  )
  readonly watchEvents = new Numbers('apiserver_watch_events_total', 'Events sent to watchers.', 'counter', [
    'group',
    'version',
    'resource',
  ])

  readonly authentications = new Numbers('authentication_attempts', 'Attempts to authenticate by result.', 'counter', [
    'result',
  ])
  readonly users = new Numbers('authenticated_user_requests', 'Authenticated requests by user.', 'counter', [
    'username',
  ])
  readonly authorizations = new Numbers(
    'authorization_attempts_total',
    'Decisions on requests: allowed, denied, no-opinion or error.',
    'counter',
    ['result'],
  )

  readonly authenticationSeconds = new Histogram(
    'authentication_duration_seconds',
    'Time that authentication took, in seconds, by result.',
    ['result'],
    decisionBounds,
  )
  readonly authorizationSeconds = new Histogram(
    'authorization_duration_seconds',
    'Time that authorization took, in seconds, by result.',
    ['result'],
    decisionBounds,
  )

  readonly #identified = measures(this.authentications, this.authenticationSeconds, ['success', 'failure', 'error'])
  readonly #decided = measures(this.authorizations, this.authorizationSeconds, [
    'allowed',
    'denied',
    'no-opinion',
    'error',
  ])

  readonly admission = new AdmissionMetrics()

  get all(): readonly Metric[] {
    return [
      this.total,
      this.duration,
      this.ownDuration,
      this.deprecated,
      this.bodies,
      this.handshakeErrors,
      this.sizes,
      this.inflight,
      this.longRunning,
      this.watchEvents,
      this.authentications,
      this.users,
      this.authorizations,
      this.authenticationSeconds,
      this.authorizationSeconds,
      ...this.admission.all,
    ]
  }

  /** Source: apiserver pkg/endpoints/filters/metrics.go. */
  readonly authenticated = (
    _context: RequestContext,
    user: UserInfo | undefined,
    error: unknown,
    seconds: number,
  ): void => {
    const measure = this.#identified[user !== undefined ? 'success' : error === undefined ? 'failure' : 'error']
    measure.count()
    measure.observe(seconds)
    if (user !== undefined) this.users.add([foldedName(user.name)])
  }

  readonly decided = (_context: RequestContext, { verdict, error }: Decision, seconds: number): void => {
    const refusal = error !== undefined ? 'error' : verdict === 'deny' ? 'denied' : 'no-opinion'
    const measure = this.#decided[verdict === 'allow' ? 'allowed' : refusal]
    measure.count()
    measure.observe(seconds)
  }

  /** Counts a request that was turned away because there are too many. */
  readonly dropped = (context: RequestContext): void => {
    if (this.#isServed(context.info))
      this.total.add([reportedVerb(context), dryRunOf(context), ...(placeOf(context.info) ?? nowhere), '429'])
  }

  /**
   * Counts what passes through. Stands behind all other filters, as upstream's does in its routes: refusals of
   * authentication and authorization have counters of their own.
   */
  readonly filter: Filter = (next) => (context) => {
    const { info } = context
    if (!this.#isServed(info)) return next(context)
    const began = performance.now()
    const verb = reportedVerb(context)
    const place = placeOf(info)
    const gauge: [Numbers, readonly string[]] =
      context.longRunning && place !== undefined
        ? [this.longRunning, [verb, ...place]]
        : [this.inflight, [changing.has(context.exchange.method) ? 'mutating' : 'readOnly']]
    gauge[0].add(gauge[1])
    context.exchange.onDone(() => {
      gauge[0].add(gauge[1], -1)
      if (place !== undefined) this.#finished(context, verb, place, performance.now() - began)
    })
    return next(context)
  }

  #finished(context: RequestContext, verb: string, place: readonly string[], tookMs: number): void {
    const { exchange, webhookMs } = context
    const dryRun = dryRunOf(context)
    this.total.add([verb, dryRun, ...place, String(exchange.status)])
    this.#sizeOfBody(context)
    if (verb === 'WATCH') return
    this.duration.observe([verb, dryRun, ...place], tookMs / 1000)
    if (dryRun === '') this.ownDuration.observe([verb, ...place], (tookMs - webhookMs) / 1000)
    if (verb === 'GET' || verb === 'LIST') this.sizes.observe([verb, ...place], exchange.bytesWritten)
  }

  /** An API that is deprecated was asked for. */
  readonly aged = ({ info }: RequestContext, removedRelease: string): void => {
    this.deprecated.set([info.apiGroup, info.apiVersion, info.resource, info.subresource, removedRelease], 1)
  }

  /** One counter a resource, for all who watch it. */
  readonly watching = ({ info: { apiGroup, apiVersion, resource } }: RequestContext): ((events: number) => void) => {
    const labels = [apiGroup, apiVersion, resource]
    const key = labels.join('/')
    let count = this.#watching.get(key)
    if (count === undefined) {
      count = this.watchEvents.counterOf(labels)
      this.#watching.set(key, count)
    }
    return count
  }

  #sizeOfBody({ exchange, info }: RequestContext): void {
    const verb = bodyVerbs[info.verb]
    if (verb === undefined || exchange.bytesRead === undefined || !info.isResourceRequest) return
    this.bodies.observe([info.apiGroup, info.resource, verb], exchange.bytesRead)
  }

  #isServed({ isResourceRequest, apiGroup, apiVersion, resource, subresource }: RequestInfo): boolean {
    if (!isResourceRequest) return true
    const groups = this.#groups()
    if (groups !== this.#counted) {
      this.#counted = groups
      this.#served = new Set(groups.flatMap(placesOf))
    }
    return this.#served.has(`${apiGroup}/${apiVersion}/${resource}/${subresource}`)
  }
}

const placesOf = ({ group, resources }: DiscoveryGroup): string[] =>
  resources.flatMap(({ resource, versions, subresources }) =>
    versions.flatMap(({ version }) =>
      ['', ...subresources.map(({ name }) => name)].map((name) => `${group}/${version}/${resource}/${name}`),
    ),
  )

const knownNames = new Set(['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'])
const foldedName = (name: string): string => (knownNames.has(name) ? name : name.includes('@') ? 'email_id' : 'other')

function dryRunOf({ exchange, query }: RequestContext): string {
  if (!exchange.query.includes('dryRun')) return ''
  const values = query.getAll('dryRun')
  return values.every((value) => value === 'All') ? (values[0] ?? '') : 'invalid'
}

const bodyVerbs: Readonly<Record<string, string | undefined>> = {
  create: 'create',
  update: 'update',
  patch: 'patch',
  delete: 'delete',
  deletecollection: 'delete_collection',
}

const changing = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])
const connecting = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])

/** Source: apiserver pkg/endpoints/metrics, cleanVerb: a collection is deleted by DELETE, what streams is a CONNECT. */
function reportedVerb({ exchange, info }: RequestContext): string {
  if (info.isResourceRequest) {
    if (connecting.has(info.subresource)) return 'CONNECT'
    if (info.verb === 'list' || info.verb === 'watch') return info.verb.toUpperCase()
    if (info.verb === 'patch' && exchange.headers['content-type'] === 'application/apply-patch+yaml') return 'APPLY'
  }
  if (exchange.method === 'HEAD') return 'GET'
  return knownVerbs.has(exchange.method) ? exchange.method : 'other'
}

/** Group, version, resource, subresource, scope and component. Undefined: what upstream does not count one by one. */
function placeOf(info: RequestInfo): readonly string[] | undefined {
  if (!info.isResourceRequest) return countedPaths.get(info.path.startsWith('/openapi/v3') ? '/openapi/v3' : info.path)
  const scope =
    info.name !== '' || info.verb === 'create' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster'
  return [info.apiGroup, info.apiVersion, info.resource, info.subresource, scope, component]
}

const nowhere = ['', '', '', '', '', component]
/** Upstream names no component of these. Source: apiserver pkg/server/healthz, kube-aggregator pkg/controllers/openapiv3. */
const countedPaths: ReadonlyMap<string, readonly string[]> = new Map(
  [
    ['/healthz', '/healthz'],
    ['/livez', '/livez'],
    ['/readyz', '/readyz'],
    ['/openapi/v3', 'openapi/v3'],
  ].map(([path, name]) => [path!, ['', '', '', name!, '', '']]),
)
