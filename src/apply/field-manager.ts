import {
  ApiError,
  atOnce,
  badRequest,
  DecodeError,
  decodeMerged,
  inTurns,
  type KubeObject,
  keepSent,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type Steps,
  structShape,
} from '../api/index.js'
import { capOwners } from './cap-owners.js'
import { applyConflict } from './conflict-error.js'
import { createdFields } from './created-fields.js'
import { difference, equalSets, setOf, union } from './field-set.js'
import { lastAppliedFields, migratingManager, withLastApplied } from './last-applied.js'
import { decodeManagedFields, encodeManagedFields, type Owner, type Owners, ownerKey } from './managed.js'
import type { MergeSchema } from './merge-schema.js'
import { fieldElement } from './path-element.js'
import type { FieldFilter } from './reset-fields.js'
import { ConflictError, type Typed, Updater } from './updater.js'
import { validate } from './validate.js'
import { copyValue, isMap, own } from './values.js'

export interface FieldManagerOptions {
  /** The version requests are in: `apps/v1`. */
  readonly apiVersion: string
  readonly kind: string
  /** Empty for the resource itself. */
  readonly subresource?: string
  /** The merge schema in a version (`deducedSchema` if it has none), or undefined if the version is not served. */
  schemaFor(apiVersion: string): MergeSchema | undefined
  /**
   * The object in another version, the given one unchanged. It may be in any version that `schemaFor` knows: its apiVersion
   * tells. Throws, or rejects, if that is not possible.
   */
  convert(object: KubeObject, apiVersion: string): KubeObject | Promise<KubeObject>
  /** Whether `convert` may have to ask somebody. Default: false. */
  readonly waits?: boolean
  /**
   * Brings a merged object of this version into the form of its type, as decoding it would: coerces values, drops nulls and empty fields, puts
   * fields in order. Does not change what it is given. Throws an Error with the reason. Default: the object as it is (custom resources).
   */
  decode?(object: KubeObject): KubeObject
  /**
   * A sent object of this version as it reads once it has been stored in another: conversions may add fields, which then are
   * the sender's. Does not change what it is given. Default: the object as it is.
   */
  reread?(object: KubeObject): KubeObject
  /** Fills defaults into an applied object, in place; it is nobody else's. @throws DecodeError if there is no form to store it in */
  defaults?(object: KubeObject): void
  /** What a new object of the type looks like before anything is in it: see `emptyObject`. Default: only the type meta. */
  empty?(): KubeObject
  /**
   * Stored and new objects have been decoded by the shape the schema comes from, so that they fit it: they are not checked again.
   * Applied bodies always are. Default: false.
   */
  readonly trusted?: boolean
  /** Fields that this resource's strategy resets, by version. */
  readonly resetFields?: Readonly<Record<string, FieldFilter>>
  /** The current time in RFC 3339, UTC, whole seconds. */
  now(): string
}

/**
 * Keeps `metadata.managedFields` right on every write of one resource version (or subresource) and merges what is applied.
 * Objects come in and go out in that version; inputs are never changed, what is given back may share structure with them.
 * @see apimachinery pkg/util/managedfields/internal
 */
export class FieldManager {
  readonly #options: FieldManagerOptions
  readonly #updater: Updater
  /** Only ever compared with. */
  #blank: KubeObject | undefined
  #hidden: Parameters<typeof createdFields>[3] | undefined

