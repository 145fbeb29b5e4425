import { GoNative, goJson } from './go-values.js'
import type { ListSchema } from './merge-schema.js'
import { elementJson, keyElement, type PathElement, valueElement } from './path-element.js'
import { isMap, own } from './values.js'

/** An item that cannot be told from others. The message is upstream's. */
export class ItemError extends Error {
  override readonly name = 'ItemError'
}

/**
 * What an item of an associative list is known by: the values of its keys, or itself in a set.
 * @see structured-merge-diff typed/helpers.go
 */
export function itemElement(list: ListSchema, item: unknown): PathElement {
  const { keys } = list
  if (keys.length === 0) return setElement(item)
  if (item === null || item === undefined) throw new ItemError('associative list with keys may not have a null element')
  if (!isMap(item) || item instanceof GoNative)
    throw new ItemError('associative list with keys may not have non-map elements')
  if (keys.length === 1) {
    const value = own(item, keys[0]!.name) ?? defaultOf(list, 0, item)
    if (value === undefined) throw missingKeys(list)
    return `k:{${goJson(keys[0]!.name)}:${elementJson(value)}}`
  }
  const fields: [string, unknown][] = []
  for (let i = 0; i < keys.length; i++) {
    const value = own(item, keys[i]!.name) ?? defaultOf(list, i, item)
    if (value !== undefined) fields.push([keys[i]!.name, value])
  }
  if (fields.length === 0) throw missingKeys(list)
  return keyElement(fields.sort((a, b) => (a[0] < b[0] ? -1 : 1)))
}

function setElement(item: unknown): PathElement {
  if (item === null || item === undefined)
    throw new ItemError("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw new ItemError('not supported: associative list with lists as elements')
  if (typeof item === 'object') throw new ItemError("associative list without keys has an element that's a map type")
  return valueElement(item)
}

// A key that is there but null stays null; only an absent one has its default.
function defaultOf(list: ListSchema, i: number, item: Readonly<Record<string, unknown>>): unknown {
  const { name, default: value } = list.keys[i]!
  if (own(item, name) === null) return null
  if (list.item.map === undefined)
    throw new ItemError(`couldn't find default value for ${name}: associative list may not have non-map types`)
  return value
}

const missingKeys = (list: ListSchema): ItemError =>
  new ItemError(
    `associative list with keys has an element that omits all key fields [${list.keys
      .map(({ name }) => goJson(name))
      .join(' ')}] (and doesn't have default values for any key fields)`,
  )
