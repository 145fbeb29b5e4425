import type { FieldsV1 } from './fields-v1.js'
import { maxDepth } from './go-values.js'
import { itemElement } from './list-items.js'
import type { ListSchema, MapSchema, MergeSchema } from './merge-schema.js'
import { compareElements, fieldElement, type PathElement } from './path-element.js'
import { layoutOf, nothingBelow, type StructLayout } from './struct-layout.js'
import { equalValues, filledList, filledMap, formOf, type JsonMap, own } from './values.js'

/**
 * What the creator of an object owns, written at once: the same as comparing with the empty object, taking away what is
 * `hidden` and encoding the rest, without a set in between. Creates are too frequent for the long way.
 *
 * @param hidden fields of the root, and of its metadata, that nobody owns
 * @returns undefined if this takes the long way: items that cannot be told apart, values that change their form
 */
export function createdFields(
  schema: MergeSchema,
  empty: unknown,
  created: unknown,
  hidden: { readonly root: ReadonlySet<string>; readonly metadata: ReadonlySet<string> },
): FieldsV1 | undefined {
  const before = filledMap(empty)
  const now = filledMap(created)
  if (now === undefined || schema.map === undefined || schema.map.atomic) return undefined
  try {
    return changedMap(schema.map, before ?? {}, now, 0, hidden) ?? {}
  } catch (error) {
    if (error === longWay) return undefined
    throw error
  }
}

const longWay = new Error('the long way')

type Hidden = { readonly root: ReadonlySet<string>; readonly metadata: ReadonlySet<string> }

function changed(schema: MergeSchema, before: unknown, now: unknown, depth: number): FieldsV1 | undefined {
  if (before === now) return undefined
  if (depth > maxDepth) throw new RangeError('value is nested too deeply')
  const form = formOf(schema, now)
  if (formOf(schema, before) !== form) throw longWay
  if (form === 'map' && schema.map !== undefined && !schema.map.atomic) {
    const old = filledMap(before)
    const map = filledMap(now)
    if (map !== undefined) return changedMap(schema.map, old ?? {}, map, depth)
    if (old !== undefined) return undefined
  } else if (form === 'list' && schema.list !== undefined && !schema.list.atomic) {
    if (filledList(before) !== undefined) throw longWay
    const list = filledList(now)
    if (list !== undefined) return listFields(schema.list, list, depth, false)
  }
  return equalValues(before, now) ? undefined : nothingBelow
}

function changedMap(
  schema: MapSchema,
  before: JsonMap,
  now: JsonMap,
  depth: number,
  hidden?: Hidden,
): FieldsV1 | undefined {
  const elements: PathElement[] = []
  const nodes: FieldsV1[] = []
  for (const key of Object.keys(now)) {
    const value = now[key]
    if (value === undefined) continue
    const old = own(before, key)
    if (value === old) continue
    const declared = schema.fields.get(key)
    const below = declared?.schema ?? schema.element
    if (below === undefined) continue
    if (hidden?.root.has(key)) {
      // Nobody owns it, but its items have to have what they are known by.
      added(below, value, depth + 1)
      continue
    }
    let node = old === undefined ? added(below, value, depth + 1) : changed(below, old, value, depth + 1)
    if (hidden !== undefined && key === 'metadata' && node !== undefined) node = without(node, hidden.metadata)
    if (node === undefined) continue
    elements.push(declared?.element ?? fieldElement(key))
    nodes.push(node)
  }
  return elements.length === 0 ? undefined : encoded(elements, nodes, false)
}

/** A value that was not there is owned itself, and all in it. */
function added(schema: MergeSchema, value: unknown, depth: number): FieldsV1 {
  if (typeof value !== 'object' || value === null) return nothingBelow
  if (depth > maxDepth) throw new RangeError('value is nested too deeply')
  const form = formOf(schema, value)
  if (form === 'map' && schema.map !== undefined && !schema.map.atomic)
    return mapFields(schema.map, value as JsonMap, depth)
  if (form === 'list' && schema.list !== undefined && !schema.list.atomic) {
    const list = filledList(value)
    if (list !== undefined) return listFields(schema.list, list, depth, true)
  }
  return nothingBelow
}

function mapFields(schema: MapSchema, map: JsonMap, depth: number): FieldsV1 {
  return (schema.element === undefined ? structFields(schema, map, depth) : undefined) ?? anyFields(schema, map, depth)
}

function structFields(schema: MapSchema, map: JsonMap, depth: number): FieldsV1 | undefined {
  const keys = Object.keys(map)
  let layout: StructLayout | undefined = layoutOf(schema.fields)
  let below: (FieldsV1 | undefined)[] | undefined
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    const value = map[key]
    layout = value === undefined ? undefined : layout.and(key)
    if (layout === undefined) return undefined
    if (typeof value !== 'object') continue
    const node = added(layout.schema!, value, depth + 1)
    if (node === nothingBelow) continue
    below ??= new Array<FieldsV1 | undefined>(keys.length)
    below[i] = node
  }
  return below === undefined ? layout.leaves : layout.with(below)
}

function anyFields(schema: MapSchema, map: JsonMap, depth: number): FieldsV1 {
  const elements: PathElement[] = []
  const nodes: FieldsV1[] = []
  for (const key of Object.keys(map)) {
    const declared = schema.fields.get(key)
    const below = declared?.schema ?? schema.element
    if (map[key] === undefined || below === undefined) continue
    elements.push(declared?.element ?? fieldElement(key))
    nodes.push(added(below, map[key], depth + 1))
  }
  return encoded(elements, nodes, true)
}

function listFields(schema: ListSchema, list: readonly unknown[], depth: number, self: boolean): FieldsV1 {
  const elements = list.map((item) => itemElement(schema, item))
  const nodes = list.map((item) => added(schema.item, item, depth + 1))
  return encoded(elements, nodes, self)
}

function encoded(elements: readonly PathElement[], nodes: readonly FieldsV1[], self: boolean): FieldsV1 {
  const out: FieldsV1 = {}
  if (self && elements.length > 0) out['.'] = nothingBelow
  let sorted = true
  for (let i = 1; i < elements.length && sorted; i++) sorted = ascending(elements[i - 1]!, elements[i]!)
  if (sorted) {
    for (let i = 0; i < elements.length; i++) out[elements[i]!] = nodes[i]!
    return out
  }
  const order = elements.map((_, i) => i).sort((a, b) => compareElements(elements[a]!, elements[b]!))
  for (let i = 0; i < order.length; i++) {
    if (i > 0 && elements[order[i - 1]!] === elements[order[i]!]) throw longWay
    out[elements[order[i]!]!] = nodes[order[i]!]!
  }
  return out
}

function ascending(a: PathElement, b: PathElement): boolean {
  const order = compareElements(a, b)
  if (order === 0) throw longWay
  return order < 0
}

function without(node: FieldsV1, hidden: ReadonlySet<string>): FieldsV1 | undefined {
  const out: FieldsV1 = {}
  let size = 0
  for (const element of Object.keys(node)) {
    if (element === '.' || hidden.has(element.slice(2))) continue
    out[element] = node[element]
    size++
  }
  return size === 0 ? undefined : out
}
