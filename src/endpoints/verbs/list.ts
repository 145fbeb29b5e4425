import type { RequestContext } from '../../http/index.js'
import { type ListPage, list as listRecords, walkList } from '../../registry/index.js'
import { type Negotiated, negotiate, representationsOf } from '../negotiate.js'
import { partialMetadata } from '../partial-metadata.js'
import { listOptions } from '../query-options.js'
import { goType, notAcceptable, respond } from '../respond.js'
import { type RequestScope, registryOf } from '../scope.js'
import { selectionOf } from '../selectors.js'
import { tableOf, tableRequest } from '../table.js'
import { writeBinaryList } from './binary-list.js'
import { bare, listMetadata, walkOf, wholeList, writeJsonList } from './json-list.js'
import { watch } from './watch.js'

/** GET of a collection. `?watch` makes it a watch. */
export async function list(scope: RequestScope, context: RequestContext, watching = false): Promise<void> {
  const negotiated = negotiate(context, representationsOf(scope, true))
  const options = listOptions(context.query, watching, () => registryOf(scope).environment.enabled('WatchList'))
  const selection = selectionOf(scope, context, options)
  if (options.watch) return watch(scope, context, options, selection, negotiated)
  const registry = registryOf(scope)
  const listed = { namespace: scope.resource.namespaced ? context.info.namespace : '', ...selection }
  const { busyMs } = scope.environment.turns
  if (isPlainJson(negotiated) && !registry.converts && context.audit?.wantsResponse !== true)
    return writeJsonList(scope, context, await walkList(registry, listed, options, busyMs))
  await respondList(scope, context, await listRecords(registry, listed, options, busyMs), negotiated)
}

const isPlainJson = ({ as, mediaType, pretty }: Negotiated): boolean =>
  as === undefined && mediaType === 'application/json' && !pretty

/** Answers with a list in whatever form the client wants. */
export async function respondList(
  scope: RequestScope,
  context: RequestContext,
  listed: ListPage,
  negotiated: Negotiated,
): Promise<void> {
  const page = await made(
    scope,
    context.audit?.wantsResponse === true ? { ...listed, records: [...listed.records] } : listed,
  )
  const { as, mediaType } = negotiated
  if (as === undefined) context.audit?.responseObject(() => wholeList(scope, page))
  if (isPlainJson(negotiated)) return writeJsonList(scope, context, walkOf(page))
  if (as === undefined && mediaType === 'application/vnd.kubernetes.protobuf')
    return writeBinaryList(scope, context, page, listMetadata(page))
  if (as?.kind === 'PartialObjectMetadata')
    throw notAcceptable(
      `you requested PartialObjectMetadata, but the requested object is a list (${goType(scope)}List)`,
    )
  const registry = registryOf(scope)
  const objects = Array.from(page.records, (record) => registry.parse(record))
  const metadata = listMetadata(page)
  if (as?.kind === 'Table')
    return respond(
      context,
      200,
      tableOf(scope, tableRequest(scope, context, as.version), objects, metadata),
      negotiated,
    )
  if (as !== undefined) {
    const items = objects.length === 0 ? null : objects.map((object) => partialMetadata(object, as.version))
    return respond(
      context,
      200,
      { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${as.version}`, metadata, items },
      negotiated,
    )
  }
  const items = objects.map((object) => bare(scope, scope.show(object)))
  const { listKind: kind, apiVersion } = scope.version
  const custom = scope.resource.itemsKeepTypeMeta ? { ...metadata, continue: page.continue ?? '' } : metadata
  return respond(context, 200, { kind, apiVersion, metadata: custom, items }, negotiated)
}

/** The page, its records ready to be read. */
async function made(scope: RequestScope, page: ListPage): Promise<ListPage> {
  const registry = registryOf(scope)
  if (!registry.converts) return page
  const records = [...page.records]
  await registry.ready(records)
  return { ...page, records }
}
