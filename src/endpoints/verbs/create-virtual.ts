import { ApiError, badRequest, type KubeObject, type Status } from '../../api/index.js'
import type { RequestContext } from '../../http/index.js'
import type { VirtualResource } from '../../registry/index.js'
import { managerOf } from '../field-manager.js'
import type { Negotiated } from '../negotiate.js'
import { dedupeOwners } from '../owner-references.js'
import type { WriteQuery } from '../query-options.js'
import { respondObject, respondStatus } from '../respond.js'
import { attributesOf, mutate, noSuchMethod, type RequestScope, writeRequest } from '../scope.js'
import { wipeSystemFields } from '../system-fields.js'

/** POST of something that is answered but not stored: everything of a create but the registry. */
export async function createVirtual(
  scope: RequestScope,
  context: RequestContext,
  virtual: VirtualResource,
  received: KubeObject,
  options: WriteQuery,
  negotiated: Negotiated,
): Promise<void> {
  if (virtual.create === undefined) throw noSuchMethod()
  adoptNamespace(received, scope.resource.namespaced ? context.info.namespace : '')
  if (virtual.keepsSystemFields !== true) wipeSystemFields(received.metadata)
  dedupeOwners(received, context, false)
  const object = scope.fieldManager.update(undefined, received, managerOf(options.fieldManager, context))
  await mutate(scope, attributesOf(scope, context, 'CREATE', object, undefined, options.sent, options.dryRun))
  dedupeOwners(object, context, true)
  const request = writeRequest(scope, context, 'CREATE', options.sent, options.dryRun)
  const answer = await virtual.create(context, object, request)
  if (answer.kind !== 'Status') return respondObject(scope, context, 201, answer, negotiated)
  return respondStatus(context, 201, successful(answer as unknown as Status), negotiated)
}

/** What an action answers that failed is an error; what succeeded is told with its code. */
function successful({ kind: _, apiVersion: __, ...status }: Status): Omit<Status, 'kind' | 'apiVersion'> {
  if (status.status === 'Success') return { ...status, metadata: {}, code: 201 }
  throw new ApiError('', status.message ?? '', status.details, status.code ?? 500)
}

function adoptNamespace({ metadata }: KubeObject, namespace: string): void {
  if (namespace === '') delete metadata.namespace
  else if (!metadata.namespace) metadata.namespace = namespace
  else if (metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}
