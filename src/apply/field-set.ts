import { compareElements, type PathElement, printElement } from './path-element.js'

/**
 * A set of field paths as a tree. A node says whether the path that ends in it is a member and which paths below it are.
 * Sets are immutable and share what they have in common: an operation that changes nothing gives its first operand back,
 * so `===` tells that nothing changed. No node is empty (neither member nor with children).
 * The order of the map's keys has no meaning; `sortedElements` gives the canonical one.
 * @see structured-merge-diff fieldpath/set.go
 */
export type FieldSet = ReadonlyMap<PathElement, FieldNode>

export interface FieldNode {
  readonly member: boolean
  readonly children: FieldSet
}

export const emptySet: FieldSet = new Map()
/** A member with nothing below it. */
export const leaf: FieldNode = { member: true, children: emptySet }

/** The set of these paths; each path is a list of elements. */
export function setOf(...paths: readonly (readonly PathElement[])[]): FieldSet {
  let set = emptySet
  for (const path of paths) set = union(set, single(path))
  return set
}

export function hasPath(set: FieldSet, path: readonly PathElement[]): boolean {
  let at = set
  for (let i = 0; i < path.length; i++) {
    const node = at.get(path[i]!)
    if (node === undefined) return false
    if (i === path.length - 1) return node.member
    at = node.children
  }
  return false
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || b.size === 0) return a
  if (a.size === 0) return b
  let out: Map<PathElement, FieldNode> | undefined
  for (const [element, right] of b) {
    const left = a.get(element)
    if (left === right) continue
    let node = right
    if (left !== undefined) {
      const children = union(left.children, right.children)
      const member = left.member || right.member
      if (children === left.children && member === left.member) continue
      node = makeNode(member, children)
    }
    out ??= new Map(a)
    out.set(element, node)
  }
  return out ?? a
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  let out: Map<PathElement, FieldNode> | undefined
  let same = 0
  for (const [element, other] of a.size <= b.size ? a : b) {
    const left = a.size <= b.size ? other : a.get(element)
    const right = a.size <= b.size ? b.get(element) : other
    if (left === undefined || right === undefined) continue
    const children = intersection(left.children, right.children)
    const member = left.member && right.member
    if (!member && children.size === 0) continue
    out ??= new Map()
    if (member === left.member && children === left.children) {
      same++
      out.set(element, left)
    } else {
      out.set(element, makeNode(member, children))
    }
  }
  if (out === undefined) return emptySet
  return same === a.size ? a : out
}

/** The paths of `a` that are not in `b`. A path below one in `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, false)
}

/** The paths of `a` that are neither in `b` nor below a path in `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, true)
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [element, left] of a) {
    const right = b.get(element)
    if (right === undefined || left.member !== right.member || !equalSets(left.children, right.children)) return false
  }
  return true
}

/** The members that have nothing below them. */
export function leaves(set: FieldSet): FieldSet {
  const out = new Map<PathElement, FieldNode>()
  for (const [element, node] of set)
    out.set(element, node.children.size === 0 ? node : makeNode(false, leaves(node.children)))
  return out
}

/** How many paths are in the set. */
export function sizeOf(set: FieldSet): number {
  let size = 0
  for (const node of set.values()) size += (node.member ? 1 : 0) + sizeOf(node.children)
  return size
}

/** The elements of the topmost level in canonical order. */
export function sortedElements(set: FieldSet): readonly PathElement[] {
  const elements = [...set.keys()]
  for (let i = 1; i < elements.length; i++) {
    if (compareElements(elements[i - 1]!, elements[i]!) > 0) return elements.sort(compareElements)
  }
  return elements
}

/** All paths as messages print them (`.spec.ports[port=80]`), at every level members first. Numbers print as floats. */
export function printPaths(set: FieldSet, prefix = '', out: string[] = []): string[] {
  const elements = sortedElements(set)
  for (const element of elements) if (set.get(element)!.member) out.push(prefix + printElement(element, true))
  for (const element of elements) printPaths(set.get(element)!.children, prefix + printElement(element, true), out)
  return out
}

export function makeNode(member: boolean, children: FieldSet): FieldNode {
  return member && children.size === 0 ? leaf : { member, children }
}

function single(path: readonly PathElement[]): FieldSet {
  let set = emptySet
  for (let i = path.length - 1; i >= 0; i--) set = new Map([[path[i]!, makeNode(i === path.length - 1, set)]])
  return set
}

function subtract(a: FieldSet, b: FieldSet, below: boolean): FieldSet {
  if (a.size === 0 || b.size === 0) return a
  if (a === b) return emptySet
  let out: Map<PathElement, FieldNode> | undefined
  const one = (element: PathElement, left: FieldNode, right: FieldNode): void => {
    const children = below && right.member ? emptySet : subtract(left.children, right.children, below)
    const member = left.member && !right.member
    if (member === left.member && children === left.children) return
    out ??= new Map(a)
    if (member || children.size > 0) out.set(element, makeNode(member, children))
    else out.delete(element)
  }
  if (a.size < b.size) {
    for (const [element, left] of a) {
      const right = b.get(element)
      if (right !== undefined) one(element, left, right)
    }
  } else {
    for (const [element, right] of b) {
      const left = a.get(element)
      if (left !== undefined) one(element, left, right)
    }
  }
  return out ?? a
}
