import type { Shape } from '../shapes.js'

/**
 * Why a strategically patched object is none of its type, in the words of upstream's converter from maps to structs, which
 * does not go through JSON; undefined if it would find nothing. Source: apimachinery pkg/runtime/converter.go.
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
    case 'string':
      return typeof value === 'string' ? undefined : 'unrecognized type: string'
    case 'bool':
      return typeof value === 'boolean' ? undefined : 'unrecognized type: bool'
    case 'int32':
    case 'int64':
    case 'float64':
      return typeof value === 'number' || typeof value === 'bigint' ? undefined : `unrecognized type: ${shape.kind}`
    default:
      return undefined
  }
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
  if (typeof value === 'object') return 'map'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'float64'
}
