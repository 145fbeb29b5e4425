import type { AdmissionAttributes, AdmissionChain, Operation } from '../admission/index.js'
import { ApiError, type KubeObject } from '../api/index.js'
import { type FieldManager, managedFieldsAfterAdmission } from '../apply/index.js'
import type { BufferPool, RequestContext } from '../http/index.js'
import type { Hub } from '../hub/index.js'
import type { GenericRegistry, Resource, ResourceVersion, Subresource, WriteRequest } from '../registry/index.js'
import type { EquivalentResources } from './equivalents.js'
import { objectViews, shownViews } from './object-views.js'
import type { Turnstile } from './turnstile.js'

/** What all endpoints of a server share. */
export interface EndpointEnvironment {
  readonly hub: Hub
  readonly admission: AdmissionChain
  /** What is served of the same objects under several names. Filled by routers. */
  readonly equivalents: EquivalentResources
  /** Watches that are going on; the server ends them when it stops. */
  readonly watches: Set<{ end(): void }>
  /** Whether objects are also spoken of in CBOR. */
  readonly cbor: boolean
  /** Long answers take turns. */
  readonly turns: Turnstile
  /** What they are put together in. */
  readonly buffers: BufferPool
  /** Bytes of a request body. */
  readonly maxRequestBodyBytes: number
  /** A watch without timeoutSeconds ends after a random time between this and twice this. */
  readonly minRequestTimeoutMs: number
  /** Number between 0 and 1, for spreading the ends of watches. */
  random(): number
  now(): number
  /** A version was asked for that is deprecated. @param removedRelease in which it goes, "1.27"; may be empty */
  onDeprecated?(context: RequestContext, removedRelease: string): void
  /** Asked for once a watch. @returns counts events as they are sent */
  watching?(context: RequestContext): (events: number) => void
  /** Asks whether the user of a request may also do something else: create on update. Throws Forbidden. */
  authorize(context: RequestContext, verb: string): Promise<void> | void
}

/** One resource in one version (and one subresource), as a request addresses it. Upstream: handlers.RequestScope. */
export interface RequestScope {
  readonly resource: Resource
  /** Of what goes in and out: the resource's, or for scale that of Scale. */
  readonly version: ResourceVersion
  /** Absent for resources of which nothing is stored. */
  readonly registry: GenericRegistry | undefined
  readonly subresource: Subresource | undefined
  readonly environment: EndpointEnvironment
  /** Keeps managedFields for objects of this version and subresource. */
  readonly fieldManager: FieldManager
  /** Objects lie in the store just as this scope shows them: stored bytes can be sent. */
  readonly asStored: boolean
  /** A stored object as this scope shows it. Does not change the object it is given. */
  show(stored: KubeObject): KubeObject
  /** The same as what patches and updates start from: a scale then has its managedFields. */
  live(stored: KubeObject): KubeObject
  /** The same as validating admission sees it, where that differs: a scale then has none. */
  judged?(stored: KubeObject): KubeObject
  /** The way back: what to store instead of `existing`. May change `shown`. */
  keep(shown: KubeObject, existing: KubeObject | undefined): KubeObject
}

/** The registry of a scope whose verbs promise one. */
export function registryOf(scope: RequestScope): GenericRegistry {
  if (scope.registry === undefined) throw new Error(`${scope.resource.resource} is not stored`)
  return scope.registry
}

/** What the registry must know about who writes; validating admission included. */
export function writeRequest(
  scope: RequestScope,
  context: RequestContext,
  operation: Operation,
  options: Readonly<Record<string, unknown>>,
  dryRun: boolean,
): WriteRequest {
  const { info, user } = context
  return {
    namespace: scope.resource.namespaced ? info.namespace : '',
    subresource: info.subresource,
    dryRun,
    user,
    warn: (text) => void context.warnings.add(text),
    async admit(object, old, grace) {
      const actual = operation === 'UPDATE' && old === undefined ? 'CREATE' : operation
      // Of a collection each object has options of its own.
      const isOne = operation === 'DELETE' && info.name !== ''
      const told = isOne ? deletionOptions(scope, options, old, grace) : options
      const attributes = attributesOf(scope, context, actual, object, old, told, dryRun)
      if (operation === 'DELETE') await scope.environment.admission.admit(attributes)
      await scope.environment.admission.validate(attributes)
    },
  }
}

