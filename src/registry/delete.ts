import { conflict, copyJson, equalJson, type KubeObject, notFound, rfc3339 } from '../api/index.js'
import { commit, dryRunResult, encode, storedAt } from './create.js'
import type { WriteRequest } from './environment.js'
import type { GenericRegistry } from './generic-registry.js'
import { type Stored, withRevision } from './stored.js'

/** metav1.DeleteOptions, validated. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly orphanDependents?: boolean
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
}

export interface Deletion extends Stored {
  /** False: the object is still there, waiting for its finalizers or its grace period. */
  readonly deleted: boolean
}

const orphanFinalizer = 'orphan'
const foregroundFinalizer = 'foregroundDeletion'

/**
 * Deletes an object, or marks it for deletion where finalizers or a grace period ask for time.
 *
 * Throws ApiError: NotFound, Conflict (a precondition does not hold), whatever admission refuses with.
 * Source: genericregistry.Store.Delete and rest.BeforeDelete.
 */
export async function deleteObject(
  registry: GenericRegistry,
  name: string,
  options: DeleteOptions,
  request: WriteRequest,
): Promise<Deletion> {
  const { store } = registry.environment
  const key = registry.key(request.namespace, name)
  let grace: number | undefined
  let mine: number | undefined // the revision of our own marking, which a precondition could not know
  await registry.fresh()
  for (;;) {
    const record = registry.readable(store.get(key))
    if (record === undefined) throw notFound(registry.groupResource, name)
    const conversion = registry.ready([record])
    if (conversion !== undefined) await conversion
    const existing = registry.parse(record)
    if (record.revision !== mine) checkPreconditions(registry, existing, options)
    const plan = planDeletion(registry, existing, options, request)
    if (plan.kind === 'pending')
      return { object: existing, bytes: record.value, revision: record.revision, deleted: false }
    grace = plan.grace ?? grace
    await request.admit?.(undefined, existing, grace)
    if (plan.kind === 'mark') {
      const { stored, value } = await encode(registry, plan.object)
      const unchanged = withRevision(value, record.revision).equals(record.value)
      if (request.dryRun || (unchanged && plan.stays))
        return { ...storedAt(stored, value, record.revision), deleted: !plan.stays }
      const others = (await registry.companions.onUpdate?.(plan.object, existing, request)) ?? []
      const result = await commit(registry, [
        { prefix: registry.prefix, key, expect: record.revision, value },
        ...others,
      ])
      if (result.kind === 'conflict') continue
      if (plan.stays) return { ...storedAt(stored, value, result.revision), deleted: false }
      mine = result.revision
      continue
    }
    if (request.dryRun) return { ...(await dryRunResult(registry, existing)), deleted: true }
    const others = (await registry.companions.onDelete?.(existing, request)) ?? []
    // What cannot be converted to be answered stays.
    const { stored, value } = await encode(registry, existing)
    const result = await commit(registry, [{ prefix: registry.prefix, key, expect: record.revision }, ...others])
    if (result.kind === 'conflict') continue
    return { ...storedAt(stored, value, result.revision), deleted: true }
  }
}

type Plan = Step & {
  /** Seconds that the object is given, where its kind gives any. */
  readonly grace?: number
}

type Step =
  /** Already being deleted gracefully; nothing to shorten. */
  | { readonly kind: 'pending' }
  /** Write the object with its deletion marks. `stays`: something has to happen before it may go. */
  | { readonly kind: 'mark'; readonly object: KubeObject; readonly stays: boolean }
  | { readonly kind: 'remove' }

function planDeletion(
  registry: GenericRegistry,
  existing: KubeObject,
  options: DeleteOptions,
  request: WriteRequest,
): Plan {
  const object = copyJson(existing)
  const meta = object.metadata
  const { rules } = registry.resource
  const context = registry.ruleContext(request)
  // What waits already is not changed by being asked again.
  if (meta.deletionTimestamp !== undefined && rules.holdDeletion?.(object, context)) return { kind: 'pending' }
  const grace = planGrace(registry, object, options, request)
  if (grace === 'pending') return { kind: 'pending' }
  const ignored = rules.holdsAnyPolicy === true && meta.deletionTimestamp === undefined
  const finalizers = ignored ? (meta.finalizers ?? []) : deletionFinalizers(registry, object, options)
  const changed = !sameSet(finalizers, meta.finalizers ?? [])
  if (changed) {
    if (finalizers.length === 0) delete meta.finalizers
    else meta.finalizers = finalizers
  }
  if (rules.holdDeletion?.(object, context, options.orphanDependents))
    return equalJson(object, existing) ? { kind: 'pending' } : { kind: 'mark', object, stays: true }
  const waits = finalizers.length > 0
  if (grace === 'none') {
    if (!waits) return { kind: 'remove' }
    markAsDeleting(object, registry.environment.now())
  }
  const given = grace === 'none' ? {} : { grace }
  return { kind: 'mark', object, stays: waits || (grace !== 'none' && grace > 0), ...given }
}

