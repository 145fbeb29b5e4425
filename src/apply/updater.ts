import { type Steps, waiting } from '../api/index.js'
import { compare } from './compare.js'
import { difference, emptySet, equalSets, type FieldSet, intersection, printPaths, union } from './field-set.js'
import { type Owner, type Owners, ownerKey } from './managed.js'
import { merge } from './merge.js'
import type { MergeSchema } from './merge-schema.js'
import { reconcileWithSchema } from './reconcile.js'
import { removeItems, withNamedFields } from './remove.js'
import type { FieldFilter } from './reset-fields.js'
import { toFieldSet } from './to-field-set.js'
import { validate } from './validate.js'
import { equalValues } from './values.js'

/** An object in one version, with the schema it has there. */
export interface Typed {
  readonly value: unknown
  readonly apiVersion: string
  readonly schema: MergeSchema
}

export interface UpdaterOptions {
  /** Undefined: the version is not served (any more); what is owned in it is forgotten. */
  schemaFor(apiVersion: string): MergeSchema | undefined
  /** Throws, or rejects, if the object cannot be converted. */
  convert(value: unknown, apiVersion: string): unknown
  /** Fields that are not owned, by version. */
  readonly resetFields: Readonly<Record<string, FieldFilter>>
}

/** Fields of one owner that somebody else wants to set otherwise. */
export interface Conflict {
  readonly owner: Owner
  readonly set: FieldSet
}

/** Not an ApiError yet: kubectl's migration may decide that it does not matter. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  /** In the order in which they are told. */
  readonly conflicts: readonly Conflict[]

  constructor(conflicts: ReadonlyMap<string, Conflict>) {
    super('apply conflict')
    this.conflicts = [...conflicts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, conflict]) => conflict)
  }

  get paths(): readonly { readonly owner: Owner; readonly path: string }[] {
    return this.conflicts.flatMap(({ owner, set }) => printPaths(set).map((path) => ({ owner, path })))
  }
}

type Change = { readonly changed: FieldSet; readonly removed: FieldSet }

/**
 * Who owns what after a write, and the object after an apply. Works on values without managedFields.
 * @see structured-merge-diff merge/update.go
 */
export class Updater {
  readonly #options: UpdaterOptions

  constructor(options: UpdaterOptions) {
    this.#options = options
  }

