import { copyJson, setOwn } from '../../../api/index.js'
import type { JsonObject, SchemaNode } from './node.js'

/**
 * Fills in what a schema gives where a value has nothing, or null where null is not allowed; in place.
 * @see apiextensions pkg/apiserver/schema/defaulting/algorithm.go
 */
export function fillSchemaDefaults(value: unknown, node: SchemaNode | undefined): void {
  if (node === undefined || !node.hasDefaults || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    const { items } = node
    if (items === undefined || !items.hasDefaults) return
    for (let i = 0; i < value.length; i++) {
      if (isUnwantedNull(value[i], items)) value[i] = copyJson(items.default)
      fillSchemaDefaults(value[i], items)
    }
    return
  }
  const object = value as JsonObject
  if (node.properties !== undefined)
    for (const [key, property] of node.properties) {
      if (property.default === undefined) continue
      if (!Object.hasOwn(object, key) || object[key] === undefined || isUnwantedNull(object[key], property))
        setOwn(object, key, copyJson(property.default))
    }
  for (const key of Object.keys(object)) {
    const property = node.properties?.get(key)
    if (property !== undefined) {
      fillSchemaDefaults(object[key], property)
      continue
    }
    const { additional } = node
    if (additional === undefined || !additional.hasDefaults) continue
    if (isUnwantedNull(object[key], additional)) setOwn(object, key, copyJson(additional.default))
    fillSchemaDefaults(object[key], additional)
  }
}

const isUnwantedNull = (value: unknown, node: SchemaNode): boolean =>
  value === null && !node.nullable && node.default !== undefined
