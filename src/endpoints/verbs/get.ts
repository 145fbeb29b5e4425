import { badRequest } from '../../api/index.js'
import type { RequestContext } from '../../http/index.js'
import { decimalOf, revisionOf, waitForRevision } from '../../registry/index.js'
import { negotiate, representationsOf } from '../negotiate.js'
import { respondStored } from '../respond.js'
import { type RequestScope, registryOf } from '../scope.js'

/** GET of one object: the stored bytes, unless the client wants another form. */
export function get(scope: RequestScope, context: RequestContext): Promise<void> | void {
  const negotiated = negotiate(context, representationsOf(scope))
  refuseExport(context)
  const registry = registryOf(scope)
  const asked = context.exchange.query.includes('resourceVersion')
    ? revisionOf(context.query.get('resourceVersion') ?? '')
    : 0
  const read = (): Promise<void> | void => {
    const record = registry.get(context.info.namespace, context.info.name)
    const conversion = registry.ready([record])
    const stored = {
      bytes: record.value,
      current: registry.isCurrent(record),
      object: () => registry.parse(record),
    }
    if (conversion !== undefined) return conversion.then(() => respondStored(scope, context, 200, stored, negotiated))
    return respondStored(scope, context, 200, stored, negotiated)
  }
  if (asked > registry.environment.store.revision) {
    const named = decimalOf(context.query.get('resourceVersion') ?? '')
    return waitForRevision(registry, asked, named).then(read)
  }
  const old = asked > 0 || context.exchange.query.includes('resourceVersion=0')
  const fresh = old ? undefined : registry.fresh()
  return fresh === undefined ? read() : fresh.then(read)
}

/** Source: apiserver pkg/endpoints/handlers/get.go. */
export function refuseExport({ exchange, query }: RequestContext): void {
  if (!exchange.query.includes('export')) return
  const asked = query.get('export')
  if (asked === null || asked === '0' || asked.toLowerCase() === 'false') return
  throw badRequest('the export parameter, deprecated since v1.14, is no longer supported')
}
