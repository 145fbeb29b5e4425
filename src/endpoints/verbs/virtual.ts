import type { RequestContext } from '../../http/index.js'
import { listRepresentations, negotiate, objectRepresentations } from '../negotiate.js'
import { listOptions } from '../query-options.js'
import { respond, respondObject } from '../respond.js'
import { noSuchMethod, type RequestScope } from '../scope.js'
import { selectionOf } from '../selectors.js'

/** GET of one object that is computed rather than stored. */
export async function getVirtual(scope: RequestScope, context: RequestContext): Promise<void> {
  const negotiated = negotiate(context, objectRepresentations)
  const get = scope.resource.virtual?.get
  if (get === undefined) throw noSuchMethod()
  return respondObject(scope, context, 200, await get(context, context.info.name), negotiated)
}

/** GET of a collection of computed objects. */
export async function listVirtual(scope: RequestScope, context: RequestContext): Promise<void> {
  const negotiated = negotiate(context, listRepresentations)
  const listed = scope.resource.virtual?.list
  if (listed === undefined) throw noSuchMethod()
  const { selection } = selectionOf(scope, context, listOptions(context.query, false))
  const all = await listed(context)
  const items = all
    .filter(({ metadata }) => selection.labels?.(metadata.labels ?? {}) ?? true)
    .filter(({ metadata }) => selection.fields?.({ 'metadata.name': metadata.name ?? '' }) ?? true)
  const { listKind: kind, apiVersion } = scope.version
  return respond(context, 200, { kind, apiVersion, metadata: {}, items }, negotiated)
}
