import { child, type FieldErrors, isObject } from '../../../api/index.js'
import { stringifyJson } from '../../../codec/index.js'
import type { JsonObject, SchemaNode } from './node.js'
import { sortKeys } from './prune.js'

/**
 * Checks that lists of type set and map have no item twice.
 * @see apiextensions pkg/apiserver/schema/listtype/validation.go
 */
export function validateLists(value: unknown, node: SchemaNode | undefined, path: string, errors: FieldErrors): void {
  if (node === undefined || !node.hasLists || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (node.listType === 'set')
      for (const i of repeated(value.map(identity))) errors.duplicate(`${path}[${i}]`, sortKeys(value[i]))
    else if (node.listType === 'map') validateMapList(value, node, path, errors)
    for (const [i, item] of value.entries()) validateLists(item, node.items, `${path}[${i}]`, errors)
    return
  }
  const object = value as JsonObject
  for (const key of Object.keys(object)) {
    if (node.additional !== undefined) validateLists(object[key], node.additional, `${path}[${key}]`, errors)
    const property = node.properties?.get(key)
    if (property !== undefined) validateLists(object[key], property, child(path, key), errors)
  }
}

function validateMapList(list: readonly unknown[], node: SchemaNode, path: string, errors: FieldErrors): void {
  const other = list.findIndex((item) => item !== null && !isObject(item))
  if (other >= 0) {
    errors.invalid(`${path}[${other}]`, sortKeys(list[other]), 'must be an object for an array of list-type map')
    return
  }
  const keys = list.map((item) => keysOf(item, node.listMapKeys))
  for (const i of repeated(keys.map(identity))) errors.duplicate(`${path}[${i}]`, sortKeys(keys[i]))
}

/** What identifies an item of a map list: its key fields, those that are there. */
export function keysOf(item: unknown, names: readonly string[]): JsonObject {
  const keys: JsonObject = {}
  if (isObject(item)) for (const name of names) if (Object.hasOwn(item, name)) keys[name] = item[name]
  return keys
}

/** Equal for equal values. */
export const identity = (value: unknown): string => stringifyJson(sortKeys(value)) ?? 'undefined'

/** The index of the second appearance of each text that appears more than once. */
function repeated(texts: readonly string[]): number[] {
  const seen = new Map<string, number>()
  const found: number[] = []
  for (const [i, text] of texts.entries()) {
    const times = seen.get(text) ?? 0
    if (times === 1) found.push(i)
    seen.set(text, times + 1)
  }
  return found
}
