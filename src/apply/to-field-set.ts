import { emptySet, type FieldNode, type FieldSet, leaf, makeNode } from './field-set.js'
import { itemElement } from './list-items.js'
import type { ListSchema, MapSchema, MergeSchema } from './merge-schema.js'
import { fieldElement, type PathElement } from './path-element.js'
import { formOf, isMap } from './values.js'

/**
 * The paths somebody owns who applies this value: its leaves, every item of a list and every key of a map that is not a
 * declared field. The value has been validated.
 * @see structured-merge-diff typed/tofieldset.go
 */
export function toFieldSet(schema: MergeSchema, value: unknown): FieldSet {
  return nodeOf(schema, value).children
}

const nothing: FieldNode = { member: false, children: emptySet }

function nodeOf(schema: MergeSchema, value: unknown): FieldNode {
  switch (formOf(schema, value)) {
    case 'scalar':
      return leaf
    case 'map':
      return schema.map === undefined ? nothing : schema.map.atomic ? leaf : mapNode(schema.map, value)
    default:
      return schema.list === undefined ? nothing : schema.list.atomic ? leaf : listNode(schema.list, value)
  }
}

function mapNode(schema: MapSchema, value: unknown): FieldNode {
  if (!isMap(value)) return nothing
  let children: Map<PathElement, FieldNode> | undefined
  for (const key of Object.keys(value)) {
    const child = value[key]
    if (child === undefined) continue
    const declared = schema.fields.get(key)
    const below = declared?.schema ?? schema.element
    const node = below === undefined ? nothing : nodeOf(below, child)
    const member =
      node.member || declared === undefined || child === null || (node.children.size === 0 && isEmptyMap(child))
    if (!member && node.children.size === 0) continue
    children ??= new Map()
    children.set(
      declared?.element ?? fieldElement(key),
      member === node.member ? node : makeNode(member, node.children),
    )
  }
  return children === undefined ? nothing : { member: false, children }
}

function listNode(schema: ListSchema, value: unknown): FieldNode {
  if (!Array.isArray(value) || value.length === 0) return nothing
  const children = new Map<PathElement, FieldNode>()
  for (const item of value) {
    const element = itemElement(schema, item)
    if (children.has(element)) {
      // Items that cannot be told apart are owned together, as a whole.
      children.set(element, leaf)
    } else {
      children.set(element, makeNode(true, nodeOf(schema.item, item).children))
    }
  }
  return { member: false, children }
}

const isEmptyMap = (value: unknown): boolean => isMap(value) && Object.keys(value).length === 0
