import { ApiError, type KubeObject, type Status } from '../api/index.js'
import { encodeBody, encodeJson } from '../codec/index.js'
import type { RequestAudit, RequestContext } from '../http/index.js'
import type { Stored } from '../registry/index.js'
import type { Negotiated, Transform } from './negotiate.js'
import { partialMetadata } from './partial-metadata.js'
import type { RequestScope } from './scope.js'
import { tableOf, tableRequest } from './table.js'

/** Go's encoder ends what it writes with it. */
const newline = Buffer.from('\n')

/**
 * Answers with one object. Where the client wants JSON in the version that is stored, the stored bytes go out as they are.
 */
export function respondStored(
  scope: RequestScope,
  context: RequestContext,
  code: number,
  stored: Pick<Stored, 'bytes'> & { readonly object: KubeObject | (() => KubeObject); readonly current?: boolean },
  negotiated: Negotiated,
): Promise<void> | void {
  if (
    negotiated.as === undefined &&
    negotiated.mediaType === 'application/json' &&
    !negotiated.pretty &&
    scope.asStored &&
    stored.current !== false
  ) {
    context.audit?.responseObject(() => stored.bytes)
    return context.exchange.send(code, 'application/json', [stored.bytes, newline])
  }
  const object = inOrder(typeof stored.object === 'function' ? stored.object() : stored.object)
  if (negotiated.as === undefined || scope.version.kind !== scope.resource.kind)
    return respondObject(scope, context, code, scope.show(object), negotiated)
  return respondAs(scope, context, code, object, negotiated, negotiated.as)
}

/** What was just created got its resourceVersion last; Go writes it behind uid. */
function inOrder(object: KubeObject): KubeObject {
  const names = Object.keys(object.metadata)
  if (names.at(-1) !== 'resourceVersion') return object
  const { name, generateName, namespace, selfLink, uid, resourceVersion, ...rest } = object.metadata
  const first = { name, generateName, namespace, selfLink, uid, resourceVersion }
  const known = Object.fromEntries(Object.entries(first).filter(([, value]) => value !== undefined))
  return { ...object, metadata: { ...known, ...rest } }
}

/** Answers with an object that is already in the form of the request's version and has no other. */
export function respondObject(
  scope: RequestScope,
  context: RequestContext,
  code: number,
  object: KubeObject,
  negotiated: Negotiated,
): Promise<void> | void {
  if (negotiated.as !== undefined) return respondAs(scope, context, code, object, negotiated, negotiated.as)
  return respond(context, code, object, negotiated)
}

function respondAs(
  scope: RequestScope,
  context: RequestContext,
  code: number,
  object: KubeObject,
  negotiated: Negotiated,
  as: Transform,
): Promise<void> | void {
  if (as.kind === 'Table')
    return respond(
      context,
      code,
      tableOf(scope, tableRequest(scope, context, as.version), [object], object.metadata),
      negotiated,
    )
  if (as.kind === 'PartialObjectMetadataList' && scope.version.form !== undefined)
    throw new ApiError('', 'content is not a list')
  if (as.kind === 'PartialObjectMetadataList')
    throw notAcceptable(
      `you requested PartialObjectMetadataList, but the requested object is not a list (${goType(scope)})`,
    )
  return respond(context, code, partialMetadata(object, as.version), negotiated)
}

export function respondStatus(
  context: RequestContext,
  code: number,
  status: Omit<Status, 'kind' | 'apiVersion'>,
  negotiated: Negotiated,
): Promise<void> | void {
  return respond(context, code, { kind: 'Status', apiVersion: 'v1', ...status }, negotiated)
}

/** Encodes any value and answers with it. */
export function respond(
  context: RequestContext,
  code: number,
  value: unknown,
  { mediaType, pretty }: Negotiated,
): void {
  if (context.audit !== undefined) tell(context.audit, value)
  context.exchange.send(code, mediaType, encodeBody(mediaType, value, pretty))
}

function tell(audit: RequestAudit, value: unknown): void {
  const { kind, apiVersion } = value as { kind?: unknown; apiVersion?: unknown }
  if (kind === 'Status' && apiVersion === 'v1') audit.responseStatus(value as Record<string, unknown>)
  else audit.responseObject(() => encodeJson(value))
}

/** The name of upstream's internal Go type, which some refusals tell; that of a list ends in "List". */
export function goType({ version, resource }: RequestScope): string {
  if (version.form !== undefined) return '*unstructured.Unstructured'
  const named = resource.itemsKeepTypeMeta === true ? version.version : version.group.split('.', 1)[0] || 'core'
  return `*${named}.${version.kind}`
}

export const notAcceptable = (message: string): ApiError => new ApiError('NotAcceptable', message)
