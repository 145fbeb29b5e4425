import { isObject, JsonNumber } from '../../../api/index.js'
import { identity } from './list-types.js'
import type { JsonObject } from './node.js'

/**
 * The items of a map list by their keys, as a new list finds its old items. Items that lack a key, or have one that is no
 * scalar, find nothing and are not found; of several with the same keys the first is. Source: apiserver pkg/cel/common/maplist.go.
 */
export class MapList {
  readonly #items = new Map<string, JsonObject>()
  readonly #keys: readonly string[]

  constructor(items: readonly unknown[], keys: readonly string[]) {
    this.#keys = keys
    for (const item of items) {
      const own = compositeKey(item, keys)
      if (own !== undefined && !this.#items.has(own)) this.#items.set(own, item as JsonObject)
    }
  }

  get(item: unknown): JsonObject | undefined {
    const own = compositeKey(item, this.#keys)
    return own === undefined ? undefined : this.#items.get(own)
  }
}

function compositeKey(item: unknown, keys: readonly string[]): string | undefined {
  if (!isObject(item) || keys.length === 0) return undefined
  const values: unknown[] = []
  for (const key of keys) {
    const value = Object.hasOwn(item, key) ? item[key] : undefined
    const scalar = value !== null && (typeof value !== 'object' || value instanceof JsonNumber)
    if (value === undefined || !scalar) return undefined
    values.push(value)
  }
  return identity(values)
}