/**
 * Options as the deletion has made them out before anybody is asked: with the grace period that the kind gives, and where a
 * kind takes its deletion into its own hands, with whom it deletes.
 */
function deletionOptions(
  { resource }: RequestScope,
  options: Readonly<Record<string, unknown>>,
  old: KubeObject | undefined,
  grace: number | undefined,
): Readonly<Record<string, unknown>> {
  if (grace !== undefined) return { ...options, gracePeriodSeconds: grace }
  if (((options.gracePeriodSeconds as number | undefined) ?? 0) < 0) return { ...options, gracePeriodSeconds: 1 }
  if (resource.rules.holdDeletion === undefined || old === undefined) return options
  return { ...options, preconditions: { uid: old.metadata.uid, ...(options.preconditions as object | undefined) } }
}

export function attributesOf(
  scope: RequestScope,
  context: RequestContext,
  operation: Operation,
  object: KubeObject | undefined,
  oldObject: KubeObject | undefined,
  options: Readonly<Record<string, unknown>>,
  dryRun: boolean,
): AdmissionAttributes {
  const { info, user } = context
  const { resource, version, subresource } = scope
  const kind = subresource?.responseKind ?? { group: version.group, version: version.version, kind: version.kind }
  const name = info.name !== '' ? info.name : (object?.metadata.name ?? '')
  const ofNamespaces = resource.group === '' && resource.resource === 'namespaces'
  return {
    operation,
    kind: { ...kind, group: kind.group || version.group, version: kind.version || version.version },
    resource: { group: resource.group, version: info.apiVersion, resource: resource.resource },
    subresource: info.subresource,
    namespace: ofNamespaces ? name : resource.namespaced ? info.namespace : '',
    name,
    pathName: info.name,
    object,
    oldObject,
    options,
    dryRun,
    user,
    views: objectViews(scope),
    time: context,
    warn: (text) => void context.warnings.add(text),
    annotate: (key, value, level) => {
      if (level === undefined || context.audit?.wantsRequest === true) context.audit?.annotate(key, value)
    },
  }
}

/**
 * Mutating admission of what a change has made of an object, and what is to be stored of it. A scale is admitted as such, before
 * it becomes a part of its object.
 *
 * @param shown by the scope; it is changed
 * @param live what it was made from
 */
export async function mutateAndKeep(
  scope: RequestScope,
  context: RequestContext,
  shown: KubeObject,
  live: KubeObject | undefined,
  existing: KubeObject | undefined,
  { sent, dryRun }: { readonly sent: Readonly<Record<string, unknown>>; readonly dryRun: boolean },
): Promise<KubeObject> {
  const operation = existing === undefined ? 'CREATE' : 'UPDATE'
  if (scope.judged !== undefined) {
    const attributes = attributesOf(scope, context, operation, shown, live, sent, dryRun)
    await mutate(scope, { ...attributes, views: shownViews(scope) })
    return scope.keep(shown, existing)
  }
  const object = scope.keep(shown, existing)
  await mutate(scope, attributesOf(scope, context, operation, object, existing, sent, dryRun))
  return object
}

/**
 * Mutating admission. ManagedFields that a plugin has made a mess of are those from before.
 * Source: apimachinery pkg/util/managedfields, NewManagedFieldsValidatingAdmissionController.
 */
export async function mutate(scope: RequestScope, attributes: AdmissionAttributes): Promise<void> {
  const { metadata } = attributes.object ?? {}
  const before = metadata?.managedFields
  await scope.environment.admission.admit(attributes)
  const after = attributes.object?.metadata
  if (after === undefined || after.managedFields === before) return
  const { managedFields, warning } = managedFieldsAfterAdmission(before, after.managedFields)
  if (managedFields === undefined) delete after.managedFields
  else after.managedFields = managedFields
  if (warning !== undefined) attributes.warn(warning)
}

/** 404 as the web service answers it: nothing is served under this path. */
export const noSuchResource = (): ApiError =>
  new ApiError('NotFound', 'the server could not find the requested resource', {})

/** 405 as the web service answers it: something is, but not with this method. */
export const noSuchMethod = (): ApiError =>
  new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
