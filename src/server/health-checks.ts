import type { HealthCheck } from './health.js'
import type { PostStartHooks } from './hooks.js'
import type { ServerParts } from './running-server.js'

/** The checks of the three endpoints, in upstream's order. */
export function healthChecks(
  { health, config, environment, aggregator }: ServerParts,
  hooks: PostStartHooks,
  stopping: () => boolean,
): { healthz: HealthCheck[]; livez: HealthCheck[]; readyz: HealthCheck[] } {
  const builtAt = environment.now()
  const ping: HealthCheck = { name: 'ping', check() {} }
  const log: HealthCheck = { name: 'log', check() {} }
  const loopback: HealthCheck = { name: 'loopback-serving-certificate', check() {} }
  // Upstream's name for whatever the store is: probes exclude it by that name.
  const etcd: HealthCheck = { name: 'etcd', check: () => health.live() }
  const readiness: HealthCheck = { name: 'etcd-readiness', check: () => health.ready() }
  const informers: HealthCheck = { name: 'informer-sync', check() {} }
  const shutdown: HealthCheck = {
    name: 'shutdown',
    check() {
      if (stopping()) throw new Error('process is shutting down')
    },
  }
  const patient = (check: HealthCheck): HealthCheck => ({
    name: check.name,
    check: () => (environment.now() - builtAt < config.generic.livezGracePeriodMs ? undefined : check.check()),
  })
  const registered: HealthCheck = {
    name: 'autoregister-completion',
    check() {
      const { missing } = aggregator.aggregator.autoRegistration
      if (missing.length > 0) throw new Error(`missing APIService: [${missing.sort().join(' ')}]`)
    },
  }
  const checks = hooks.checks.flatMap((check) =>
    check.name === 'poststarthook/apiservice-openapi-controller' ? [registered, check] : [check],
  )
  return {
    healthz: [ping, log, loopback, etcd, ...health.sealing, ...health.more, ...checks],
    livez: [ping, log, loopback, etcd, ...health.more, ...checks.map(patient)],
    readyz: [
      ping,
      log,
      etcd,
      readiness,
      ...health.sealing,
      ...health.more,
      ...health.moreReadiness,
      informers,
      ...checks,
      shutdown,
    ],
  }
}
