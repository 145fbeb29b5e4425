import { isObject, setOwn } from '../object.js'
import type { Shape } from '../shapes.js'
import type { Duplicates } from './report.js'

/**
 * A value as it is when keys are there twice. Go decodes the second occurrence into what the first one left: structs and
 * maps add up, items of lists into those that were at their place, null leaves alone what is no pointer, map or list.
 */
export function foldRepeated(raw: unknown, shape: Shape, duplicates: Duplicates): unknown {
  if (Array.isArray(raw)) return shape.kind === 'list' ? raw.map((v) => foldRepeated(v, shape.item, duplicates)) : raw
  if (!isObject(raw)) return raw
  const out: Record<string, unknown> = {}
  for (const [key, value] of duplicates.get(raw) ?? Object.entries(raw)) {
    const inner = innerOf(shape, key)
    if (inner === undefined) {
      setOwn(out, key, value)
      continue
    }
    const folded = foldRepeated(value, inner.shape, duplicates)
    const adds = shape.kind === 'struct' && Object.hasOwn(out, key)
    setOwn(out, key, adds ? overlay(out[key], folded, inner) : folded)
  }
  return out
}

interface Inner {
  readonly shape: Shape
  /** Null makes it absent. */
  readonly nilable: boolean
}

function overlay(before: unknown, value: unknown, { shape, nilable }: Inner): unknown {
  if (value === null) return nilable ? null : before
  if (shape.kind === 'list' && Array.isArray(before) && Array.isArray(value)) {
    const item: Inner = { shape: shape.item, nilable: shape.pointer === true || isNilable(shape.item) }
    return value.map((held, i) => (i < before.length ? overlay(before[i], held, item) : held))
  }
  if ((shape.kind !== 'struct' && shape.kind !== 'map') || !isObject(before) || !isObject(value)) return value
  const out = { ...before }
  for (const [key, held] of Object.entries(value)) {
    const inner = shape.kind === 'struct' ? innerOf(shape, key) : undefined
    const adds = inner !== undefined && Object.hasOwn(out, key)
    setOwn(out, key, adds ? overlay(out[key], held, inner) : held)
  }
  return out
}

function innerOf(shape: Shape, key: string): Inner | undefined {
  if (shape.kind === 'map') return { shape: shape.value, nilable: isNilable(shape.value) }
  const field = shape.kind === 'struct' ? shape.byJson.get(key) : undefined
  if (field === undefined) return undefined
  return { shape: field.shape, nilable: field.facts.pointer === true || isNilable(field.shape) }
}

/** Special types have readers of their own, which take null as well. */
const isNilable = ({ kind }: Shape): boolean =>
  kind === 'list' || kind === 'map' || kind === 'bytes' || kind === 'special'
