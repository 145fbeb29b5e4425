import { type FieldNode, type FieldSet, leaf } from './field-set.js'
import { isDeducedMap, type MergeSchema } from './merge-schema.js'
import type { PathElement } from './path-element.js'

/**
 * A set from an earlier schema brought in line with today's: who owned parts of what is now owned as a whole owns the whole.
 * The other way round nothing is done. Gives the set itself back if it already fits.
 * @see structured-merge-diff typed/reconcile_schema.go
 */
export function reconcileWithSchema(set: FieldSet, schema: MergeSchema): FieldSet {
  return children(set, schema)
}

function reconciled(node: FieldNode, schema: MergeSchema): FieldNode {
  const whole = node.children.size === 0
  if (schema.map !== undefined) {
    if (isDeducedMap(schema.map)) return node
    if (schema.map.atomic) return whole ? node : leaf
  } else if (schema.scalar !== undefined || schema.list === undefined) {
    return node
  } else if (schema.list.atomic) {
    return whole ? node : leaf
  }
  if (whole) return node
  const below = children(node.children, schema)
  return below === node.children ? node : { member: node.member, children: below }
}

function children(set: FieldSet, schema: MergeSchema): FieldSet {
  let out: Map<PathElement, FieldNode> | undefined
  for (const [element, node] of set) {
    const below = childSchema(schema, element)
    if (below === undefined) continue
    const next = reconciled(node, below)
    if (next === node) continue
    out ??= new Map(set)
    out.set(element, next)
  }
  return out ?? set
}

function childSchema({ map, list }: MergeSchema, element: PathElement): MergeSchema | undefined {
  if (map === undefined) return list?.item
  return map.fields.at(element)?.schema ?? map.element
}
