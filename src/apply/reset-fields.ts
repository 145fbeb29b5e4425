import { emptySet, type FieldNode, type FieldSet, makeNode, recursiveDifference, setOf } from './field-set.js'
import { fieldElement, type PathElement } from './path-element.js'

/** What of a set counts: fields that a strategy puts back to their old value are owned by nobody who sends them. */
export interface FieldFilter {
  (set: FieldSet): FieldSet
  /** All it does is to drop these fields of the root; undefined: it does more. */
  readonly roots?: readonly string[]
}

/** Drops these fields and everything below them. Paths are names: `['metadata', 'labels']`. */
export function excludeFields(...paths: readonly (readonly string[])[]): FieldFilter {
  const excluded = setOf(...paths.map((path) => path.map(fieldElement)))
  const filter = (set: FieldSet): FieldSet => recursiveDifference(set, excluded)
  return paths.every(({ length }) => length === 1)
    ? Object.assign(filter, { roots: paths.map(([name]) => name!) })
    : filter
}

/** Any element at its place in a pattern: every item of a list, every key of a map. */
export const anyElement = Symbol('any')

/**
 * Keeps only what a pattern leads to, with everything below it: `['spec', 'containers', anyElement, 'resources']`.
 * The elements on the way stay members if they are.
 */
export function includeFields(...patterns: readonly (readonly (string | typeof anyElement)[])[]): FieldFilter {
  const root = compile(patterns)
  return (set) => keep(set, root)
}

/** Undefined: everything from here on. */
type Matcher = { readonly any: Matcher; readonly by: ReadonlyMap<PathElement, Matcher> } | undefined

function compile(patterns: readonly (readonly (string | typeof anyElement)[])[]): Matcher {
  if (patterns.some((pattern) => pattern.length === 0)) return undefined
  const groups = new Map<PathElement | typeof anyElement, (readonly (string | typeof anyElement)[])[]>()
  for (const [head, ...rest] of patterns) {
    const at = head === anyElement || head === undefined ? anyElement : fieldElement(head)
    groups.set(at, [...(groups.get(at) ?? []), rest])
  }
  const by = new Map<PathElement, Matcher>()
  for (const [at, rest] of groups) if (at !== anyElement) by.set(at, compile(rest))
  const any = groups.get(anyElement)
  return { any: any === undefined ? nothing : compile(any), by }
}

const nothing: NonNullable<Matcher> = {
  get any(): Matcher {
    return nothing
  },
  by: new Map(),
}

// Upstream asks wildcards first and stops there.
function keep(set: FieldSet, matcher: Matcher): FieldSet {
  if (matcher === undefined) return set
  const out = new Map<PathElement, FieldNode>()
  for (const [element, node] of set) {
    const next = matcher.any !== nothing ? matcher.any : matcher.by.has(element) ? matcher.by.get(element) : nothing
    if (next === nothing) continue
    const children = keep(node.children, next)
    if (node.member || children.size > 0) out.set(element, makeNode(node.member, children))
  }
  return out.size === 0 ? emptySet : out
}
