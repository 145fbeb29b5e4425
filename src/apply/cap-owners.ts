import { union } from './field-set.js'
import { type Owner, ownerKey, seconds } from './managed.js'

/** Updaters that have an entry of their own on one object. */
const maxUpdaters = 10

/**
 * Folds the oldest updaters beyond ten into one `ancient-changes` owner for each version, in place.
 * @see apimachinery pkg/util/managedfields/internal/capmanagers.go
 */
export function capOwners(owners: Map<string, Owner>): void {
  const updaters = [...owners].filter(([, { operation }]) => operation === 'Update')
  let count = updaters.length
  if (count <= maxUpdaters) return
  updaters.sort(([a, left], [b, right]) => seconds(left.time) - seconds(right.time) || (a < b ? -1 : 1))
  const firstOf = new Map<string, string>()
  for (const [key, { apiVersion, set, time }] of updaters) {
    if (count <= maxUpdaters) return
    const first = firstOf.get(apiVersion)
    if (first === undefined) {
      firstOf.set(apiVersion, key)
      continue
    }
    const bucket = { manager: 'ancient-changes', operation: 'Update' as const, apiVersion, subresource: '' }
    const bucketKey = ownerKey(bucket)
    let into = owners.get(bucketKey)
    if (into === undefined) {
      into = owners.get(first)!
      owners.delete(first)
    }
    const folded = union(set, into.set)
    owners.set(bucketKey, { ...bucket, set: folded, time })
    if (key !== bucketKey) owners.delete(key)
    count--
  }
}
