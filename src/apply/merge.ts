import { maxDepth } from './go-values.js'
import { itemElement } from './list-items.js'
import { fieldSchema, type ListSchema, type MapSchema, type MergeSchema } from './merge-schema.js'
import type { PathElement } from './path-element.js'
import { equalValues, filledList, filledMap, formOf, isMap, type JsonMap, own, put } from './values.js'

/**
 * The live value with an applied one merged in: applied leaves win, maps and associative lists are merged, everything else
 * is replaced. What the merge does not change is the live value's own (`===`), the whole of it included; neither input is
 * changed. Both have been validated, the applied one without duplicates.
 * @see structured-merge-diff typed/merge.go
 */
export function merge(schema: MergeSchema, live: unknown, applied: unknown, depth = 0): unknown {
  if (applied === undefined || live === applied) return live
  if (live === undefined) return applied
  if (depth > maxDepth) throw new RangeError('value is nested too deeply')
  const form = formOf(schema, applied)
  if (form === 'map' && schema.map !== undefined && !schema.map.atomic) {
    const keys = isMap(applied) ? Object.keys(applied) : []
    if (keys.length > 0)
      return isMap(live) ? mergeMaps(schema.map, live, applied as JsonMap, keys, depth) : (applied as JsonMap)
    const left = filledMap(live)
    if (left !== undefined) return left
  } else if (form === 'list' && schema.list !== undefined && !schema.list.atomic) {
    const left = filledList(live)
    const right = filledList(applied)
    if (right === undefined && left !== undefined) return left
    if (right !== undefined) return left === undefined ? right : mergeLists(schema.list, left, right, depth)
  }
  return equalValues(live, applied) ? live : applied
}

function mergeMaps(
  schema: MapSchema,
  live: JsonMap,
  applied: JsonMap,
  keys: readonly string[],
  depth: number,
): JsonMap {
  let out: Record<string, unknown> | undefined
  for (const key of keys) {
    const right = applied[key]
    if (right === undefined) continue
    const left = own(live, key)
    if (left === right) continue
    const below = fieldSchema(schema, key)
    const merged = below === undefined ? right : merge(below, left, right, depth + 1)
    if (merged === left) continue
    out ??= { ...live }
    put(out, key, merged)
  }
  return out ?? live
}

/**
 * Items that both have keep the order of the applied list, items that only the live one has stay where they are between them.
 * Live items that share their keys are replaced by the applied one, without being merged.
 */
function mergeLists(
  schema: ListSchema,
  live: readonly unknown[],
  applied: readonly unknown[],
  depth: number,
): readonly unknown[] {
  const left = live.map((item) => itemElement(schema, item))
  const right = applied.map((item) => itemElement(schema, item))
  // The same items in the same order, which is what most applies send: an applied list has no duplicates, so neither has this.
  if (left.length === right.length && left.every((element, i) => element === right[i])) {
    const out = live.map((item, i) => merge(schema.item, item, applied[i], depth + 1))
    return out.every((item, i) => item === live[i]) ? live : out
  }
  const liveBy = new Map<PathElement, unknown>()
  for (let i = 0; i < left.length; i++) liveBy.set(left[i]!, liveBy.has(left[i]!) ? null : live[i])
  const appliedBy = new Map<PathElement, unknown>()
  for (let i = 0; i < right.length; i++) appliedBy.set(right[i]!, applied[i])

  const shared = right.filter((element) => liveBy.has(element))
  let nextShared = 0
  const done = new Set<PathElement>()
  const out: unknown[] = []
  const take = (element: PathElement): void => {
    done.add(element)
    out.push(merge(schema.item, liveBy.get(element), appliedBy.get(element), depth + 1))
  }
  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    if (l < left.length && r < right.length) {
      if (left[l] === right[r]) {
        take(left[l]!)
        l++
        r++
        nextShared++
        continue
      }
      if (appliedBy.has(left[l]!) && nextShared < shared.length && shared[nextShared] !== left[l]) {
        l++
        continue
      }
    }
    if (l < left.length) {
      if (!appliedBy.has(left[l]!)) {
        out.push(live[l])
        l++
        continue
      }
      if (done.has(left[l]!)) l++
    }
    if (r < right.length) {
      take(right[r]!)
      if (shared[nextShared] === right[r]) nextShared++
      r++
    }
  }
  return out.length === live.length && out.every((item, i) => item === live[i]) ? live : out
}
