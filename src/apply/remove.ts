import { type FieldNode, type FieldSet, makeNode } from './field-set.js'
import { itemElement } from './list-items.js'
import type { ListSchema, MapSchema, MergeSchema } from './merge-schema.js'
import { fieldElement, type PathElement } from './path-element.js'
import { filledList, filledMap, formOf, type JsonMap, put } from './values.js'

/**
 * The value without the paths of a set. A map or list that loses all it had, or that is owned as a whole and has paths of the
 * set below it, becomes null. A value that loses nothing is given back as it is.
 * @see structured-merge-diff typed/remove.go
 */
export function removeItems(schema: MergeSchema, value: unknown, set: FieldSet): unknown {
  return walk(schema, value, set)
}

/**
 * The set with every declared field that has paths below it added: removing a set removes such fields once they are empty.
 */
export function withNamedFields(schema: MergeSchema | undefined, set: FieldSet): FieldSet {
  let out: Map<PathElement, FieldNode> | undefined
  for (const [element, node] of set) {
    if (node.children.size === 0) continue
    const isField = element.startsWith('f:')
    const declared = isField ? schema?.map?.fields.at(element)?.schema : undefined
    const below = isField
      ? (declared ?? schema?.map?.element)
      : element.startsWith('k:')
        ? schema?.list?.item
        : undefined
    const children = withNamedFields(below, node.children)
    const member = node.member || declared !== undefined
    if (member === node.member && children === node.children) continue
    out ??= new Map(set)
    out.set(element, makeNode(member, children))
  }
  return out ?? set
}

function walk(schema: MergeSchema, value: unknown, set: FieldSet): unknown {
  switch (formOf(schema, value)) {
    case 'scalar':
      return value
    case 'map': {
      const map = filledMap(value)
      return map === undefined || schema.map === undefined || schema.map.atomic ? null : walkMap(schema.map, map, set)
    }
    default: {
      const list = filledList(value)
      return list === undefined || schema.list === undefined || schema.list.atomic
        ? null
        : walkList(schema.list, list, set)
    }
  }
}

function walkMap(schema: MapSchema, map: JsonMap, set: FieldSet): unknown {
  const out: Record<string, unknown> = {}
  let kept = 0
  let same = true
  for (const key of Object.keys(map)) {
    const value = map[key]
    if (value === undefined) continue
    const declared = schema.fields.get(key)
    const node = set.get(declared?.element ?? fieldElement(key))
    if (node?.member) {
      same = false
      continue
    }
    const below = node === undefined ? undefined : (declared?.schema ?? schema.element)
    const next = below === undefined ? value : walk(below, value, node!.children)
    if (next !== value) same = false
    put(out, key, next)
    kept++
  }
  return same ? map : kept > 0 ? out : null
}

function walkList(schema: ListSchema, list: readonly unknown[], set: FieldSet): unknown {
  const out: unknown[] = []
  let same = true
  for (const item of list) {
    const node = set.get(itemElement(schema, item))
    if (node?.member) {
      same = false
      continue
    }
    const next = node === undefined ? item : walk(schema.item, item, node.children)
    if (next !== item) same = false
    out.push(next)
  }
  return same ? list : out.length > 0 ? out : null
}
