import { badRequest, copySent, type KubeObject, keepSent, largeObject, quote } from '../../api/index.js'
import { encodeJson } from '../../codec/index.js'
import type { RequestContext } from '../../http/index.js'
import { matchNamespace } from '../../registry/index.js'
import { managerOf, validateManager } from '../field-manager.js'
import { negotiate, representationsOf } from '../negotiate.js'
import { dedupeOwners } from '../owner-references.js'
import { writeOptions } from '../query-options.js'
import { readObject } from '../read-object.js'
import { respondStored } from '../respond.js'
import { mutateAndKeep, type RequestScope, registryOf, writeRequest } from '../scope.js'
import { updateOrLeaner } from './without-owners.js'

/** PUT of an object, or of its status. Source: apiserver pkg/endpoints/handlers/update.go. */
export async function update(scope: RequestScope, context: RequestContext): Promise<void> {
  const negotiated = negotiate(context, representationsOf(scope))
  const body = await context.exchange.body(scope.environment.maxRequestBodyBytes)
  const options = writeOptions(context.query, 'UpdateOptions', validateManager)
  const received = await readObject(scope, context, body, options.fieldValidation)
  context.audit?.requestObject(() => encodeJson(received), received.metadata)
  const registry = registryOf(scope)
  const { info } = context
  checkName(received, info.name)
  matchNamespace(registry, received, info.namespace)
  dedupeOwners(received, context, false)
  const manager = managerOf(options.fieldManager, context)
  const stored = await updateOrLeaner(registry, info.name, {
    ...writeRequest(scope, context, 'UPDATE', options.sent, options.dryRun),
    ...(received.metadata.uid ? { uid: received.metadata.uid } : {}),
    authorizeCreate: () => scope.environment.authorize(context, 'create'),
    size: body.length,
    async next(existing, size) {
      const live = existing === undefined ? undefined : scope.live(existing)
      const { fieldManager } = scope
      const sent = keepSent(received, copySent(received))
      const tracked =
        size + body.length < largeObject && !fieldManager.waits
          ? fieldManager.update(live, sent, manager)
          : await fieldManager.updateInTurns(live, sent, manager)
      const object = await mutateAndKeep(scope, context, tracked, live, existing, options)
      dedupeOwners(object, context, true)
      return object
    },
  })
  return respondStored(scope, context, stored.created ? 201 : 200, stored, negotiated)
}

/** The name in the body must be the one in the path. */
export function checkName({ metadata }: KubeObject, name: string): void {
  if (!metadata.name)
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  checkSegment(name)
}

/** What can be no segment of a key is no name. Source: apimachinery pkg/api/validation/path. */
export function checkSegment(name: string): void {
  const wrong = name === '.' || name === '..' ? `may not be '${name}'` : name.includes('%') ? `may not contain '%'` : ''
  if (wrong !== '') throw badRequest(`Name parameter invalid: ${quote(name)}: ${wrong}`)
}
