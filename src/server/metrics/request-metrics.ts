import type { Filter, RequestContext, RequestInfo } from '../../http/index.js'
import { AdmissionMetrics } from './admission-metrics.js'
import { exponential, Histogram, type Metric, Numbers } from './series.js'

const component = 'apiserver'
const where = ['group', 'version', 'resource', 'subresource', 'scope'] as const

/** Source of the bounds: apiserver pkg/endpoints/metrics. */
const durations = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

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
 * What is counted of requests, with upstream's names and labels. Label values that clients could make up (verbs, unknown
 * resources) are folded, so that nobody can grow the memory.
 */
export class RequestMetrics {
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

  readonly admission = new AdmissionMetrics()

  get all(): readonly Metric[] {
    return [
      this.total,
      this.duration,
      this.sizes,
      this.inflight,
      this.longRunning,
      this.watchEvents,
      ...this.admission.all,
    ]
  }

  /** Counts what passes through. Stands inside authentication, so that refused credentials cannot make series. */
  readonly filter: Filter = (next) => (context) => {
    const began = performance.now()
    const { info } = context
    const verb = reportedVerb(context)
    const place = placeOf(info)
    const gauge: [Numbers, readonly string[]] = context.longRunning
      ? [this.longRunning, [verb, ...place, component]]
      : [this.inflight, [changing.has(context.exchange.method) ? 'mutating' : 'readOnly']]
    gauge[0].add(gauge[1])
    context.exchange.onDone(() => {
      gauge[0].add(gauge[1], -1)
      const dryRun = context.exchange.query.includes('dryRun=All') ? 'All' : ''
      this.total.add([verb, dryRun, ...place, component, String(context.exchange.status)])
      if (verb === 'WATCH') return
      this.duration.observe([verb, dryRun, ...place, component], (performance.now() - began) / 1000)
      if (verb === 'GET' || verb === 'LIST')
        this.sizes.observe([verb, ...place, component], context.exchange.bytesWritten)
    })
    return next(context)
  }
}

const changing = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

function reportedVerb({ exchange, info }: RequestContext): string {
  if (info.isResourceRequest) {
    if (info.verb === 'list' || info.verb === 'watch' || info.verb === 'deletecollection')
      return info.verb.toUpperCase()
    if (info.verb === 'patch' && exchange.headers['content-type']?.startsWith('application/apply-patch')) return 'APPLY'
  }
  return knownVerbs.has(exchange.method) ? exchange.method : 'other'
}

function placeOf(info: RequestInfo): readonly string[] {
  if (!info.isResourceRequest) return ['', '', '', '', '']
  const scope = info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster'
  return [info.apiGroup, info.apiVersion, info.resource, info.subresource, scope]
}