  constructor(options: FieldManagerOptions) {
    this.#options = options
    this.#updater = new Updater({
      schemaFor: (apiVersion) => options.schemaFor(apiVersion),
      convert: (value, apiVersion) => {
        const object = value as KubeObject
        return options.convert(object.apiVersion === options.apiVersion ? this.#decode(object) : object, apiVersion)
      },
      resetFields: options.resetFields ?? {},
    })
  }

  /** Whether the work may have to wait: it can only be done in turns. */
  get waits(): boolean {
    return this.#options.waits ?? false
  }

  /** After a create's body has been decoded and defaulted, before admission. */
  create(object: KubeObject, manager: string): KubeObject {
    return this.update(undefined, object, manager)
  }

  /**
   * After an update's or a patch's new object has been made, before admission. Never fails: an object whose ownership cannot be
   * worked out loses its managedFields.
   * @param live the stored object; undefined if there is none
   * @param next the new one; managedFields in it count if they decode and are not empty, `[]` and `[{}]` switch tracking off
   */
  update(live: KubeObject | undefined, next: KubeObject, manager: string): KubeObject {
    return atOnce(this.#updating(live, next, manager))
  }

  /** `update` of an object that is large, or where it `waits`, with the event loop let go in between. */
  updateInTurns(live: KubeObject | undefined, next: KubeObject, manager: string): Promise<KubeObject> {
    return inTurns(this.#updating(live, next, manager))
  }

  *#updating(live: KubeObject | undefined, next: KubeObject, manager: string): Steps<KubeObject> {
    this.#blank ??= live === undefined ? this.#empty() : undefined
    const before = live ?? this.#blank!
    const { owners, entries } = this.#ownersFor(before, next)
    try {
      if (live === undefined && owners.size === 0) {
        const created = this.#created(before, next, manager)
        if (created !== undefined) return withManagedFields(next, created)
      }
      yield
      const result = yield* this.#update(before, next, owners, manager)
      yield
      return withManagedFields(next, encodeManagedFields(result, entries))
    } catch (error) {
      if (error instanceof TypeError || error instanceof ReferenceError) throw error
      return withManagedFields(next, undefined)
    }
  }

  /**
   * The live object with an applied configuration merged in, decoded and defaulted; the live object itself (`===`) if the
   * apply changes nothing at all.
   * @param live the stored object; undefined if there is none
   * @param applied the body as parsed, untrusted: not decoded, not defaulted
   * @throws ApiError 400 (wrong type meta, managedFields in the body), 409 (conflicts), 500 without a reason (the body does not
   *   fit the schema: upstream's habit)
   */
  apply(live: KubeObject | undefined, applied: unknown, manager: string, force: boolean): KubeObject {
    return atOnce(this.#applying(live, applied, manager, force))
  }

  /** `apply` to or of an object that is large, or where it `waits`, with the event loop let go in between. */
  applyInTurns(live: KubeObject | undefined, applied: unknown, manager: string, force: boolean): Promise<KubeObject> {
    return inTurns(this.#applying(live, applied, manager, force))
  }

  *#applying(live: KubeObject | undefined, applied: unknown, manager: string, force: boolean): Steps<KubeObject> {
    const body = isMap(applied) ? applied : {}
    try {
      return yield* this.#applyTo(live, body, manager, force)
    } catch (error) {
      if (error instanceof ConflictError) throw applyConflict(error.paths)
      if (error instanceof ApiError || error instanceof TypeError || error instanceof ReferenceError) throw error
      throw new ApiError('', (error as Error).message, undefined, 500, { cause: error })
    }
  }

  *#applyTo(existing: KubeObject | undefined, body: Body, manager: string, force: boolean): Steps<KubeObject> {
    const { apiVersion, kind } = this.#options
    const live = existing ?? this.#empty()
    const entries = live.metadata?.managedFields
    let owners: Owners
    try {
      owners = decodeManagedFields(entries)
    } catch (error) {
      throw new Error(`failed to decode managed fields: ${(error as Error).message}`)
    }
    if (typeMetaOf(body, 'apiVersion') !== apiVersion || typeMetaOf(body, 'kind') !== kind)
      throw badRequest(`invalid object type: ${printType(body)}`)
    if (hasManagedFields(body)) throw badRequest('metadata.managedFields must be nil')

    const bare = withManagedFields(live, undefined)
    if (owners.size === 0 && existing !== undefined) owners = yield* this.#beforeFirstApply(bare, owners)
    yield
    const result = yield* this.#migrate(bare, body, owners, manager, force)
    yield
    const encoded = encodeManagedFields(result.owners, entries)
    let object = result.object
    if (manager === migratingManager) object = withLastApplied(object, body)
    return object === bare && encoded === entries ? live : withManagedFields(object, encoded)
  }

  *#beforeFirstApply(live: KubeObject, owners: Owners): Steps<Owners> {
    // Where there is no empty object to start from, that is told as it is.
    const empty = this.#empty()
    try {
      return yield* this.#update(empty, live, owners, 'before-first-apply')
    } catch (error) {
      if (error instanceof TypeError || error instanceof ReferenceError) throw error
      // What is stored is not checked, and says only here where it does not fit.
      const problem = validate(this.#schema(this.#options.apiVersion), live, true) ?? (error as Error).message
      const what = `failed to convert new object (${printObject(live)}) to smd typed: ${problem}`
      throw new Error(`failed to create manager for existing fields: ${what}`, { cause: error })
    }
  }

  /** Applies; what client-side apply left behind is no conflict for kubectl. */
  *#migrate(live: KubeObject, body: Body, owners: Owners, manager: string, force: boolean): Steps<Applied> {
    try {
      return yield* this.#apply(live, body, owners, manager, force)
    } catch (error) {
      if (!(error instanceof ConflictError) || manager !== migratingManager) throw error
      const { apiVersion } = this.#options
      const mine = lastAppliedFields(live, apiVersion, this.#schema(apiVersion))
      if (mine === undefined) throw error
      const left = new Map<string, { owner: Owner; set: ReturnType<typeof difference> }>()
      for (const { owner, set } of error.conflicts) {
        const rest = difference(set, mine)
        if (rest.size > 0) left.set(ownerKey(owner), { owner, set: rest })
      }
      if (left.size > 0) throw new ConflictError(left)
      return yield* this.#apply(live, body, owners, manager, true)
    }
  }

  *#apply(live: KubeObject, body: Body, owners: Owners, manager: string, force: boolean): Steps<Applied> {
    const { apiVersion, subresource = '' } = this.#options
    const schema = this.#schema(apiVersion)
    const problem = validate(schema, body, false)
    if (problem !== undefined) throw new Error(`failed to create typed patch object (${printObject(body)}): ${problem}`)
    yield
    const typed = this.#typed(live, schema, 'failed to create typed live object')
    yield
    const identity = { manager: manager || 'unknown', operation: 'Apply' as const, apiVersion, subresource }
    const key = ownerKey(identity)
    const last = owners.get(key)
    const result = yield* this.#updater.apply(
      typed,
      { value: body, apiVersion, schema },
      owners,
      { ...identity, time: last?.time },
      force,
    )
    const same = result.value === live
    yield
    const object = same ? live : this.#finish(result.value as KubeObject, body)
    yield
    strip(result.owners, key)
    const owner = result.owners.get(key)
    if (owner !== undefined) {
      const time = same ? last?.time : this.#options.now()
      const unchanged =
        last !== undefined && last.time === time && last.apiVersion === apiVersion && equalSets(last.set, owner.set)
      result.owners.set(key, unchanged ? last : { ...owner, time })
    }
    return { object, owners: result.owners }
  }

  *#update(live: KubeObject, next: KubeObject, owners: Owners, manager: string): Steps<Owners> {
    // Without entries nothing is tracked, but from creation on.
    if (owners.size === 0 && live.metadata?.uid) return owners
    const { apiVersion, subresource = '', now } = this.#options
    const schema = this.#schema(apiVersion)
    const sent = withManagedFields(next, undefined)
    const after = this.#typed(this.#options.reread?.(sent) ?? sent, schema, 'failed to convert new object')
    const before = this.#typed(withManagedFields(live, undefined), schema, 'failed to convert live object')
    yield
    const result = yield* this.#updater.update(before, after, owners)
    const owned = difference(result.owned, untracked)
    if (owned.size > 0) {
      const identity = { manager: manager || 'unknown', operation: 'Update' as const, apiVersion, subresource }
      const key = ownerKey(identity)
      const previous = result.owners.get(key)
      const set = previous === undefined ? owned : union(owned, previous.set)
      result.owners.set(key, { ...identity, set, time: now() })
    }
    capOwners(result.owners)
    return result.owners
  }

  /** The one entry of an object that is being created; undefined if that takes `#update`, or if there is none. */
  #created(empty: KubeObject, next: KubeObject, manager: string): ManagedFieldsEntry[] | undefined {
    const { apiVersion, subresource = '', now, resetFields } = this.#options
    const filter = resetFields?.[apiVersion]
    if (filter !== undefined && filter.roots === undefined) return undefined
    const schema = this.#schema(apiVersion)
    const sent = withManagedFields(next, undefined)
    const { value } = this.#typed(this.#options.reread?.(sent) ?? sent, schema, 'failed to convert new object')
    this.#hidden ??= {
      root: new Set(['apiVersion', 'kind', ...(filter?.roots ?? [])]),
      metadata: new Set(systemFields),
    }
    const fieldsV1 = createdFields(schema, empty, value, this.#hidden)
    if (fieldsV1 === undefined || Object.keys(fieldsV1).length === 0) return undefined
    return [
      {
        manager: manager || 'unknown',
        operation: 'Update',
        apiVersion,
        time: now(),
        fieldsType: 'FieldsV1',
        fieldsV1,
        ...(subresource === '' ? {} : { subresource }),
      },
    ]
  }

  /** Subresources never set managedFields; on the resource itself the request's count if there are any that can be read. */
  #ownersFor(
    live: KubeObject,
    next: KubeObject,
  ): { owners: Owners; entries: readonly ManagedFieldsEntry[] | undefined } {
    const sent = next.metadata?.managedFields
    if ((this.#options.subresource ?? '') === '') {
      if (isReset(sent)) return { owners: new Map(), entries: undefined }
      const owners = readable(sent)
      if (owners.size > 0) return { owners, entries: sent }
    }
    const entries = live.metadata?.managedFields
    return { owners: readable(entries), entries }
  }

  #typed(object: KubeObject, schema: MergeSchema, what: string): Typed {
    const problem = this.#options.trusted ? undefined : validate(schema, object, true)
    if (problem !== undefined) throw new Error(`${what} (${printObject(object)}): ${problem}`)
    return { value: object, apiVersion: this.#options.apiVersion, schema }
  }

  #finish(merged: KubeObject, body: Body): KubeObject {
    let object: KubeObject
    try {
      object = this.#decode(merged)
    } catch (error) {
      throw new Error(
        `failed to convert new object (${printObject(body)}) to proper version: ${(error as Error).message}`,
      )
    }
    if (this.#options.defaults !== undefined) {
      if (object === merged) object = copyValue(merged)
      try {
        this.#options.defaults(object)
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error
        throw new Error(`failed to convert to unversioned (${printObject(body)}): ${error.message}`)
      }
    }
    return object
  }

  #decode(object: KubeObject): KubeObject {
    return this.#options.decode?.(object) ?? object
  }

  #empty(): KubeObject {
    const { empty, apiVersion, kind } = this.#options
    return empty?.() ?? ({ apiVersion, kind } as unknown as KubeObject)
  }

  #schema(apiVersion: string): MergeSchema {
    const schema = this.#options.schemaFor(apiVersion)
    if (schema === undefined) throw new Error(`no corresponding type for ${apiVersion}, Kind=${this.#options.kind}`)
    return schema
  }
}

