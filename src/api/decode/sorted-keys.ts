import { isObject, setOwn } from '../object.js'
import { isSorted } from './normalize.js'

/** The value with the keys of all its objects in order, as Go writes its maps. Shares whatever is in order already. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sortedKeys)
    return items.every((item, i) => item === value[i]) ? value : items
  }
  if (!isObject(value)) return value
  const keys = Object.keys(value)
  let same = isSorted(keys)
  if (!same) keys.sort()
  const out: Record<string, unknown> = {}
  for (const key of keys) {
    const held = sortedKeys(value[key])
    if (held !== value[key]) same = false
    setOwn(out, key, held)
  }
  return same ? value : out
}
