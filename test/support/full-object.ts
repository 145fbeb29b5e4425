import type { Shape, StructShape } from '../../src/api/index.js'
import { messageType } from '../../src/codec/protobuf/message-type.js'

/**
 * JSON of a struct with a value in every field, each different from its neighbours and none of them the zero of its type.
 * A type within itself (JSON schemas) is filled once.
 */
export function fullObject(shape: StructShape): Record<string, unknown> {
  return new Filler().struct(shape, [])
}

class Filler {
  #count = 0

  struct(shape: StructShape, path: readonly string[]): Record<string, unknown> {
    const out: Record<string, unknown> = {}
    // Type meta of objects within objects is in no protobuf message.
    const fields = path.length > 0 && messageType(shape.ref).hasTypeMeta ? shape.fields.slice(2) : shape.fields
    for (const { json, shape: inner } of fields) {
      const value = this.value(inner, [...path, shape.ref], json)
      if (value !== undefined) out[json] = value
    }
    return out
  }

  value(shape: Shape, path: readonly string[], field: string): unknown {
    const n = ++this.#count
    switch (shape.kind) {
      case 'string':
        return `${field}-${n}`
      case 'bool':
        return true
      case 'int32':
        return n
      case 'int64':
        return 2 ** 40 + n
      case 'float64':
        return n + 0.5
      case 'bytes':
        return Buffer.from(`${field} ${n}`).toString('base64')
      case 'list': {
        const items = [this.value(shape.item, path, field), this.value(shape.item, path, field)]
        return items[0] === undefined ? undefined : items
      }
      case 'map': {
        const item = this.value(shape.value, path, field)
        return item === undefined
          ? undefined
          : { [`a-${field}`]: item, [`b-${field}`]: this.value(shape.value, path, field) }
      }
      case 'struct':
        return path.includes(shape.ref) ? undefined : this.struct(shape, path)
      case 'special':
        return this.special(shape.ref, n)
    }
  }

  special(ref: string, n: number): unknown {
    const second = String(n % 60).padStart(2, '0')
    switch (ref) {
      case 'meta.v1.Time':
        return `2026-01-02T03:04:${second}Z`
      case 'meta.v1.MicroTime':
        return `2026-01-02T03:04:${second}.000007Z`
      case 'meta.v1.Duration':
        return `1m${(n % 59) + 1}s`
      case 'resource.Quantity':
        return `${n}1m`
      case 'intstr.IntOrString':
        return n % 2 === 0 ? n : `${n}%`
      case 'meta.v1.FieldsV1':
        return { 'f:metadata': { [`f:field-${n}`]: {} } }
      default:
        if (ref.endsWith('JSONSchemaPropsOrBool')) return n % 2 === 0 ? { type: 'string' } : true
        if (ref.endsWith('JSONSchemaPropsOrArray')) return n % 2 === 0 ? { type: 'string' } : [{ type: 'object' }]
        if (ref.endsWith('JSONSchemaPropsOrStringArray')) return n % 2 === 0 ? { type: 'string' } : ['a', `b${n}`]
        if (ref.startsWith('runtime.'))
          return { apiVersion: 'example.com/v1', kind: 'Free', value: [n, null, 1.5, 'é'] }
        return { value: [n, null, 1.5, 'é'] }
    }
  }
}
