import { emptySet, type FieldNode, type FieldSet, leaf, makeNode, sortedElements } from './field-set.js'
import { maxDepth } from './go-values.js'
import { canonicalElement, compareElements, FieldsError, type PathElement } from './path-element.js'

/** The JSON form of a field set, as `fieldsV1` of a managedFields entry holds it. */
export type FieldsV1 = Record<string, unknown>

/** The set in canonical form: elements sorted, `.` only where a path with others below it is itself a member. */
export function encodeFields(set: FieldSet): FieldsV1 {
  return encodeLevel(set, false)
}

export interface DecodedFields {
  readonly set: FieldSet
  /** The input is what `encodeFields(set)` would give, to the letter: it may be kept instead of written anew. */
  readonly canonical: boolean
}

/**
 * Reads a FieldsV1 from anywhere. Elements of unknown kind are dropped, as upstream does.
 * Throws FieldsError for anything malformed, and for more than 1,000 levels.
 */
export function decodeFields(fields: unknown): DecodedFields {
  const reader = new Reader()
  const set = reader.level(fields, 0).children
  return { set, canonical: reader.canonical }
}

function encodeLevel(set: FieldSet, self: boolean): FieldsV1 {
  const out: FieldsV1 = {}
  if (self && set.size > 0) out['.'] = {}
  for (const element of sortedElements(set)) {
    const node = set.get(element)!
    out[element] = node === leaf ? {} : encodeLevel(node.children, node.member)
  }
  return out
}

class Reader {
  canonical = true

  level(value: unknown, depth: number): FieldNode {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (value !== null) throw new FieldsError('expected an object of fields')
      this.canonical = false
      return leaf
    }
    if (depth > maxDepth) throw new FieldsError('fields are nested too deeply')
    const fields = value as FieldsV1
    let children: Map<PathElement, FieldNode> | undefined
    let member = false
    let last: PathElement | undefined
    for (const key of Object.keys(fields)) {
      if (key === '.') {
        member = true
        if (last !== undefined || !isEmptyObject(fields[key])) this.canonical = false
        continue
      }
      const element = canonicalElement(key)
      if (element === undefined) {
        this.canonical = false
        continue
      }
      const node = isEmptyObject(fields[key]) ? leaf : this.level(fields[key], depth + 1)
      if (element !== key || (last !== undefined && compareElements(last, element) >= 0)) this.canonical = false
      last = element
      children ??= new Map()
      // The same element twice, written differently: below it the last one counts.
      const previous = children.get(element)
      const below = node.children.size === 0 && previous !== undefined ? previous.children : node.children
      children.set(element, previous === undefined ? node : makeNode(previous.member || node.member, below))
    }
    if (children === undefined) {
      if (member) this.canonical = false
      return depth === 0 ? { member, children: emptySet } : leaf
    }
    return makeNode(member, children)
  }
}

function isEmptyObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  for (const _ in value) return false
  return true
}
