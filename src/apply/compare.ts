import { holdsLeftOut } from '../api/index.js'
import { emptySet, type FieldNode, type FieldSet, leaf, makeNode, union } from './field-set.js'
import { maxDepth } from './go-values.js'
import { itemElement } from './list-items.js'
import { fieldSchema, type ListSchema, type MapSchema, type MergeSchema } from './merge-schema.js'
import { fieldElement, type PathElement } from './path-element.js'
import { equalValues, type Form, filledList, filledMap, formOf, isMap, type JsonMap, own } from './values.js'

export interface Comparison {
  /** Fields that only the right object has, and those that have another value there. */
  readonly changed: FieldSet
  /** Fields that only the left object has. */
  readonly removed: FieldSet
}

/**
 * What a write changed, from the object before to the object after. Both have been validated.
 * Throws RangeError beyond 1,000 levels.
 * @see structured-merge-diff typed/compare.go
 */
export function compare(schema: MergeSchema, left: unknown, right: unknown): Comparison {
  const found = both(schema, left, right, 0)
  return { changed: found?.changed?.children ?? emptySet, removed: found?.removed?.children ?? emptySet }
}

interface Found {
  readonly changed: FieldNode | undefined
  readonly removed: FieldNode | undefined
}

const changedLeaf: Found = { changed: leaf, removed: undefined }

// A value may change its form (a scalar becomes a map): then it is looked at as the one and as the other.
function both(schema: MergeSchema, left: unknown, right: unknown, depth: number): Found | undefined {
  if (left === right) return undefined
  if (depth > maxDepth) throw new RangeError('value is nested too deeply')
  const was = formOf(schema, left)
  const is = formOf(schema, right)
  const found = asForm(schema, is, left, right, depth)
  return was === is ? found : join(asForm(schema, was, left, right, depth), found)
}

function asForm(schema: MergeSchema, form: Form, left: unknown, right: unknown, depth: number): Found | undefined {
  if (form === 'map' && schema.map !== undefined && !schema.map.atomic) {
    const l = isMap(left) ? left : {}
    const r = isMap(right) ? right : {}
    // Keys of large maps take long to list: once is enough.
    const had = Object.keys(l)
    const has = Object.keys(r)
    if (had.length > 0 || has.length > 0) return maps(schema.map, l, had, r, has, depth)
  } else if (form === 'list' && schema.list !== undefined && !schema.list.atomic) {
    const l = filledList(left)
    const r = filledList(right)
    if (l !== undefined || r !== undefined) return lists(schema.list, l ?? [], r ?? [], depth)
  }
  return equalValues(left, right) && !hasEmptyWithin(right) ? undefined : changedLeaf
}

/** Go compares lists to the last nil: an empty list or map that was sent within one is no longer what is stored. */
function hasEmptyWithin(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsLeftOut)
  return isMap(value) && Object.values(value).some(hasEmptyWithin)
}

function maps(
  schema: MapSchema,
  left: JsonMap,
  had: readonly string[],
  right: JsonMap,
  has: readonly string[],
  depth: number,
): Found | undefined {
  let changed: Map<PathElement, FieldNode> | undefined
  let removed: Map<PathElement, FieldNode> | undefined
  for (const key of has) {
    const now = right[key]
    if (now === undefined) continue
    const before = own(left, key)
    if (now === before) continue
    const declared = schema.fields.get(key)
    const below = declared?.schema ?? schema.element
    if (below === undefined) continue
    if (before === undefined) {
      changed ??= new Map()
      changed.set(declared?.element ?? fieldElement(key), one(below, now, depth + 1))
      continue
    }
    const found = both(below, before, now, depth + 1)
    if (found === undefined) continue
    if (found.changed !== undefined) {
      changed ??= new Map()
      changed.set(declared?.element ?? fieldElement(key), found.changed)
    }
    if (found.removed !== undefined) {
      removed ??= new Map()
      removed.set(declared?.element ?? fieldElement(key), found.removed)
    }
  }
  for (const key of had) {
    if (left[key] === undefined || own(right, key) !== undefined) continue
    const below = fieldSchema(schema, key)
    if (below === undefined) continue
    removed ??= new Map()
    removed.set(fieldElement(key), one(below, left[key], depth + 1))
  }
  return foundIn(changed, removed)
}