/** Decides on graceful deletion and puts its marks on the object. A number: the grace period now on the object. */
function planGrace(
  registry: GenericRegistry,
  object: KubeObject,
  options: DeleteOptions,
  request: WriteRequest,
): 'none' | 'pending' | number {
  const { rules } = registry.resource
  if (rules.gracePeriod === undefined) return 'none'
  const meta = object.metadata
  const now = registry.environment.now()
  const asked =
    options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0 ? 1 : options.gracePeriodSeconds
  if (meta.deletionTimestamp !== undefined) {
    const current = meta.deletionGracePeriodSeconds ?? 0
    if (current === 0) return 'none'
    if (asked === undefined || asked >= current) return 'pending'
    const moved = Date.parse(meta.deletionTimestamp) - current * 1000 + asked * 1000
    meta.deletionTimestamp = rfc3339(Math.max(moved, now))
    meta.deletionGracePeriodSeconds = moved < now && asked !== 0 ? 1 : asked
    return meta.deletionGracePeriodSeconds
  }
  const seconds = rules.gracePeriod(object, { ...registry.ruleContext(request), gracePeriodSeconds: asked })
  if (seconds === undefined) return 'none'
  meta.deletionTimestamp = rfc3339(now + seconds * 1000)
  meta.deletionGracePeriodSeconds = seconds
  if ((meta.generation ?? 0) > 0) meta.generation = meta.generation! + 1
  return seconds
}

function markAsDeleting({ metadata }: KubeObject, now: number): void {
  if (metadata.deletionTimestamp === undefined && (metadata.generation ?? 0) > 0)
    metadata.generation = metadata.generation! + 1
  if (metadata.deletionTimestamp === undefined || Date.parse(metadata.deletionTimestamp) > now)
    metadata.deletionTimestamp = rfc3339(now)
  metadata.deletionGracePeriodSeconds = 0
}

/** The finalizers an object has after its deletion was asked for: the garbage collector's two come and go with the policy. */
function deletionFinalizers(registry: GenericRegistry, object: KubeObject, options: DeleteOptions): string[] {
  const own = object.metadata.finalizers ?? []
  const { garbageCollection: policy = 'delete' } = registry.resource.rules
  if (!registry.environment.garbageCollector) return own
  const others = own.filter((name) => name !== orphanFinalizer && name !== foregroundFinalizer)
  if (policy === 'unsupported') return others
  const wish = propagation(options, own, policy)
  if (wish === 'Orphan') others.push(orphanFinalizer)
  else if (wish === 'Foreground') others.push(foregroundFinalizer)
  return others
}

function propagation(options: DeleteOptions, finalizers: readonly string[], policy: 'delete' | 'orphan'): string {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? 'Orphan' : 'Background'
  if (options.propagationPolicy !== undefined) return options.propagationPolicy
  for (const name of finalizers) {
    if (name === orphanFinalizer) return 'Orphan'
    if (name === foregroundFinalizer) return 'Foreground'
  }
  return policy === 'orphan' ? 'Orphan' : 'Background'
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const left = new Set(a)
  const right = new Set(b)
  return left.size === right.size && [...left].every((item) => right.has(item))
}

function checkPreconditions(
  registry: GenericRegistry,
  { metadata }: KubeObject,
  { preconditions }: DeleteOptions,
): void {
  const { rules } = registry.resource
  const name = metadata.name ?? ''
  const fail = (what: string, wanted: string, actual: string | undefined, perhaps: string): never => {
    // Upstream checks what takes its deletion into its own hands with other words.
    if (rules.holdDeletion !== undefined) {
      const detail = `Precondition failed: ${what} in precondition: ${wanted}, ${what} in object meta: ${actual}`
      throw conflict(registry.groupResource, name, detail)
    }
    throw conflict(
      { group: registry.groupKind.group, resource: registry.groupKind.kind },
      name,
      `the ${what} in the precondition (${wanted}) does not match the ${what} in record (${actual}). The object might have been ${perhaps}`,
    )
  }
  if (preconditions?.uid !== undefined && preconditions.uid !== metadata.uid)
    fail('UID', preconditions.uid, metadata.uid, 'deleted and then recreated')
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== metadata.resourceVersion)
    fail('ResourceVersion', preconditions.resourceVersion, metadata.resourceVersion, 'modified')
}
