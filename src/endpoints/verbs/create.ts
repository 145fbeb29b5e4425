import { largeObject, nextTurn } from '../../api/index.js'
import { encodeJson } from '../../codec/index.js'
import type { RequestContext } from '../../http/index.js'
import { isTooLarge, matchNamespace } from '../../registry/index.js'
import { managerOf, validateManager } from '../field-manager.js'
import { negotiate, representationsOf } from '../negotiate.js'
import { dedupeOwners } from '../owner-references.js'
import { writeOptions } from '../query-options.js'
import { readObject } from '../read-object.js'
import { respondStored } from '../respond.js'
import { attributesOf, mutate, type RequestScope, registryOf, writeRequest } from '../scope.js'
import { wipeSystemFields } from '../system-fields.js'
import { createVirtual } from './create-virtual.js'
import { withoutOwners } from './without-owners.js'

/** POST of an object to a collection, or to a subresource. Source: apiserver pkg/endpoints/handlers/create.go. */
export async function create(scope: RequestScope, context: RequestContext): Promise<void> {
  const negotiated = negotiate(context, representationsOf(scope))
  const body = await context.exchange.body(scope.environment.maxRequestBodyBytes)
  const options = writeOptions(context.query, 'CreateOptions', validateManager)
  const received = await readObject(scope, context, body, options.fieldValidation)
  context.audit?.requestObject(() => encodeJson(received), received.metadata)
  const virtual = (scope.subresource ?? scope.resource).virtual
  if (virtual !== undefined) return createVirtual(scope, context, virtual, received, options, negotiated)
  const registry = registryOf(scope)
  wipeSystemFields(received.metadata)
  dedupeOwners(received, context, false)
  const manager = managerOf(options.fieldManager, context)
  const large = body.length >= largeObject
  if (large) await nextTurn()
  const tracked =
    large || scope.fieldManager.waits
      ? await scope.fieldManager.updateInTurns(undefined, received, manager)
      : scope.fieldManager.update(undefined, received, manager)
  const object = scope.keep(tracked, undefined)
  matchNamespace(registry, object, context.info.namespace)
  await mutate(scope, attributesOf(scope, context, 'CREATE', object, undefined, options.sent, options.dryRun))
  dedupeOwners(object, context, true)
  if (large) await nextTurn()
  const request = { ...writeRequest(scope, context, 'CREATE', options.sent, options.dryRun), size: body.length }
  const stored = await registry.create(object, request).catch((error: unknown) => {
    if (!isTooLarge(error)) throw error
    return registry.create(withoutOwners(object), request)
  })
  return respondStored(scope, context, 201, stored, negotiated)
}