/** Items that share their keys are compared as a whole: they cannot be told apart. */
function lists(
  schema: ListSchema,
  left: readonly unknown[],
  right: readonly unknown[],
  depth: number,
): Found | undefined {
  const was = group(schema, left)
  const is = group(schema, right)
  const changed = new Map<PathElement, FieldNode>()
  const removed = new Map<PathElement, FieldNode>()
  for (const [element, now] of is) {
    const before = was.get(element) ?? []
    if (before.length <= 1 && now.length <= 1) {
      if (before.length === 0) {
        changed.set(element, one(schema.item, now[0], depth + 1))
        continue
      }
      const found = both(schema.item, before[0], now[0], depth + 1)
      if (found?.changed !== undefined) changed.set(element, found.changed)
      if (found?.removed !== undefined) removed.set(element, found.removed)
    } else if (before.length >= 2 && now.length >= 2) {
      if (!equalValues(before, now) || hasEmptyWithin(now)) changed.set(element, leaf)
    } else if (before.length >= 2) {
      changed.set(element, one(schema.item, now[0], depth + 1))
      removed.set(element, leaf)
    } else {
      changed.set(element, leaf)
      if (before.length === 1) removed.set(element, one(schema.item, before[0], depth + 1))
    }
  }
  for (const [element, before] of was) {
    if (is.has(element)) continue
    removed.set(element, before.length >= 2 ? leaf : one(schema.item, before[0], depth + 1))
  }
  return foundIn(changed, removed)
}

/** All of a value that only one side has. Fields on the way are members too. */
function one(schema: MergeSchema, value: unknown, depth: number): FieldNode {
  if (depth > maxDepth) throw new RangeError('value is nested too deeply')
  const form = formOf(schema, value)
  if (form === 'map' && schema.map !== undefined && !schema.map.atomic) {
    const map = filledMap(value)
    if (map === undefined) return leaf
    const children = new Map<PathElement, FieldNode>()
    for (const key of Object.keys(map)) {
      const declared = schema.map.fields.get(key)
      const below = declared?.schema ?? schema.map.element
      if (map[key] === undefined || below === undefined) continue
      children.set(declared?.element ?? fieldElement(key), one(below, map[key], depth + 1))
    }
    return makeNode(true, children)
  }
  if (form === 'list' && schema.list !== undefined && !schema.list.atomic) {
    const list = filledList(value)
    if (list === undefined) return leaf
    const children = new Map<PathElement, FieldNode>()
    for (const [element, items] of group(schema.list, list))
      children.set(element, items.length >= 2 ? leaf : one(schema.list.item, items[0], depth + 1))
    return makeNode(true, children)
  }
  return leaf
}

function group(schema: ListSchema, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const groups = new Map<PathElement, unknown[]>()
  for (const item of items) {
    const element = itemElement(schema, item)
    const others = groups.get(element)
    if (others === undefined) groups.set(element, [item])
    else others.push(item)
  }
  return groups
}

function foundIn(
  changed: Map<PathElement, FieldNode> | undefined,
  removed: Map<PathElement, FieldNode> | undefined,
): Found | undefined {
  const some = changed !== undefined && changed.size > 0
  const less = removed !== undefined && removed.size > 0
  if (!some && !less) return undefined
  return {
    changed: some ? { member: false, children: changed } : undefined,
    removed: less ? { member: false, children: removed } : undefined,
  }
}

const join = (a: Found | undefined, b: Found | undefined): Found | undefined =>
  a === undefined || b === undefined
    ? (a ?? b)
    : { changed: joinNodes(a.changed, b.changed), removed: joinNodes(a.removed, b.removed) }

const joinNodes = (a: FieldNode | undefined, b: FieldNode | undefined): FieldNode | undefined =>
  a === undefined || b === undefined ? (a ?? b) : makeNode(a.member || b.member, union(a.children, b.children))
