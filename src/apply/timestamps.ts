import { equalJson, type KubeObject, type ManagedFieldsEntry } from '../api/index.js'
import { isMap, own } from './values.js'

/**
 * Undoes what a write did to the times in managedFields if it did nothing else, so that it leaves no trace. To be called with
 * the object as it would be stored, after defaulting, admission and the strategy; gives back `next` or a changed copy.
 * Missing, null and empty lists count as equal.
 * @see apiserver pkg/endpoints/handlers/fieldmanager/equality.go
 */
export function ignoreManagedFieldsTimestamps(next: KubeObject, old: KubeObject): KubeObject {
  const now = next.metadata?.managedFields
  const before = old.metadata?.managedFields
  if (!now?.length || now.length !== before?.length) return next
  if (now === before || now.every((entry, i) => entry.time === before[i]!.time)) return next
  if (!now.every((entry, i) => equalJson(withoutTime(entry), withoutTime(before[i]!)))) return next
  const { managedFields: _, ...metadata } = next.metadata
  const { managedFields: __, ...oldMetadata } = old.metadata
  if (!same({ ...next, metadata }, { ...old, metadata: oldMetadata })) return next
  return { ...next, metadata: { ...next.metadata, managedFields: before } }
}

const withoutTime = ({ time: _, ...entry }: ManagedFieldsEntry): ManagedFieldsEntry => entry

function same(a: unknown, b: unknown): boolean {
  if (a === b || (isNothing(a) && isNothing(b))) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]))
  if (!isMap(a) || !isMap(b)) return equalJson(a, b)
  for (const key of Object.keys(a)) if (!same(a[key], own(b, key))) return false
  for (const key of Object.keys(b)) if (own(a, key) === undefined && !isNothing(b[key])) return false
  return true
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0)
