import {
  ApiError,
  alreadyExists,
  badRequest,
  copyJson,
  FieldErrors,
  internalError,
  invalid,
  type KubeObject,
  largeObject,
  nextTurn,
  quote,
  rfc3339,
  validateObjectMeta,
} from '../api/index.js'
import { isStorableKey, isUnreadable, StoreError, type WriteValue } from '../store/index.js'
import type { WriteRequest } from './environment.js'
import type { GenericRegistry } from './generic-registry.js'
import type { Written } from './resource.js'
import { selectionIndex } from './selection.js'
import { fromStoreError } from './store-errors.js'
import { encodeForStore, type Stored, withRevision } from './stored.js'

/** Eight tries make a million names for one prefix a thousandth of a risk. Source: genericregistry, RetryGenerateName. */
const nameAttempts = 8
/** generateName is cut so that the name with its suffix stays a label. Source: apiserver pkg/storage/names. */
const maxGeneratedPrefix = 63 - 5

/**
 * Stores a new object. `object` is in the storage version, decoded and defaulted, admitted by mutating admission; it is
 * changed in place. With dryRun everything but the commit happens.
 *
 * Throws ApiError: Invalid, AlreadyExists, BadRequest, whatever admission refuses with.
 */
export async function create(registry: GenericRegistry, object: KubeObject, request: WriteRequest): Promise<Stored> {
  const { name, generateName } = object.metadata
  if (name || !generateName) return createOnce(registry, object, request)
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(registry, copyJson(object), request)
    } catch (error) {
      if (attempt === nameAttempts || !(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error
    }
  }
}

async function createOnce(registry: GenericRegistry, object: KubeObject, request: WriteRequest): Promise<Stored> {
  const { environment, companions } = registry
  const large = (request.size ?? 0) >= largeObject
  const loading = registry.resource.rules.ready?.(object, undefined, environment)
  if (loading !== undefined) await loading
  const judging = prepareNew(registry, object, request)
  if (judging !== undefined) await judging
  if (large) await nextTurn()
  await request.admit?.(object, undefined)
  const name = object.metadata.name ?? ''
  const key = registry.key(request.namespace, name)
  // Upstream's store takes both, to the size of a whole object; ours has its names in a tree of pages.
  if (!isStorableKey(key))
    throw badRequest(`Name parameter invalid: ${quote(name)}: too long to be stored, or with NUL`)
  for (;;) {
    if (environment.store.get(key) !== undefined) {
      await registry.fresh()
      if (environment.store.get(key) !== undefined) throw exists(registry, object, key)
    }
    if (request.dryRun) {
      await companions.onCreate?.(object, request)
      return dryRunResult(registry, object)
    }
    if (Number(object.metadata.resourceVersion ?? 0) > 0)
      throw new ApiError('', 'resourceVersion should not be set on objects to be created')
    const others = (await companions.onCreate?.(object, request)) ?? []
    const { stored, value } = await encodeNew(registry, object, large)
    const ttlSeconds = registry.resource.rules.ttlSeconds?.(stored)
    const write = {
      prefix: registry.prefix,
      key,
      expect: 0,
      value,
      ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    }
    const result = await commit(registry, [write, ...others])
    if (result.kind === 'committed') return storedAt(stored, value, result.revision)
    if (result.key === key) throw exists(registry, object, key)
  }
}

/**
 * System fields, name, the rules' preparation and validation of an object that is about to be created; in place.
 * Source: apiserver pkg/registry/rest/create.go, BeforeCreate.
 */
export function prepareNew(
  registry: GenericRegistry,
  object: KubeObject,
  request: WriteRequest,
): Promise<void> | undefined {
  const { resource, environment } = registry
  const { rules } = resource
  const meta = object.metadata
  const context = registry.ruleContext(request)
  meta.creationTimestamp = rfc3339(environment.now())
  meta.uid = environment.uid()
  if (!meta.name && meta.generateName)
    meta.name = rules.bareGenerateName
      ? meta.generateName
      : meta.generateName.slice(0, maxGeneratedPrefix) + environment.nameSuffix()
  matchNamespace(registry, object, request.namespace)
  if (request.subresource === '') registry.companions.beginCreate?.(object, request)
  if (rules.generation) meta.generation = 1
  if (!rules.keepStatusOnCreate && hasStatus(registry)) object.status = {}
  rules.prepareForCreate?.(object, context)

  const errors = new FieldErrors()
  if (!rules.ownMetadata) {
    const name = rules.name ?? 'dns1123Subdomain'
    validateObjectMeta(meta, { namespaced: resource.namespaced, name }, 'metadata', errors)
  }
  rules.validate?.(object, errors, context)
  const judging = rules.judge?.(object, undefined, errors, context)
  if (judging !== undefined) return judging.then(finish)
  finish()
  return undefined

  function finish(): void {
    if (errors.empty)
      validateObjectMeta(meta, { namespaced: resource.namespaced, name: 'pathSegment' }, 'metadata', errors)
    if (!errors.empty) throw invalid(registry.groupKind, meta.name ?? '', errors)
    for (const text of rules.warnings?.(object, undefined, context) ?? []) request.warn(text)
  }
}

