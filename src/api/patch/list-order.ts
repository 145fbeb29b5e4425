import { ApiError } from '../errors.js'
import { isObject } from '../object.js'
import { goText, goTypeText, type Json, member } from './json.js'

/** Splits items into those whose key (or, without a merge key, value) is in `by` and the others, keeping their order. */
export function partition(
  items: readonly Json[],
  by: readonly Json[],
  mergeKey: string,
): { inside: Json[]; outside: Json[] } {
  const known = new Set<Json>()
  for (let i = 0; i < by.length; i++) {
    const item = by[i]!
    if (mergeKey === '') known.add(item)
    else if (!isObject(item)) throw new ApiError('', `value for key ${i} is not a map`, undefined, 500)
    else if (Object.hasOwn(item, mergeKey)) known.add(item[mergeKey]!)
  }
  const inside: Json[] = []
  const outside: Json[] = []
  for (const item of items) {
    let key: Json | undefined = item
    if (mergeKey !== '') {
      if (!isObject(item)) {
        throw new ApiError('', `expected a map[string]interface {}, but received a ${goTypeText(item)}`, undefined, 500)
      }
      key = requiredKey(item, mergeKey)
    }
    if (known.has(key)) inside.push(item)
    else outside.push(item)
  }
  return { inside, outside }
}

/**
 * The order of a merged list. Items the patch speaks of are in the patch's order, the others in the server's; the two are
 * woven together: an item of the server's own goes before the next of the patch's if the server had it before that one.
 *
 * @param mergeKey undefined: the items are compared as values
 */
export function arrange(
  patched: Json[],
  others: Json[],
  patchOrder: readonly Json[],
  serverOrder: readonly Json[],
  mergeKey: string | undefined,
): Json[] {
  const patchRank = ranks(patchOrder, mergeKey)
  const serverRank = ranks(serverOrder, mergeKey)
  const left = sorted(others, serverRank, mergeKey)
  const right = sorted(patched, patchRank, mergeKey)
  const result: Json[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    const l = serverRank.get(keyOf(left[i]!, mergeKey))
    const r = serverRank.get(keyOf(right[j]!, mergeKey))
    if (l !== undefined && r !== undefined && l < r) result.push(left[i++]!)
    else result.push(right[j++]!)
  }
  while (i < left.length) result.push(left[i++]!)
  while (j < right.length) result.push(right[j++]!)
  return result
}

function ranks(order: readonly Json[], mergeKey: string | undefined): Map<Json | undefined, number> {
  const rank = new Map<Json | undefined, number>()
  for (const item of order) {
    const key = mergeKey !== undefined && isObject(item) ? requiredKey(item, mergeKey) : keyOf(item, mergeKey)
    if (!rank.has(key)) rank.set(key, rank.size)
  }
  return rank
}

function sorted(items: Json[], rank: ReadonlyMap<Json | undefined, number>, mergeKey: string | undefined): Json[] {
  const known: { item: Json; rank: number }[] = []
  const unknown: Json[] = []
  for (const item of items) {
    const at = rank.get(keyOf(item, mergeKey))
    if (at === undefined) unknown.push(item)
    else known.push({ item, rank: at })
  }
  known.sort((a, b) => a.rank - b.rank)
  const result = known.map(({ item }) => item)
  // Upstream's comparison calls an unknown item the smaller of any two, which turns a list of them around.
  return unknown.length === 0 ? result : [...unknown.reverse(), ...result]
}

const keyOf = (item: Json, mergeKey: string | undefined): Json | undefined =>
  mergeKey === undefined ? item : isObject(item) ? member(item, mergeKey) : null

function requiredKey(item: Record<string, Json>, mergeKey: string): Json {
  const key = member(item, mergeKey)
  if (key === undefined) {
    throw new ApiError('', `map: ${goText(item)} does not contain declared merge key: ${mergeKey}`, undefined, 500)
  }
  return key
}
