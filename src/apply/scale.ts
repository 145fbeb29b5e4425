import type { ManagedFieldsEntry } from '../api/index.js'
import { difference, hasPath, setOf } from './field-set.js'
import { decodeManagedFields, encodeManagedFields, type Owner } from './managed.js'
import { fieldElement, type PathElement } from './path-element.js'

/**
 * Where each version of the scaled resource keeps its replicas: `{ 'apps/v1': ['spec', 'replicas'] }`. Null: the version has
 * no scale subresource. Entries of versions that are not named here are dropped.
 */
export type ReplicasPaths = Readonly<Record<string, readonly string[] | null>>

const inScale = [fieldElement('spec'), fieldElement('replicas')]

/**
 * The managedFields a scale has: those of the scaled object that own its replicas, as owners of `.spec.replicas`.
 * @throws FieldsError if the entries do not decode
 * @see apimachinery pkg/util/managedfields/scalehandler.go
 */
export function managedFieldsToScale(
  parent: readonly ManagedFieldsEntry[] | undefined,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const scale = new Map<string, Owner>()
  for (const [key, owner] of decodeManagedFields(parent)) {
    const path = elements(paths, owner.apiVersion)
    if (path && hasPath(owner.set, path)) scale.set(key, replaced(owner, 'autoscaling/v1', inScale))
  }
  return encodeManagedFields(scale, undefined)
}

/**
 * The managedFields of the scaled object after a write of its scale: who lost the replicas there loses them here, who gained
 * them has a new entry (without time, as upstream has it).
 *
 * An updater's key holds the version of its entry, which differs between the two: upstream never finds it again, takes the
 * replicas from the entry and writes a second one for them. So do we.
 * @param apiVersion the version of the scaled resource in the request
 */
export function managedFieldsFromScale(
  parent: readonly ManagedFieldsEntry[] | undefined,
  scale: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  paths: ReplicasPaths,
): ManagedFieldsEntry[] | undefined {
  const before = decodeManagedFields(parent)
  const after = new Map(decodeManagedFields(scale))
  const out = new Map<string, Owner>()
  for (const [key, owner] of before) {
    const path = elements(paths, owner.apiVersion)
    if (path === undefined) continue
    if (path === null || !hasPath(owner.set, path)) {
      out.set(key, owner)
    } else if (after.delete(key)) {
      out.set(key, owner)
    } else {
      const set = difference(owner.set, setOf(path))
      if (set.size > 0) out.set(key, { ...owner, set, entry: undefined })
    }
  }
  const path = elements(paths, apiVersion)
  for (const [key, owner] of after) {
    if (path && hasPath(owner.set, inScale))
      out.set(key, { ...replaced(owner, apiVersion, path), time: before.get(key)?.time })
  }
  return encodeManagedFields(out, parent)
}

const replaced = (owner: Owner, apiVersion: string, path: readonly PathElement[]): Owner => ({
  ...owner,
  apiVersion,
  set: setOf(path),
  entry: undefined,
})

const elements = (paths: ReplicasPaths, apiVersion: string): readonly PathElement[] | null | undefined => {
  const path = Object.hasOwn(paths, apiVersion) ? paths[apiVersion] : undefined
  return path?.map(fieldElement) ?? (path === null ? null : undefined)
}
