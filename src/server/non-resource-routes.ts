import type { PublicKeySource } from '../authn/index.js'
import {
  type DiscoveryDocuments,
  discoveryHandler,
  type OpenApiDocuments,
  openApiHandler,
  respondVersion,
} from '../endpoints/index.js'
import type { FlowController } from '../flowcontrol/index.js'
import type { Handler, RequestContext } from '../http/index.js'
import type { ServerConfig } from './config.js'
import { debugRoutes, flagsPage, flowControlRoutes } from './debug-routes.js'
import { PathRoutes } from './delegation.js'
import { type HealthCheck, healthRoutes } from './health.js'
import type { Logger } from './logs/logger.js'
import { HealthMetrics, type Metric, MetricsPage } from './metrics/index.js'
import { openIdRoutes } from './openid-routes.js'
import { profilingRoutes } from './profiling-routes.js'
import { statusPages } from './status-pages.js'
import type { VersionInfo } from './version.js'

export interface RouteParts {
  readonly config: ServerConfig
  readonly version: VersionInfo
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
  readonly log: Logger
  readonly accountKeys: PublicKeySource
  readonly metrics: readonly Metric[]
  /** Undefined: there is nothing to dump. */
  readonly flowController: FlowController | undefined
  readonly discovery: DiscoveryDocuments
  readonly openapi: OpenApiDocuments
}

export interface NonResourceRoutes {
  find(path: string): Handler | undefined
  /** Installs /healthz, /livez and /readyz. Upstream: PrepareRun. */
  installHealth(checks: { healthz: HealthCheck[]; livez: HealthCheck[]; readyz: HealthCheck[] }): void
}

/** Everything below paths that are no resources: health, version, metrics, discovery, OpenAPI and the list of paths itself. */
export function nonResourceRoutes(parts: RouteParts): NonResourceRoutes {
  const routes = new PathRoutes()
  const page = new MetricsPage(parts.metrics, parts.config.metrics.disabled)
  const metricsType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'
  // By this scrapers tell a restart from counters that went down.
  const startedAt = String(Math.floor(performance.timeOrigin / 1000))
  const sendMetrics = ({ exchange }: RequestContext, text: string): void => {
    exchange.header('process-start-time-unix', startedAt)
    exchange.send(200, metricsType, text)
  }
  routes.exact('/metrics', async (context) => sendMetrics(context, await page.text()))
  const health = new HealthMetrics()
  routes.exact('/metrics/slis', (context) => sendMetrics(context, health.text()))
  routes.service('/version', (context) => respondVersion(context, parts.version))
  routes.allUnlisted(debugRoutes(parts.log))
  routes.prefix('/debug/flags/', flagsPage)
  if (parts.flowController !== undefined)
    routes.allUnlisted(flowControlRoutes(parts.flowController, parts.config.environment.now))
  routes.all(
    statusPages({
      flags: parts.config.generic.flags,
      version: parts.version,
      enabled: parts.enabled,
      paths: () => routes.paths,
      startedAt: performance.timeOrigin,
      now: Date.now,
      cbor: parts.discovery.cbor,
    }),
  )
  if (parts.config.features.profiling) {
    const profiling = profilingRoutes()
    routes.allUnlisted(new Map([['/debug/pprof', profiling.redirect]]))
    routes.prefix('/debug/pprof/', profiling.serve)
  }
  const index: Handler = (context) => {
    const { groups } = parts.discovery
    const api = groups.flatMap(({ group, versions }) =>
      group === ''
        ? ['/api', ...versions.map((v) => `/api/${v}`)]
        : [`/apis/${group}`, ...versions.map((v) => `/apis/${group}/${v}`)],
    )
    const paths = [...new Set([...api, '/apis', '/openapi/v2', '/openapi/v3', ...routes.paths])]
    const body = {
      paths: [
        ...paths.filter((path) => !path.endsWith('/') && path !== '/index.html'),
        '/apis/',
        '/openapi/v3/',
      ].sort(),
    }
    context.exchange.send(200, 'application/json', `${JSON.stringify(body, null, 2)}`)
  }
  for (const [path, document] of openIdRoutes(parts.config, parts.accountKeys, parts.log))
    routes.service(path, document)
  routes.exact('/', index)
  routes.exact('/index.html', index)
  return {
    find: (path) => routes.find(path) ?? discoveryHandler(parts.discovery, path) ?? openApiHandler(parts.openapi, path),
    installHealth(checks) {
      for (const endpoint of ['healthz', 'livez', 'readyz'] as const)
        routes.all(healthRoutes(endpoint, checks[endpoint], health, parts.log))
    },
  }
}
