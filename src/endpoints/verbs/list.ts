import type { KubeObject } from '../../api/index.js'
import { encodeJson } from '../../codec/index.js'
import type { RequestContext, ResponseStream } from '../../http/index.js'
import { type ListPage, list as listRecords } from '../../registry/index.js'
import type { StoredRecord } from '../../store/index.js'
import { type Negotiated, negotiate, representationsOf } from '../negotiate.js'
import { partialMetadata } from '../partial-metadata.js'
import { listOptions } from '../query-options.js'
import { goType, notAcceptable, respond } from '../respond.js'
import { type RequestScope, registryOf } from '../scope.js'
import { selectionOf } from '../selectors.js'
import { tableOf, tableRequest } from '../table.js'
import { writeBinaryList } from './binary-list.js'
import { joinItems } from './join-items.js'
import { watch } from './watch.js'

/** GET of a collection. `?watch` makes it a watch. */
export async function list(scope: RequestScope, context: RequestContext, watching = false): Promise<void> {
  const negotiated = negotiate(context, representationsOf(scope, true))
  const options = listOptions(context.query, watching)
  const selection = selectionOf(scope, context, options)
  if (options.watch) return watch(scope, context, options, selection, negotiated)
  const page = await listRecords(
    registryOf(scope),
    { namespace: scope.resource.namespaced ? context.info.namespace : '', ...selection },
    options,
  )
  await respondList(scope, context, page, negotiated)
}

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
  const { as, mediaType, pretty } = negotiated
  if (as === undefined) context.audit?.responseObject(() => wholeList(scope, page))
  if (as === undefined && mediaType === 'application/json' && !pretty) return writeJsonList(scope, context, page)
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

interface ListMetadata {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

const listMetadata = (page: ListPage): ListMetadata => ({
  resourceVersion: String(page.revision),
  ...(page.continue === undefined ? {} : { continue: page.continue }),
  ...(page.remainingItemCount === undefined ? {} : { remainingItemCount: page.remainingItemCount }),
})

/** What stands before and behind the items. Lists of custom resources are maps to Go: keys sorted, `continue` always there. */
function envelope({ resource, version }: RequestScope, page: ListPage): { head: string; tail: string } {
  const { listKind: kind, apiVersion } = version
  const metadata = listMetadata(page)
  if (resource.itemsKeepTypeMeta !== true)
    return { head: `${JSON.stringify({ kind, apiVersion, metadata }).slice(0, -1)},"items":[`, tail: ']}' }
  const { resourceVersion, remainingItemCount } = metadata
  const sorted = { continue: page.continue ?? '', remainingItemCount, resourceVersion }
  return {
    head: `${JSON.stringify({ apiVersion }).slice(0, -1)},"items":[`,
    tail: `],${JSON.stringify({ kind, metadata: sorted }).slice(1)}`,
  }
}

/** Items of a typed list do not repeat their kind and apiVersion. */
function bare(scope: RequestScope, object: KubeObject): Omit<KubeObject, 'metadata'> {
  if (scope.resource.itemsKeepTypeMeta) return object
  const { kind: _, apiVersion: __, ...rest } = object
  return rest
}

/** The same in one piece, for the audit log. */
function wholeList(scope: RequestScope, page: ListPage): Buffer {
  const { head, tail } = envelope(scope, page)
  const { skip, item } = itemEncoder(scope)
  return joinItems(Buffer.from(head), Array.from(page.records, item), skip, false, Buffer.from(tail))
}

/** Bytes that are put together before they are handed to the socket: large enough for few calls, small enough for short turns. */
const sliceBytes = 512 * 1024

/**
 * Writes a list by putting the stored bytes one after the other, type meta sliced off the front. A list of less than one
 * slice goes out whole; a longer one slice by slice, in turns with all others that are written.
 */
async function writeJsonList(scope: RequestScope, context: RequestContext, page: ListPage): Promise<void> {
  const { head, tail } = envelope(scope, page)
  const { skip, item } = itemEncoder(scope)
  let start = Buffer.from(head)
  let items: Buffer[] = []
  let size = 0
  let follows = false
  let stream: ResponseStream | undefined
  for (const record of page.records) {
    const bytes = item(record)
    items.push(bytes)
    size += bytes.length
    if (size < sliceBytes) continue
    await scope.environment.turns.pass()
    if (context.signal.aborted) return
    stream ??= context.exchange.stream(200, 'application/json')
    const ready = stream.write(joinItems(start, items, skip, follows, nothing))
    start = nothing
    items = []
    size = 0
    follows = true
    if (!ready) await stream.drained()
    if (context.signal.aborted) return
  }
  const last = joinItems(start, items, skip, follows, Buffer.from(tail))
  if (stream === undefined) return context.exchange.send(200, 'application/json', last)
  stream.write(last)
  stream.end()
}

const nothing = Buffer.alloc(0)

/** Gives the bytes of an item, of which the first `skip` do not belong to the list: its brace, and its type where lists have none. */
function itemEncoder(scope: RequestScope): { readonly skip: number; item(record: StoredRecord): Buffer } {
  const { version, resource } = scope
  const { kind, apiVersion } = version
  const registry = registryOf(scope)
  if (!scope.asStored) return { skip: 1, item: (record) => encodeJson(bare(scope, scope.show(registry.parse(record)))) }
  const skip = resource.itemsKeepTypeMeta ? 1 : Buffer.byteLength(JSON.stringify({ kind, apiVersion }))
  const padding = Buffer.alloc(skip - 1)
  const stale = (record: StoredRecord): Buffer =>
    Buffer.concat([padding, encodeJson(bare(scope, registry.parse(record)))])
  return { skip, item: (record) => (registry.isCurrent(record) ? record.value : stale(record)) }
}
