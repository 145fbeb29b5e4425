import { isObject, setOwn } from '../object.js'
import type { Shape } from '../shapes.js'
import type { Duplicates } from './report.js'

/**
 * A value as it is when keys are there twice. Go decodes the second occurrence into what the first one left: structs and
 * maps add up, null leaves a struct as it was, everything else is replaced.
 */
export function foldRepeated(raw: unknown, shape: Shape, duplicates: Duplicates): unknown {
  if (Array.isArray(raw)) return shape.kind === 'list' ? raw.map((v) => foldRepeated(v, shape.item, duplicates)) : raw
  if (!isObject(raw)) return raw
  const out: Record<string, unknown> = {}
  for (const [key, value] of duplicates.get(raw) ?? Object.entries(raw)) {
    const inner = innerShape(shape, key)
    if (inner === undefined) {
      setOwn(out, key, value)
      continue
    }
    const folded = foldRepeated(value, inner, duplicates)
    const adds = shape.kind === 'struct' && Object.hasOwn(out, key)
    setOwn(out, key, adds ? overlay(out[key], folded, inner) : folded)
  }
  return out
}

function overlay(before: unknown, value: unknown, shape: Shape): unknown {
  if (shape.kind === 'struct' && value === null) return before
  if ((shape.kind !== 'struct' && shape.kind !== 'map') || !isObject(before) || !isObject(value)) return value
  const out = { ...before }
  for (const [key, held] of Object.entries(value)) {
    const inner = shape.kind === 'struct' ? innerShape(shape, key) : undefined
    const adds = inner !== undefined && Object.hasOwn(out, key)
    setOwn(out, key, adds ? overlay(out[key], held, inner) : held)
  }
  return out
}

function innerShape(shape: Shape, key: string): Shape | undefined {
  if (shape.kind === 'struct') return shape.byJson.get(key)?.shape
  return shape.kind === 'map' ? shape.value : undefined
}
