import type { ResponseHook } from '../filters/index.js'
import type { Logger } from './logs/logger.js'

/** A line for every response at -v 3. Source of the fields: apiserver pkg/server/httplog. */
export function requestLog(log: Logger): ResponseHook {
  return ({ exchange, info, auditId }, seconds) => {
    if (!log.enabled(3)) return
    log.info(3, 'HTTP', {
      verb: info.isResourceRequest ? info.verb.toUpperCase() : exchange.method,
      URI: exchange.query === '' ? exchange.path : `${exchange.path}?${exchange.query}`,
      latency: `${(seconds * 1000).toFixed(3)}ms`,
      userAgent: exchange.headers['user-agent'] ?? '',
      'audit-ID': auditId,
      srcIP: exchange.remoteAddress,
      resp: exchange.status,
    })
  }
}
