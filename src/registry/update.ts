import {
  ApiError,
  conflict,
  copyJson,
  equalJson,
  FieldErrors,
  holdsLeftOut,
  invalid,
  type KubeObject,
  keepSent,
  largeObject,
  nextTurn,
  notFound,
  objectModified,
  parseQuantity,
  type Shape,
  type StructShape,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from '../api/index.js'
import { ignoreManagedFieldsTimestamps } from '../apply/index.js'
import {
  commit,
  dryRunResult,
  encode,
  encodeInTurns,
  encodeNew,
  hasStatus,
  matchNamespace,
  prepareNew,
  storedAt,
} from './create.js'
import type { WriteRequest } from './environment.js'
import type { GenericRegistry } from './generic-registry.js'
import { checksMetadataOnce } from './metadata-once.js'
import type { RuleContext } from './rules.js'
import { isUnsettled } from './selection.js'
import { type Stored, withRevision } from './stored.js'

/** How an update of a subresource treats the object; upstream's update strategies of their own. */
export interface UpdateStrategy {
  prepare(object: KubeObject, old: KubeObject, context: RuleContext): void
  validate(object: KubeObject, old: KubeObject, errors: FieldErrors, context: RuleContext): void
}

export interface UpdateRequest extends WriteRequest {
  /**
   * Makes the new object out of the stored one (undefined: there is none and creating is allowed); both in the storage
   * version. Must not change `existing`. Called again after a conflict.
   * @param size of the stored object, in bytes of JSON
   */
  next(existing: KubeObject | undefined, size: number): Promise<KubeObject> | KubeObject
  /** Create what is not there, whatever the kind's rules say: server-side apply. */
  readonly createIfAbsent?: boolean
  /** The uid that the stored object must have. */
  readonly uid?: string
  /** Default: what the kind's rules have for the subresource, or those of its status, or the rules themselves. */
  readonly strategy?: UpdateStrategy
  /** Called before an absent object is created, to authorize that. */
  readonly authorizeCreate?: () => Promise<void> | void
}

export interface Updated extends Stored {
  readonly created: boolean
  /** The update took away the last finalizer of an object that was being deleted: it is gone. */
  readonly deleted: boolean
}

/**
 * Changes a stored object, again and again until nobody was faster. An update that changes nothing writes nothing and keeps
 * the resourceVersion.
 *
 * Throws ApiError: NotFound, Conflict (resourceVersion or uid differ), Invalid, whatever `next` and admission throw.
 * Source: genericregistry.Store.Update.
 */
export async function update(registry: GenericRegistry, name: string, request: UpdateRequest): Promise<Updated> {
  const { environment, resource } = registry
  const key = registry.key(request.namespace, name)
  // A subresource of what is not there creates nothing, but for the status of kinds whose objects any update creates.
  const mayCreate =
    request.subresource === ''
      ? resource.rules.allowCreateOnUpdate === true || request.createIfAbsent === true
      : request.subresource === 'status' && resource.rules.allowCreateOnUpdate === true
  await registry.fresh()
  for (;;) {
    const record = registry.readable(environment.store.get(key))
    if (record === undefined) {
      if (!mayCreate) throw notFound(registry.groupResource, name)
      const created = await createAbsent(registry, key, request)
      if (created === 'lost the race') continue
      return created
    }
    const conversion = registry.ready([record])
    if (conversion !== undefined) await conversion
    const existing = registry.parseShared(record)
    if (request.uid !== undefined && request.uid !== existing.metadata.uid)
      throw uidMismatch(
        registry,
        name,
        request.dryRun ? key.replace(/^\/registry/, '') : key,
        request.uid,
        existing.metadata.uid ?? '',
      )
    const large = Math.max(record.value.length, request.size ?? 0) >= largeObject
    if (large) await nextTurn()
    const made = await request.next(existing, record.value.length)
    if (large) await nextTurn()
    const next = made === existing ? copyJson(existing) : unshared(made, existing)
    checkRevision(registry, name, next, record.revision)
    const loading = resource.rules.ready?.(next, existing, environment)
    if (loading !== undefined) await loading
    const judging = prepareChanged(registry, next, existing, request)
    if (judging !== undefined) await judging
    if (large) await nextTurn()
    const object = ignoreManagedFieldsTimestamps(next, existing)
    await request.admit?.(object, existing)
    if (!request.dryRun) delete object.metadata.selfLink // never stored

    if (shouldDelete(registry, object, existing)) {
      const deletion = { prefix: registry.prefix, key, expect: record.revision }
      if (request.dryRun) return { ...(await dryRunResult(registry, object)), created: false, deleted: true }
      const others = (await registry.companions.onDelete?.(existing, request)) ?? []
      const result = await commit(registry, [deletion, ...others])
      if (result.kind === 'conflict') continue
      const { stored, value } = await encode(registry, object)
      // What is answered is the object as it was, not the revision of its deletion.
      return { ...storedAt(stored, value, record.revision), created: false, deleted: true }
    }
    const others = (await registry.companions.onUpdate?.(object, existing, request)) ?? []
    // Equal objects have equal bytes: nothing needs to be encoded to see that nothing has changed.
    const settled = !record.stale && !(resource.rules.unsettledWhenCreated && isUnsettled(record))
    if (others.length === 0 && settled && registry.storage.form === undefined && equalJson(object, existing))
      return { object: existing, bytes: record.value, revision: record.revision, created: false, deleted: false }
    if (large) await nextTurn()
    const { stored, value } = await (large ? encodeInTurns : encode)(registry, object)
    if (others.length === 0 && settled && withRevision(value, record.revision).equals(record.value))
      return { object: existing, bytes: record.value, revision: record.revision, created: false, deleted: false }
    if (request.dryRun) {
      stored.metadata.resourceVersion = String(record.revision)
      return { ...storedAt(stored, value, record.revision), created: false, deleted: false }
    }
    const ttlSeconds = resource.rules.ttlSeconds?.(stored)
    const write = { prefix: registry.prefix, key, expect: record.revision, value }
    const result = await commit(registry, [ttlSeconds === undefined ? write : { ...write, ttlSeconds }, ...others])
    if (result.kind === 'committed')
      return { ...storedAt(stored, value, result.revision), created: false, deleted: false }
  }
}

async function createAbsent(
  registry: GenericRegistry,
  key: string,
  request: UpdateRequest,
): Promise<Updated | 'lost the race'> {
  const object = await request.next(undefined, 0)
  parseRevision(object)
  const loading = registry.resource.rules.ready?.(object, undefined, registry.environment)
  if (loading !== undefined) await loading
  const judging = prepareNew(registry, object, request)
  if (judging !== undefined) await judging
  await request.authorizeCreate?.()
  await request.admit?.(object, undefined)
  // Upstream's storage of a status has none of the hooks that the main one has: nothing is allocated.
  const others = request.subresource === '' ? ((await registry.companions.onCreate?.(object, request)) ?? []) : []
  if (request.dryRun) {
    return { ...(await dryRunResult(registry, object)), created: true, deleted: false }
  }
  const large = (request.size ?? 0) >= largeObject
  const { stored, value } = await encodeNew(registry, object, large)
  const ttlSeconds = registry.resource.rules.ttlSeconds?.(stored)
  const write = { prefix: registry.prefix, key, expect: 0, value }
  const result = await commit(registry, [ttlSeconds === undefined ? write : { ...write, ttlSeconds }, ...others])
  return result.kind === 'conflict'
    ? 'lost the race'
    : { ...storedAt(stored, value, result.revision), created: true, deleted: false }
}

/** Optimistic concurrency: no resourceVersion means "whatever it is now", where the kind allows that. */
function checkRevision(registry: GenericRegistry, name: string, object: KubeObject, revision: number): void {
  const given = parseRevision(object)
  if (given === '' || Number(given) === 0) {
    if (registry.resource.rules.allowUnconditionalUpdate === false) {
      const errors = new FieldErrors()
      errors.invalid('metadata.resourceVersion', 0, 'must be specified for an update')
      throw invalid({ group: registry.resource.group, kind: registry.resource.resource }, name, errors)
    }
  } else if (Number(given) !== revision) throw objectModified(registry.groupResource, name)
  object.metadata.resourceVersion = String(revision)
}

/** What an apply leaves as it is, it takes from the stored object, which must not change. In place. */
function unshared(object: KubeObject, existing: KubeObject): KubeObject {
  for (const member of Object.keys(object)) {
    const value = object[member]
    if (typeof value === 'object' && value !== null && value === existing[member]) object[member] = copyJson(value)
  }
  return object
}

function parseRevision({ metadata: { resourceVersion = '' } }: KubeObject): string {
  if (resourceVersion !== '' && !/^\d+$/.test(resourceVersion))
    throw new ApiError('', `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`)
  return resourceVersion
}

/** Source: apiserver pkg/registry/rest/update.go, BeforeUpdate. In place. */
function prepareChanged(
  registry: GenericRegistry,
  object: KubeObject,
  old: KubeObject,
  request: UpdateRequest,
): Promise<void> | undefined {
  const { resource } = registry
  const { rules } = resource
  const context = registry.ruleContext(request)
  const meta = object.metadata
  matchNamespace(registry, object, request.namespace)
  if (request.subresource === '' && request.strategy === undefined)
    registry.companions.beginUpdate?.(object, old, request)
  carry(meta, old.metadata, 'generation')
  const own = request.strategy ?? rules.subresources?.[request.subresource]
  const strategy = own ?? (request.subresource === 'status' ? statusStrategy(registry) : mainStrategy(registry))
  strategy.prepare(object, old, context)
  if (!meta.uid) carry(meta, old.metadata, 'uid')
  carry(meta, old.metadata, 'creationTimestamp')
  if (old.metadata.deletionTimestamp !== undefined) carry(meta, old.metadata, 'deletionTimestamp')
  if (meta.deletionGracePeriodSeconds === undefined) carry(meta, old.metadata, 'deletionGracePeriodSeconds')

  const errors = new FieldErrors()
  validateObjectMeta(meta, { namespaced: resource.namespaced, name: 'pathSegment' }, 'metadata', errors)
  validateObjectMetaUpdate(meta, old.metadata, 'metadata', errors)
  // Most of upstream's strategies repeat the second check: their causes are told twice.
  if (!checksMetadataOnce(resource.group, resource.resource, request.subresource))
    validateObjectMetaUpdate(meta, old.metadata, 'metadata', errors)
  strategy.validate(object, old, errors, context)
  const judging = own === undefined ? rules.judge?.(object, old, errors, context) : undefined
  if (judging !== undefined) return judging.then(finish)
  finish()
  return undefined

  function finish(): void {
    if (!errors.empty) throw invalid(registry.groupKind, meta.name ?? '', errors)
    if (own === undefined) for (const text of rules.warnings?.(object, old, context) ?? []) request.warn(text)
  }
}

function carry<T, K extends keyof T>(to: T, from: T, key: K): void {
  if (from[key] === undefined) delete to[key]
  else to[key] = from[key]
}

function mainStrategy(registry: GenericRegistry): UpdateStrategy {
  const { resource } = registry
  const { rules } = resource
  return {
    prepare(object, old, context) {
      if (hasStatus(registry) && !rules.keepStatusOnUpdate) carry(object, old, 'status')
      rules.prepareForUpdate?.(object, old, context)
      const { generation } = rules
      const { shape } = registry.storage.version
      if (generation && (specChanged(object, old, shape) || (generation !== true && specHoldsLeftOut(object))))
        object.metadata.generation = (old.metadata.generation ?? 0) + 1
    },
    validate(object, old, errors, context) {
      if (rules.validateUpdate !== undefined) return rules.validateUpdate(object, old, errors, context)
      const name = rules.name ?? 'dns1123Subdomain'
      validateObjectMeta(object.metadata, { namespaced: resource.namespaced, name }, 'metadata', errors)
      rules.validate?.(object, errors, context)
    },
  }
}

function statusStrategy({ resource: { rules } }: GenericRegistry): UpdateStrategy {
  return {
    prepare(object, old, context) {
      for (const member of Object.keys(object))
        if (member !== 'status' && member !== 'metadata' && !Object.hasOwn(old, member)) delete object[member]
      for (const member of Object.keys(old))
        if (member !== 'status' && member !== 'metadata') object[member] = old[member]
      rules.prepareForStatusUpdate?.(object, old, context)
    },
    validate: (object, old, errors, context) => rules.validateStatusUpdate?.(object, old, errors, context),
  }
}

function specChanged(object: KubeObject, old: KubeObject, shape: StructShape): boolean {
  for (const member of new Set([...Object.keys(object), ...Object.keys(old)]))
    if (member !== 'metadata' && member !== 'status' && member !== 'kind' && member !== 'apiVersion')
      if (!alike(object[member], old[member], shape.byJson.get(member)?.shape)) return true
  return false
}

/** Whether the spec was sent with empty lists or maps, which what is stored never has. */
function specHoldsLeftOut(object: KubeObject): boolean {
  const { metadata: _, status: __, ...spec } = object
  return holdsLeftOut(keepSent(object, spec))
}

/**
 * Equality as upstream asks for generations: a list without items is as good as none, and amounts may be written in
 * several ways.
 */
function alike(a: unknown, b: unknown, shape: Shape | undefined): boolean {
  if (a === b) return true
  if (isNone(a) && isNone(b)) return true
  if (typeof a === 'string' && typeof b === 'string' && shape?.kind === 'special' && shape.ref === 'resource.Quantity')
    return parseQuantity(a).equals(parseQuantity(b))
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    const item = shape?.kind === 'list' ? shape.item : undefined
    return Array.isArray(b) && a.length === b.length && a.every((one, i) => alike(one, b[i], item))
  }
  if (Array.isArray(b)) return false
  for (const name of Object.keys(a))
    if (!alike((a as Json)[name], (b as Json)[name], memberOf(shape, name))) return false
  for (const name of Object.keys(b)) if (!(name in a) && !isNone((b as Json)[name])) return false
  return true
}

type Json = Record<string, unknown>

const memberOf = (shape: Shape | undefined, name: string): Shape | undefined =>
  shape?.kind === 'struct' ? shape.byJson.get(name)?.shape : shape?.kind === 'map' ? shape.value : undefined

const isNone = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0)

/** An object that was waiting for its finalizers only, and has none left, goes with this update. */
function shouldDelete({ resource: { rules } }: GenericRegistry, object: KubeObject, old: KubeObject): boolean {
  if ((object.metadata.finalizers?.length ?? 0) > 0) return false
  if (old.metadata.deletionTimestamp === undefined || (old.metadata.deletionGracePeriodSeconds ?? 0) > 0) return false
  return rules.shouldDeleteDuringUpdate?.(object, old) ?? true
}

const uidMismatch = (registry: GenericRegistry, name: string, key: string, wanted: string, actual: string): ApiError =>
  conflict(
    registry.groupResource,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ` +
      `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`,
  )