type Body = Readonly<Record<string, unknown>>

interface Applied {
  readonly object: KubeObject
  readonly owners: Map<string, Owner>
}

/** Fields of every object's metadata that nobody owns. */
const systemFields = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]

/** Fields of every object that nobody owns. */
const untracked = setOf(
  ...['apiVersion', 'kind', 'metadata'].map((name) => [fieldElement(name)]),
  ...systemFields.map((name) => [fieldElement('metadata'), fieldElement(name)]),
)

function strip(owners: Map<string, Owner>, key: string): void {
  const owner = owners.get(key)
  if (owner === undefined) return
  const set = difference(owner.set, untracked)
  if (set.size === 0) owners.delete(key)
  else if (set !== owner.set) owners.set(key, { ...owner, set })
}

function readable(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  try {
    return decodeManagedFields(entries)
  } catch {
    return new Map()
  }
}

/** `[]` and `[{}]` say that ownership is no longer wanted. */
const isReset = (entries: readonly ManagedFieldsEntry[] | undefined): boolean =>
  Array.isArray(entries) &&
  (entries.length === 0 || (entries.length === 1 && Object.values(entries[0]!).every((value) => !value)))

/** The object with these entries; the object itself if it has them. */
function withManagedFields(object: KubeObject, entries: readonly ManagedFieldsEntry[] | undefined): KubeObject {
  if (object.metadata?.managedFields === entries) return object
  const { managedFields: _, ...rest } = object.metadata ?? {}
  const metadata: ObjectMeta = rest
  if (entries !== undefined) metadata.managedFields = entries as ManagedFieldsEntry[]
  return keepSent(object, { ...object, metadata })
}

/** Whether an applied body has entries that can be read: upstream takes what cannot for none, and finds fault with it later. */
function hasManagedFields({ metadata }: Body): boolean {
  const entries = isMap(metadata) ? metadata.managedFields : undefined
  if (!Array.isArray(entries)) return false
  const shape = structShape('meta.v1.ManagedFieldsEntry')
  try {
    for (const entry of entries) {
      if (!isMap(entry)) return false
      decodeMerged(entry, shape)
    }
    return true
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}

const typeMetaOf = (body: Body, field: 'apiVersion' | 'kind'): string => {
  const value = own(body, field)
  return typeof value === 'string' ? value : ''
}

/** Go's GroupVersionKind: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
function printType(body: Body): string {
  const parts = typeMetaOf(body, 'apiVersion').split('/')
  if (parts.length > 2) return '/, Kind='
  const version = parts.length === 2 ? parts.join('/') : `/${parts[0]}`
  return `${version}, Kind=${typeMetaOf(body, 'kind')}`
}

function printObject(body: Body): string {
  const metadata = isMap(body.metadata) ? body.metadata : {}
  const { namespace, name } = metadata
  return `${typeof namespace === 'string' ? namespace : ''}/${typeof name === 'string' ? name : ''}; ${printType(body)}`
}
