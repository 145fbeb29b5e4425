import { ApiError, conflict, type KubeObject } from '../../api/index.js'
import { decodeCbor, parseYaml, stringifyJson } from '../../codec/index.js'
import type { RequestContext } from '../../http/index.js'
import { matchNamespace, type UpdateRequest } from '../../registry/index.js'
import { validateManager } from '../field-manager.js'
import { negotiate, representationsOf } from '../negotiate.js'
import { dedupeOwners } from '../owner-references.js'
import { applying } from '../patch/apply.js'
import { patching } from '../patch/json-patches.js'
import {
  applyCborPatchType,
  applyPatchType,
  jsonPatchType,
  mergePatchType,
  strategicPatchType,
} from '../patch/mechanism.js'
import { booleanOf, writeOptions } from '../query-options.js'
import { respondStored } from '../respond.js'
import { mutateAndKeep, type RequestScope, registryOf, writeRequest } from '../scope.js'
import { checkName } from './update.js'
import { updateOrLeaner } from './without-owners.js'

const patchTypes = new Set([jsonPatchType, mergePatchType, strategicPatchType, applyPatchType])

/** PATCH of an object, in all its types. Source: apiserver pkg/endpoints/handlers/patch.go. */
export async function patch(scope: RequestScope, context: RequestContext): Promise<void> {
  const type = (context.exchange.headers['content-type'] ?? '').split(';', 1)[0]!.trim()
  // The web service's refusal, which comes before upstream's own.
  const isApply = type === applyPatchType || (type === applyCborPatchType && scope.environment.cbor)
  if (!patchTypes.has(type) && !isApply) throw new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', {})
  const negotiated = negotiate(context, representationsOf(scope))
  const body = await context.exchange.body(scope.environment.maxRequestBodyBytes)
  const force = booleanOf(context.query, 'force')
  const options = writeOptions(context.query, 'PatchOptions', validateManager, (errors) => {
    if (!isApply) {
      if (force !== undefined) errors.forbidden('force', 'may not be specified for non-apply patch')
    } else if (!context.query.get('fieldManager')) errors.required('fieldManager', 'is required for apply patch')
  })
  if (context.audit?.wantsRequest === true) {
    const text = await patchText(type, body)
    context.audit.requestObject(() => text)
  }
  const mechanism = isApply
    ? applying(scope, context, type, body, options, force === true)
    : patching(scope, context, type, body, options)
  const registry = registryOf(scope)
  const { info } = context
  const request: UpdateRequest = {
    ...writeRequest(scope, context, 'UPDATE', options.sent, options.dryRun),
    createIfAbsent: mechanism.creates,
    authorizeCreate: () => scope.environment.authorize(context, 'create'),
    size: body.length,
    async next(existing, size) {
      const live = existing === undefined ? undefined : scope.live(existing)
      const patched = await mechanism.patch(live, size)
      // An applied body may have none.
      if ((patched as Partial<KubeObject>).metadata === undefined) patched.metadata = {}
      if (existing === undefined && patched.metadata.uid)
        throw conflict(
          registry.groupResource,
          info.name,
          `uid mismatch: the provided object specified uid ${patched.metadata.uid}, and no existing object was found`,
        )
      matchNamespace(registry, patched, info.namespace)
      checkName(patched, info.name)
      const object = await mutateAndKeep(scope, context, patched, live, existing, options)
      dedupeOwners(object, context, true)
      return object
    },
  }
  const stored = await (isApply ? registry.update(info.name, request) : updateOrLeaner(registry, info.name, request))
  return respondStored(scope, context, stored.created ? 201 : 200, stored, negotiated)
}

/** A patch as JSON, for the audit log: apply configurations may be YAML. What is neither is told as a string. */
async function patchText(type: string, body: Buffer): Promise<string> {
  const text = body.toString()
  try {
    if (type === applyCborPatchType) return stringifyJson(decodeCbor(body))
    if (type === applyPatchType) return stringifyJson((await parseYaml(body)).value)
    JSON.parse(text)
    return text
  } catch {
    return JSON.stringify(text)
  }
}
