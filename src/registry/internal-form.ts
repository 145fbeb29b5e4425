import { type FieldShape, type Shape, shapeOf } from '../api/index.js'

/**
 * A part of an object as upstream prints it into messages: JSON of its internal types, which have Go's field names and keep
 * empty fields. Types of meta/v1 have no other form than their usual one.
 *
 * @param type as facts refer to it: `storage.v1.VolumeAttachmentSpec`
 */
export const internalForm = (value: unknown, type: string): unknown => form(value ?? {}, shapeOf(type))

function form(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case 'struct': {
      if (shape.ref.startsWith('meta.v1.')) return value
      const members = value as Readonly<Record<string, unknown>>
      return Object.fromEntries(shape.fields.map((field) => [field.facts.go, member(members[field.json], field)]))
    }
    case 'list':
      return (value as unknown[]).map((item) => form(item, shape.item))
    case 'map': {
      const entries = Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      return Object.fromEntries(entries.map(([key, item]) => [key, form(item, shape.value)]))
    }
    default:
      return value
  }
}

function member(value: unknown, { shape, facts }: FieldShape): unknown {
  if (value !== undefined && value !== null) return form(value, shape)
  return facts.pointer === true ? null : zero(shape)
}

function zero(shape: Shape): unknown {
  switch (shape.kind) {
    case 'struct':
      return form({}, shape)
    case 'string':
      return ''
    case 'bool':
      return false
    case 'int32':
    case 'int64':
    case 'float64':
      return 0
    case 'special':
      return shape.ref === 'resource.Quantity' ? '0' : null
    default:
      return null
  }
}
