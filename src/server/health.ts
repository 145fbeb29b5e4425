import type { Handler, RequestContext } from '../http/index.js'
import type { Logger } from './logs/logger.js'
import type { HealthMetrics } from './metrics/index.js'
import { textPlain } from './text.js'

/** Something the server's health depends on. `check` throws, or rejects, with the reason if it is not well. */
export interface HealthCheck {
  readonly name: string
  check(): Promise<void> | void
}

/**
 * The three health endpoints, each with its list of checks, `?verbose`, `?exclude=` and a path for every check.
 * Reasons are logged, never told. Source: apiserver pkg/server/healthz.
 */
export function healthRoutes(
  endpoint: 'healthz' | 'livez' | 'readyz',
  checks: readonly HealthCheck[],
  metrics: HealthMetrics,
  log: Logger,
): ReadonlyMap<string, Handler> {
  const routes = new Map<string, Handler>()
  const measured = checks.map((check) => observed(check, (well) => metrics.observe(endpoint, check.name, well)))
  routes.set(`/${endpoint}`, (context) => answerAll(context, endpoint, measured, log))
  for (const check of measured) routes.set(`/${endpoint}/${check.name}`, (context) => answerOne(context, check, log))
  return routes
}

const observed = ({ name, check }: HealthCheck, observe: (well: boolean) => void): HealthCheck => ({
  name,
  async check() {
    try {
      await check()
    } catch (error) {
      observe(false)
      throw error
    }
    observe(true)
  },
})

async function answerAll(
  context: RequestContext,
  endpoint: string,
  checks: readonly HealthCheck[],
  log: Logger,
): Promise<void> {
  const excluded = new Set(context.query.getAll('exclude'))
  let report = ''
  let failed: string[] = []
  for (const check of checks) {
    if (excluded.delete(check.name)) {
      report += `[+]${check.name} excluded: ok\n`
      continue
    }
    const error = await failureOf(check)
    if (error === undefined) report += `[+]${check.name} ok\n`
    else {
      log.info(2, 'Health check failed', { endpoint, check: check.name, err: error })
      report += `[-]${check.name} failed: reason withheld\n`
      failed = [...failed, check.name]
    }
  }
  if (excluded.size > 0) {
    const names = [...excluded].map((name) => JSON.stringify(name)).join(', ')
    report += `warn: some health checks cannot be excluded: no matches for ${names}\n`
  }
  context.exchange.header('X-Content-Type-Options', 'nosniff')
  if (failed.length > 0) return textPlain(context, 500, `${report}${endpoint} check failed\n`)
  if (!context.query.has('verbose')) return textPlain(context, 200, 'ok')
  return textPlain(context, 200, `${report}${endpoint} check passed\n`)
}

async function answerOne(context: RequestContext, check: HealthCheck, log: Logger): Promise<void> {
  const error = await failureOf(check)
  if (error === undefined) return textPlain(context, 200, 'ok')
  log.info(2, 'Health check failed', { check: check.name, err: error })
  context.exchange.header('X-Content-Type-Options', 'nosniff')
  return textPlain(context, 500, `internal server error: ${error}\n`)
}

async function failureOf(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
