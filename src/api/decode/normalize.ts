import { setOwn } from '../object.js'
import type { FieldShape, Shape, StructShape } from '../shapes.js'

/** Works on a value in place. */
type Normalizer = (value: unknown) => void

const normalizers = new WeakMap<Shape, Normalizer>()

/**
 * Changes a decoded object, in place, into what it is after being stored as protobuf and read again, which is what
 * kube-apiserver answers to a write, dry runs included: lists and maps without entries are absent, or null where their
 * field is always written. Kinds stored as JSON (custom resources, CustomResourceDefinitions
 * and APIServices) stay as they are: the caller leaves them out.
 */
export function normalizeStored<T extends object>(object: T, shape: StructShape): T {
  normalizerOf(shape)?.(object)
  return object
}

function normalizerOf(shape: Shape): Normalizer | undefined {
  if (shape.kind === 'string' || shape.kind === 'bool' || shape.kind === 'int32') return undefined
  let normalizer = normalizers.get(shape)
  if (normalizer === undefined) {
    normalizer = compile(shape)
    if (normalizer !== undefined) normalizers.set(shape, normalizer)
  }
  return normalizer
}

function compile(shape: Shape): Normalizer | undefined {
  switch (shape.kind) {
    case 'struct':
      return structNormalizer(shape)
    case 'list': {
      const item = normalizerOf(shape.item)
      return item === undefined ? undefined : (value) => (value as readonly unknown[]).forEach((v) => void item(v))
    }
    case 'map':
      return mapNormalizer(shape.value)
    default:
      return undefined
  }
}

function structNormalizer(shape: StructShape): Normalizer {
  let fields: ReadonlyMap<string, (owner: Record<string, unknown>, value: unknown) => void> | undefined
  return (value) => {
    if (typeof value !== 'object' || value === null) return
    fields ??= new Map(shape.fields.flatMap((field) => fieldAction(field)))
    const owner = value as Record<string, unknown>
    for (const key of Object.keys(owner)) {
      const held = owner[key]
      if (held === null || held === undefined) continue
      fields.get(key)?.(owner, held)
    }
  }
}

function fieldAction(field: FieldShape): readonly [string, (owner: Record<string, unknown>, value: unknown) => void][] {
  const { json, shape } = field
  const { pointer = false, omitempty = false, omitzero = false } = field.facts
  const clear = (owner: Record<string, unknown>): void => {
    if (omitzero || omitempty) delete owner[json]
    else owner[json] = null
  }
  if (shape.kind === 'special') return []
  const inner = normalizerOf(shape)
  if ((shape.kind === 'list' || shape.kind === 'map') && !pointer) {
    return [[json, (owner, value) => (holdsNothing(value) ? clear(owner) : inner?.(value))]]
  }
  return inner === undefined ? [] : [[json, (_, value) => inner(value)]]
}

function mapNormalizer(shape: Shape): Normalizer {
  const inner = normalizerOf(shape)
  if (shape.kind === 'bytes') return (map) => rewrite(map, (value) => value ?? '')
  if (shape.kind !== 'list' && shape.kind !== 'map')
    return (map) =>
      rewrite(map, (value) => {
        inner?.(value)
        return value
      })
  return (map) =>
    rewrite(map, (value) => {
      if (value === null || holdsNothing(value)) return null
      inner?.(value)
      return value
    })
}

/** Go writes maps in the order of their keys. */
function rewrite(map: unknown, replace: (value: unknown) => unknown): void {
  const owner = map as Record<string, unknown>
  const keys = Object.keys(owner)
  const sorted = isSorted(keys)
  if (!sorted) keys.sort()
  for (const key of keys) {
    const value = owner[key]
    const next = replace(value)
    if (next === value && sorted) continue
    if (!sorted) delete owner[key]
    setOwn(owner, key, next)
  }
}

export function isSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return false
  return true
}

function holdsNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  for (const _ in value as object) return false
  return true
}
