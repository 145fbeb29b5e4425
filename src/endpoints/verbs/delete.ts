import { FieldErrors, invalid, structShape } from '../../api/index.js'
import { decodeOptionsBody } from '../../codec/index.js'
import type { RequestContext } from '../../http/index.js'
import { type DeleteOptions, type ListPage, list as listRecords } from '../../registry/index.js'
import { optionReaders } from '../body-readers.js'
import { type Negotiated, negotiate, representationsOf } from '../negotiate.js'
import { type DeleteQuery, deleteOptions, listOptions, unsafeOption, validateDeleteOptions } from '../query-options.js'
import { respondStatus, respondStored } from '../respond.js'
import { type RequestScope, registryOf, writeRequest } from '../scope.js'
import { selectionOf } from '../selectors.js'
import { respondList } from './list.js'

/** DELETE of one object. Source: apiserver pkg/endpoints/handlers/delete.go. */
export async function deleteOne(scope: RequestScope, context: RequestContext): Promise<void> {
  const negotiated = negotiate(context, representationsOf(scope))
  const options = await readDeleteOptions(scope, context)
  const dryRun = (options.dryRun?.length ?? 0) > 0
  const registry = registryOf(scope)
  const { name } = context.info
  if (isUnsafe(scope, options)) return deleteUnreadable(scope, context, name, negotiated)
  const request = writeRequest(scope, context, 'DELETE', { ...options }, dryRun)
  scope.resource.rules.checkDeletion?.(name)
  for (const text of scope.resource.rules.deleteWarnings?.(options) ?? []) context.warnings.add(text)
  const deletion = await registry.delete(name, options as DeleteOptions, request)
  const code = !deletion.deleted && options.orphanDependents === false ? 202 : 200
  if (!deletion.deleted || scope.resource.rules.returnDeletedObject)
    return respondStored(scope, context, code, deletion, negotiated)
  const { group, resource } = registry.groupResource
  const details = { name, ...(group === '' ? {} : { group }), kind: resource, uid: deletion.object.metadata.uid ?? '' }
  return respondStatus(context, code, { metadata: {}, status: 'Success', details }, negotiated)
}

/** Whether what cannot be read is to be deleted. Without the gate the option means nothing. */
const isUnsafe = (scope: RequestScope, options: DeleteQuery): boolean =>
  options.ignoreStoreReadErrorWithClusterBreakingPotential === true &&
  registryOf(scope).environment.enabled('AllowUnsafeMalformedObjectDeletion')

/** Source: apiserver pkg/endpoints/handlers/delete.go and registry/generic/registry/corrupt_obj_deleter.go. */
async function deleteUnreadable(
  scope: RequestScope,
  context: RequestContext,
  name: string,
  negotiated: Negotiated,
): Promise<void> {
  context.audit?.annotate('apiserver.k8s.io/unsafe-delete-ignore-read-error', '')
  await scope.environment.authorize(context, 'unsafe-delete-ignore-read-errors')
  const registry = registryOf(scope)
  if (!(await registry.deleteUnreadable(context.info.namespace, name))) {
    const errors = new FieldErrors()
    errors.invalid(
      unsafeOption,
      true,
      'is exclusively used to delete corrupt object(s), try again by removing this option',
    )
    throw invalid({ group: registry.groupResource.group, kind: registry.groupResource.resource }, name, errors)
  }
  // There is no object to tell of: a status of upstream's handler, which names the kind.
  const details = { name, kind: scope.resource.kind }
  return respondStatus(context, 200, { metadata: {}, status: 'Success', details, code: 200 }, negotiated)
}

/** DELETE of a collection: object by object, those that others have deleted meanwhile left out. Not atomic. */
export async function deleteCollection(scope: RequestScope, context: RequestContext): Promise<void> {
  const negotiated = negotiate(context, representationsOf(scope))
  const query = listOptions(context.query, false)
  const selection = selectionOf(scope, context, query)
  const options = await readDeleteOptions(scope, context)
  if (isUnsafe(scope, options)) {
    const errors = new FieldErrors()
    errors.invalid(unsafeOption, true, 'is not allowed with DELETECOLLECTION, try again after removing the option')
    throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
  }
  const dryRun = (options.dryRun?.length ?? 0) > 0
  for (const text of scope.resource.rules.deleteWarnings?.(options) ?? []) context.warnings.add(text)
  const registry = registryOf(scope)
  const page = await listRecords(
    registry,
    { namespace: scope.resource.namespaced ? context.info.namespace : '', ...selection },
    // Upstream lists in pages, and a page of a revision is what was there then.
    query.resourceVersionMatch === '' && query.resourceVersion !== '' && query.resourceVersion !== '0'
      ? { ...query, resourceVersionMatch: 'Exact' }
      : query,
  )
  const records = [...page.records]
  await registry.ready(records)
  for (const record of records) {
    const object = registry.parse(record)
    const request = {
      ...writeRequest(scope, context, 'DELETE', { ...options }, dryRun),
      namespace: object.metadata.namespace ?? '',
    }
    try {
      await registry.delete(object.metadata.name ?? '', options as DeleteOptions, request)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  const deleted: ListPage = { ...page, records }
  return respondList(scope, context, deleted, negotiated)
}

const isNotFound = (error: unknown): boolean => (error as { reason?: string }).reason === 'NotFound'

async function readDeleteOptions(scope: RequestScope, context: RequestContext): Promise<DeleteQuery> {
  const body = await context.exchange.body(scope.environment.maxRequestBodyBytes)
  const options =
    body.length === 0
      ? deleteOptions(context.query)
      : ((await decodeOptionsBody(body, context.exchange.headers['content-type'], {
          shape: structShape('meta.v1.DeleteOptions'),
          others: optionReaders(scope.environment.cbor),
        })) as DeleteQuery)
  // Whatever version the client sent, upstream logs what it was decoded into.
  if (body.length > 0)
    context.audit?.requestObject(() =>
      JSON.stringify({ ...options, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/__internal' }),
    )
  validateDeleteOptions(options, isUnsafe(scope, options))
  return options
}