export const hasStatus = ({ resource }: GenericRegistry): boolean =>
  resource.subresources.some((sub) => sub.name === 'status')

/**
 * The request's namespace wins where the object has none, and cluster-scoped objects lose theirs; a different one is
 * refused. Source: rest.EnsureObjectNamespaceMatchesRequestNamespace.
 */
export function matchNamespace(registry: GenericRegistry, object: KubeObject, namespace: string): void {
  const { metadata } = object
  if (!registry.resource.namespaced) delete metadata.namespace
  else if (!metadata.namespace) metadata.namespace = namespace
  else if (metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
}

/** The encoding of an object that is being created. */
export async function encodeNew(registry: GenericRegistry, object: KubeObject, large: boolean): Promise<Written> {
  const { stored, value } = await (large ? encodeInTurns : encode)(registry, object)
  const { resource } = registry
  const { unsettledWhenCreated: unsettled = false } = resource.rules
  if (!(typeof unsettled === 'function' ? unsettled(stored) : unsettled)) return { stored, value }
  return { stored, value: { ...value, index: selectionIndex(resource, stored, true) } }
}

/** An object in stored form, and its encoding. */
export function encode(registry: GenericRegistry, object: KubeObject): Written | Promise<Written> {
  const { environment, resource, storage } = registry
  if (storage.form !== undefined) return storage.form.write(object)
  const stored = environment.normalize(object, storage.version.shape)
  return { stored, value: encodeForStore(stored, selectionIndex(resource, stored), environment.codec) }
}

/** The same of a large object, with the event loop let go in between. */
export async function encodeInTurns(registry: GenericRegistry, object: KubeObject): Promise<Written> {
  const { environment, resource, storage } = registry
  await nextTurn()
  if (storage.form !== undefined) return storage.form.write(object)
  const stored = environment.normalize(object, storage.version.shape)
  await nextTurn()
  const value = encodeForStore(stored, selectionIndex(resource, stored), environment.codec)
  await nextTurn()
  return { stored, value }
}

export function storedAt(object: KubeObject, value: WriteValue, revision: number): Stored {
  object.metadata.resourceVersion = String(revision)
  return { object, bytes: withRevision(value, revision), revision }
}

/** What a dry run answers: the object as it would be stored, with the resourceVersion that it came with, if any. */
export async function dryRunResult(registry: GenericRegistry, object: KubeObject): Promise<Stored> {
  const { environment, storage } = registry
  const { form } = storage
  const stored =
    form === undefined ? environment.normalize(object, storage.version.shape) : (await form.write(object)).stored
  return {
    object: stored,
    bytes: form === undefined ? environment.codec.encode(stored) : form.encode(stored),
    revision: Number(stored.metadata.resourceVersion ?? 0) || 0,
  }
}

export async function commit(
  registry: GenericRegistry,
  writes: Parameters<GenericRegistry['environment']['store']['commit']>[0],
): ReturnType<GenericRegistry['environment']['store']['commit']> {
  try {
    return await registry.environment.store.commit(writes)
  } catch (error) {
    throw error instanceof StoreError
      ? fromStoreError(error)
      : internalError((error as Error).message, { cause: error })
  }
}

function exists(registry: GenericRegistry, object: KubeObject, key: string): ApiError {
  const name = object.metadata.name ?? ''
  let error = alreadyExists(registry.groupResource, name)
  if (object.metadata.generateName)
    error = new ApiError(
      'AlreadyExists',
      `${error.message}, the server was not able to generate a unique name for the object`,
      { ...error.details, retryAfterSeconds: 1 },
    )
  const record = registry.environment.store.get(key)
  const deleting =
    record !== undefined && !isUnreadable(record) && registry.parse(record).metadata.deletionTimestamp !== undefined
  return deleting ? new ApiError('AlreadyExists', `object is being deleted: ${error.message}`, error.details) : error
}
