import type { KubeObject } from '../../api/index.js'
import type { RequestContext } from '../../http/index.js'
import { negotiate, representationsOf, type Transform } from '../negotiate.js'
import { partialMetadata } from '../partial-metadata.js'
import { listOptions } from '../query-options.js'
import { goType, notAcceptable, respond, respondObject } from '../respond.js'
import { noSuchMethod, type RequestScope } from '../scope.js'
import { selectionOf } from '../selectors.js'
import { tableOf, tableRequest } from '../table.js'
import { refuseExport } from './get.js'

/** GET of one object that is computed rather than stored. */
export async function getVirtual(scope: RequestScope, context: RequestContext): Promise<void> {
  const negotiated = negotiate(context, representationsOf(scope))
  refuseExport(context)
  const get = scope.resource.virtual?.get
  if (get === undefined) throw noSuchMethod()
  return respondObject(scope, context, 200, await get(context, context.info.name), negotiated)
}

/** GET of a collection of computed objects. */
export async function listVirtual(scope: RequestScope, context: RequestContext): Promise<void> {
  const negotiated = negotiate(context, representationsOf(scope, true))
  const listed = scope.resource.virtual?.list
  if (listed === undefined) throw noSuchMethod()
  const { selection } = selectionOf(scope, context, listOptions(context.query, false))
  const all = await listed(context)
  const items = all
    .filter(({ metadata }) => selection.labels?.(metadata.labels ?? {}) ?? true)
    .filter(({ metadata }) => selection.fields?.({ 'metadata.name': metadata.name ?? '' }) ?? true)
  return respond(context, 200, listOf(scope, context, items, negotiated.as), negotiated)
}

function listOf(
  scope: RequestScope,
  context: RequestContext,
  items: readonly KubeObject[],
  as: Transform | undefined,
): Record<string, unknown> {
  const { listKind: kind, apiVersion } = scope.version
  switch (as?.kind) {
    case undefined:
      return { kind, apiVersion, metadata: {}, items }
    case 'Table':
      return tableOf(scope, tableRequest(scope, context, as.version), items, {})
    case 'PartialObjectMetadataList': {
      const reduced = items.map((item) => partialMetadata(item, as.version))
      return { kind: as.kind, apiVersion: `meta.k8s.io/${as.version}`, metadata: {}, items: reduced }
    }
    case 'PartialObjectMetadata':
      throw notAcceptable(`you requested ${as.kind}, but the requested object is a list (${goType(scope)}List)`)
  }
}
