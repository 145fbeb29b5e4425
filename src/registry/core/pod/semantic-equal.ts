import { parseQuantity, type Shape, type StructShape, structShape } from '../../../api/index.js'

/**
 * Whether two values of a core/v1 type mean the same: absent and empty lists and maps do, so do equal quantities written in
 * different ways. Source: apimachinery pkg/api/equality, Semantic.
 */
export const semanticEqual = (a: object | undefined, b: object | undefined, type: string): boolean =>
  equal(a, b, structShape(`core.v1.${type}`))

function equal(a: unknown, b: unknown, shape: Shape): boolean {
  if (a === b) return true
  switch (shape.kind) {
    case 'struct':
      return isObject(a) && isObject(b) && equalStructs(a, b, shape)
    case 'list': {
      const left = (a ?? []) as readonly unknown[]
      const right = (b ?? []) as readonly unknown[]
      return left.length === right.length && left.every((item, i) => equal(item, right[i], shape.item))
    }
    case 'map': {
      const left = (a ?? {}) as Record<string, unknown>
      const right = (b ?? {}) as Record<string, unknown>
      const names = Object.keys(left)
      return (
        names.length === Object.keys(right).length &&
        names.every((name) => Object.hasOwn(right, name) && equal(left[name], right[name], shape.value))
      )
    }
    case 'special':
      if (shape.ref !== 'resource.Quantity' || typeof a !== 'string' || typeof b !== 'string')
        return (a ?? null) === (b ?? null)
      return parseQuantity(a).equals(parseQuantity(b))
    default:
      return false
  }
}

function equalStructs(a: Record<string, unknown>, b: Record<string, unknown>, shape: StructShape): boolean {
  for (const { json, shape: inner, facts } of shape.fields) {
    const left = a[json]
    const right = b[json]
    if (left === right) continue
    const pointer = facts.pointer === true
    // Without a pointer, what is absent is zero.
    if (!pointer && isZero(left, inner) && isZero(right, inner)) continue
    if (pointer || inner.kind === 'list' || inner.kind === 'map') {
      if (!equal(left ?? undefined, right ?? undefined, inner)) return false
    } else if (!equal(left ?? zero(inner), right ?? zero(inner), inner)) return false
  }
  return true
}

const isZero = (value: unknown, shape: Shape): boolean =>
  value === undefined || value === null || (shape.kind !== 'struct' && (value === '' || value === 0 || value === false))

const zero = (shape: Shape): unknown =>
  shape.kind === 'struct' ? {} : shape.kind === 'special' && shape.ref === 'resource.Quantity' ? '0' : undefined

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