  /** @returns the owners after the write, and what the writer has changed and therefore owns */
  *update(live: Typed, next: Typed, owners: Owners): Steps<{ owners: Map<string, Owner>; owned: FieldSet }> {
    const versions = new Versions(live, (apiVersion) => this.#convert(live, apiVersion))
    const now = yield* this.#reconcile(owners, versions)
    yield
    const result = yield* this.#take(versions, next, now, undefined, true)
    return { owners: result.owners, owned: result.change.changed }
  }

  /** @throws ConflictError unless forced */
  *apply(
    live: Typed,
    applied: Typed,
    owners: Owners,
    applier: Omit<Owner, 'set'>,
    force: boolean,
  ): Steps<{ owners: Map<string, Owner>; value: unknown }> {
    const key = ownerKey(applier)
    const versions = new Versions(live, (apiVersion) => this.#convert(live, apiVersion))
    const now = yield* this.#reconcile(owners, versions)
    const last = now.get(key)
    yield
    const merged = { ...live, value: merge(live.schema, live.value, applied.value) }
    yield
    let set = this.#filter(applied.apiVersion, toFieldSet(applied.schema, applied.value))
    // Appliers mostly send what they sent before: one set for both tells everything below at a glance.
    if (last?.apiVersion === applied.apiVersion && equalSets(last.set, set)) set = last.set
    now.set(key, { ...applier, set })
    yield
    const next = yield* withinSteps('failed to prune fields', this.#prune(merged, now, key, last))
    yield
    const result = yield* this.#take(versions, next, now, key, force)
    yield
    return { owners: result.owners, value: equalValues(live.value, next.value) ? live.value : next.value }
  }

  #filter(apiVersion: string, set: FieldSet): FieldSet {
    return this.#options.resetFields[apiVersion]?.(set) ?? set
  }

  /** Also fails if the live object cannot be had in a version somebody owns fields in: better than to lose who owns them. */
  *#reconcile(owners: Owners, live: Versions): Steps<Map<string, Owner>> {
    const out = new Map<string, Owner>()
    for (const [key, owner] of owners) {
      const schema = this.#schema(owner.apiVersion)
      if (schema === undefined) continue
      yield* live.in(owner.apiVersion)
      out.set(key, withSet(owner, reconcileWithSchema(owner.set, schema)))
    }
    return out
  }

  /** Takes from all owners but one what a write changes and removes, or refuses if others own what it changes. */
  *#take(
    live: Versions,
    next: Typed,
    owners: Map<string, Owner>,
    writer: string | undefined,
    force: boolean,
  ): Steps<{ owners: Map<string, Owner>; change: Change }> {
    const changes = new Map<string, Change>()
    const changeIn = function* (self: Updater, apiVersion: string): Steps<Change> {
      const known = changes.get(apiVersion)
      if (known !== undefined) return known
      const before = yield* live.in(apiVersion)
      const after = yield* withinSteps('failed to convert new object', self.#convert(next, apiVersion))
      const change = self.#change(before, after)
      changes.set(apiVersion, change)
      return change
    }
    const change = yield* changeIn(this, next.apiVersion)
    yield
    const conflicts = new Map<string, Conflict>()
    for (const [key, owner] of owners) {
      if (key === writer) continue
      const { changed } = yield* changeIn(this, owner.apiVersion)
      const set = intersection(owner.set, changed)
      if (set.size > 0) conflicts.set(key, { owner, set })
      yield
    }
    if (!force && conflicts.size > 0) throw new ConflictError(conflicts)
    const out = new Map<string, Owner>()
    for (const [key, owner] of owners) {
      let { set } = owner
      if (key !== writer) {
        const lost = conflicts.get(key)
        if (lost !== undefined) set = difference(set, lost.set)
        set = difference(set, (yield* changeIn(this, owner.apiVersion)).removed)
      }
      if (set.size > 0) out.set(key, withSet(owner, set))
      yield
    }
    return { owners: out, change }
  }

  #change(live: Typed, next: Typed): Change {
    if (live.value === next.value) return { changed: emptySet, removed: emptySet }
    const { changed, removed } = compare(live.schema, live.value, next.value)
    return { changed: this.#filter(live.apiVersion, changed), removed: this.#filter(live.apiVersion, removed) }
  }

  /**
   * Removes what the applier applied last time and does not apply now, unless somebody else owns it. What an owned item holds
   * beyond that (defaults, the work of others) goes with it only if all of it was the applier's.
   */
  *#prune(merged: Typed, owners: Owners, key: string, last: Owner | undefined): Steps<Typed> {
    if (last === undefined || last.set.size === 0) return merged
    const current = owners.get(key)!
    // All of it is still applied: what would be removed below would come back below.
    if (last.apiVersion === current.apiVersion && difference(last.set, current.set).size === 0) return merged
    const before = yield* withinSteps(
      'failed to convert merged object to last applied version',
      this.#convert(merged, last.apiVersion),
    )
    yield
    const lastNamed = withNamedFields(before.schema, last.set)
    yield
    let pruned: Typed = { ...before, value: removeItems(before.schema, before.value, lastNamed) }
    yield
    pruned = yield* withinSteps('failed add back owned items', this.#addBackOwned(before, pruned, owners))
    yield

    const after = yield* withinSteps(
      'failed add back dangling items: failed to convert pruned object to last applied version',
      this.#convert(pruned, last.apiVersion),
    )
    const prunedSet = withNamedFields(before.schema, toFieldSet(before.schema, after.value))
    yield
    const mergedSet = withNamedFields(before.schema, toFieldSet(before.schema, before.value))
    yield
    const gone = intersection(difference(mergedSet, prunedSet), lastNamed)
    yield
    const value = removeItems(before.schema, before.value, gone)
    return yield* this.#convert({ ...before, value }, current.apiVersion)
  }

  *#addBackOwned(merged: Typed, pruned: Typed, owners: Owners): Steps<Typed> {
    const owned = new Map<string, FieldSet>()
    for (const { apiVersion, set } of owners.values()) {
      owned.set(apiVersion, union(owned.get(apiVersion) ?? emptySet, set))
      yield
    }
    // Its own version first: a conversion may need what others own.
    const versions = [...owned.keys()].sort((a, b) => Number(b === merged.apiVersion) - Number(a === merged.apiVersion))
    let from = merged
    let left = pruned
    for (const apiVersion of versions) {
      from = yield* withinSteps(
        `failed to convert merged object at version ${apiVersion}`,
        this.#convert(from, apiVersion),
      )
      left = yield* withinSteps(
        `failed to convert pruned object at version ${apiVersion}`,
        this.#convert(left, apiVersion),
      )
      const { schema } = from
      const had = withNamedFields(schema, toFieldSet(schema, from.value))
      yield
      const has = withNamedFields(schema, toFieldSet(schema, left.value))
      yield
      const keep = union(has, withNamedFields(schema, owned.get(apiVersion)!))
      yield
      left = { ...from, value: removeItems(schema, from.value, difference(had, keep)) }
      yield
    }
    return left
  }

  *#convert(typed: Typed, apiVersion: string): Steps<Typed> {
    if (typed.apiVersion === apiVersion) return typed
    const schema = this.#schema(apiVersion)!
    const converted = this.#options.convert(typed.value, apiVersion)
    const value = converted instanceof Promise ? yield* waiting(converted) : converted
    const problem = validate(schema, value, false)
    if (problem !== undefined) throw new Error(problem)
    return { value, apiVersion, schema }
  }

  #schema(apiVersion: string): MergeSchema | undefined {
    if (apiVersion.indexOf('/') !== apiVersion.lastIndexOf('/'))
      throw new Error(`unexpected GroupVersion string: ${apiVersion}`)
    return this.#options.schemaFor(apiVersion)
  }
}

const withSet = (owner: Owner, set: FieldSet): Owner =>
  set === owner.set ? owner : { ...owner, set, entry: undefined }

/** One object in the versions it has been asked for in. */
class Versions {
  readonly #known = new Map<string, Typed>()
  readonly #convert: (apiVersion: string) => Steps<Typed>

  constructor(object: Typed, convert: (apiVersion: string) => Steps<Typed>) {
    this.#known.set(object.apiVersion, object)
    this.#convert = convert
  }

  *in(apiVersion: string): Steps<Typed> {
    let typed = this.#known.get(apiVersion)
    if (typed === undefined) {
      typed = yield* this.#convert(apiVersion)
      this.#known.set(apiVersion, typed)
    }
    return typed
  }
}

/** Says in the message of an error what was being done, as upstream does. */
function* withinSteps<T>(what: string, steps: Steps<T>): Steps<T> {
  try {
    return yield* steps
  } catch (error) {
    throw during(what, error)
  }
}

const during = (what: string, error: unknown): unknown =>
  !(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError
    ? error
    : new Error(`${what}: ${error.message}`, { cause: error })
