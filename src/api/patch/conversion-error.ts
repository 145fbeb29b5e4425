import { explain } from '../decode/explain.js'
import { goTypeName } from '../decode/go-type.js'
import { plainNumbers } from '../decode/plain-numbers.js'
import { specialError } from '../decode/special.js'
import { JsonNumber } from '../json-number.js'
import type { ScalarShape, Shape } from '../shapes.js'

/**
 * Why a merged object is none of its type, in the words of upstream's converter from maps to structs, which does not go
 * through JSON; undefined if it would find nothing. Source: apimachinery pkg/runtime/converter.go.
 */
export function conversionError(value: unknown, shape: Shape): string | undefined {
  if (value === null || value === undefined) return undefined
  switch (shape.kind) {
    case 'struct': {
      if (goKind(value) !== 'map') return `cannot restore struct from: ${goKind(value)}`
      const object = value as Record<string, unknown>
      for (const field of shape.fields) {
        const found = Object.hasOwn(object, field.json) ? conversionError(object[field.json], field.shape) : undefined
        if (found !== undefined) return found
      }
      return undefined
    }
    case 'map':
      if (goKind(value) !== 'map') return `cannot restore map from ${goKind(value)}`
      return first(Object.values(value), shape.value)
    case 'list':
      if (goKind(value) !== 'slice') return `cannot restore slice from ${goKind(value)}`
      return first(value as unknown[], shape.item)
    case 'special':
      return explain(plainNumbers(value), { shape, ref: shape.ref }, {})?.message
    case 'bytes': {
      if (typeof value !== 'string')
        return Array.isArray(value) ? undefined : `cannot restore slice from ${goKind(value)}`
      const found = specialError('bytes', value)
      return found === undefined ? undefined : `error decoding from json: ${found}`
    }
    default:
      return scalarError(value, shape)
  }
}

/** Go can convert integers to strings and cut numbers, but this converter does neither. */
function scalarError(value: unknown, shape: ScalarShape): string | undefined {
  const from = goKind(value)
  const { kind } = shape
  const isNumber = from === 'int64' || from === 'float64'
  if (kind === 'string') {
    if (from === 'string') return undefined
    return from === 'int64' ? `cannot convert int64 to ${goTypeName(shape.named ?? kind)}` : 'unrecognized type: string'
  }
  if (kind === 'bool') return from === 'bool' ? undefined : 'unrecognized type: bool'
  if (!isNumber) return `unrecognized type: ${kind}`
  if (kind === 'float64' || from === 'int64' || Number.isInteger(plainNumbers(value))) return undefined
  return `cannot convert float64 to ${goTypeName(shape.named ?? kind)}`
}

function first(values: readonly unknown[], shape: Shape): string | undefined {
  for (const value of values) {
    const found = conversionError(value, shape)
    if (found !== undefined) return found
  }
  return undefined
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice'
  if (value instanceof JsonNumber) return 'float64'
  if (typeof value === 'object') return 'map'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return typeof value === 'bigint' || Number.isSafeInteger(value) ? 'int64' : 'float64'
}
