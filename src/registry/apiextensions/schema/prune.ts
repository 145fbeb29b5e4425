import { isObject, JsonNumber, setOwn } from '../../../api/index.js'
import { type JsonObject, nodeOfKey, type SchemaNode } from './node.js'

const metaFields = new Set(['apiVersion', 'kind', 'metadata'])

/**
 * The value without the fields that its schema does not know, and without nulls where the schema neither allows nor replaces
 * them. Returns a copy; free-form parts are shared with `value`.
 *
 * @param node   of the value; undefined: nothing is known, all fields go
 * @param report told the path of each field that went
 * @param at     the path of the value; at the root, "": apiVersion, kind and metadata that go are not told
 * @see apiextensions pkg/apiserver/schema/pruning/algorithm.go, defaulting/prunenulls.go
 */
export function prune(value: unknown, node: SchemaNode | undefined, report?: (path: string) => void, at = ''): unknown {
  return new Pruner(report, true).prune(value, node, at)
}

/** `prune`, but nulls stay, to be replaced by defaults, or refused. */
export const pruneFields = (value: unknown, node: SchemaNode | undefined): unknown =>
  new Pruner(undefined, false).prune(value, node, '')

class Pruner {
  constructor(
    readonly report: ((path: string) => void) | undefined,
    readonly dropNulls: boolean,
  ) {}

  prune(value: unknown, node: SchemaNode | undefined, path: string): unknown {
    if (isScalar(value)) return value
    if (node?.preserve) return this.keep(value, node, path)
    if (Array.isArray(value)) return value.map((item, i) => this.prune(item, node?.items, this.at(path, i)))
    const out: JsonObject = {}
    for (const key of Object.keys(value)) {
      const held = (value as JsonObject)[key]
      if (node?.embedded && metaFields.has(key)) {
        setOwn(out, key, held)
        continue
      }
      const inner = node?.properties?.get(key)
      if (inner === undefined && !node?.open) {
        if (this.report !== undefined && (!metaFields.has(key) || path !== '')) this.report(this.below(path, key))
        continue
      }
      if (this.dropNulls && isLostNull(held, nodeOfKey(node, key))) continue
      setOwn(out, key, this.prune(held, inner ?? node?.additional, this.below(path, key)))
    }
    return out
  }

  /** Below preserve-unknown-fields: what is specified is pruned, all else stays. */
  keep(value: unknown, node: SchemaNode | undefined, path: string): unknown {
    if (node === undefined || isScalar(value)) return value
    if (Array.isArray(value)) return value.map((item, i) => this.keep(item, node.items, this.at(path, i)))
    // Type and metadata of embedded resources are coerced in place afterwards.
    if (node.properties === undefined && !node.open) return node.embedded ? { ...value } : value
    const out: JsonObject = {}
    for (const key of Object.keys(value)) {
      const held = (value as JsonObject)[key]
      if (this.dropNulls && isLostNull(held, nodeOfKey(node, key))) continue
      const skip = node.embedded && metaFields.has(key)
      const known = !skip && (node.properties?.has(key) || node.open)
      setOwn(out, key, known ? this.prune(held, nodeOfKey(node, key), this.below(path, key)) : held)
    }
    return out
  }

  below(path: string, key: string): string {
    return this.report === undefined ? '.' : path === '' ? key : `${path}.${key}`
  }

  at(path: string, i: number): string {
    return this.report === undefined ? '.' : `${path}[${i}]`
  }
}

const isScalar = (value: unknown): value is JsonNumber | string | number | bigint | boolean | null | undefined =>
  typeof value !== 'object' || value === null || value instanceof JsonNumber

const isLostNull = (value: unknown, node: SchemaNode | undefined): boolean =>
  value === null && node !== undefined && !node.nullable && node.default === undefined

/** Keys in Go's order of maps, at every level. */
export function sortKeys<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sortKeys) as T
  if (!isObject(value)) return value
  const out: JsonObject = {}
  for (const key of Object.keys(value).sort(byBytes)) {
    const held = value[key]
    if (held !== undefined) setOwn(out, key, sortKeys(held))
  }
  return out as T
}

/** UTF-8 sorts as code points do; UTF-16 does not, beyond the basic plane. */
function byBytes(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left === right) continue
    const surrogates = Number(left >= 0xd800 && left < 0xe000) - Number(right >= 0xd800 && right < 0xe000)
    return surrogates !== 0 ? surrogates : left - right
  }
  return a.length - b.length
}
