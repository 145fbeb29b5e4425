import { type FieldShape, kindShape, type Shape, type StructShape } from '../../api/index.js'
import type { DeclaredSchema } from './declared-schema.js'

/**
 * The schema that a built-in kind declares to expressions; undefined if there is no such kind. A type within itself is an
 * object of which nothing is known.
 */
export function kindSchema(group: string, version: string, kind: string): DeclaredSchema | undefined {
  const shape = kindShape(group, version, kind)
  return shape && structSchema(shape, new Set())
}

function schemaOf(shape: Shape, above: ReadonlySet<string>): DeclaredSchema {
  switch (shape.kind) {
    case 'string':
      return { type: 'string' }
    case 'bool':
      return { type: 'boolean' }
    case 'int32':
    case 'int64':
      return { type: 'integer' }
    case 'float64':
      return { type: 'number' }
    case 'bytes':
      return { type: 'string', format: 'byte' }
    case 'list':
      return { type: 'array', items: schemaOf(shape.item, above) }
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(shape.value, above) }
    case 'special':
      return special[shape.ref] ?? { type: 'object' }
    default:
      return structSchema(shape, above)
  }
}

/** Of types whose JSON is hand-written, as their OpenAPI says. All others are objects. */
const special: Readonly<Record<string, DeclaredSchema>> = {
  'meta.v1.Time': { type: 'string', format: 'date-time' },
  'meta.v1.MicroTime': { type: 'string', format: 'date-time' },
  'meta.v1.Duration': { type: 'string' },
  'resource.Quantity': { type: 'string' },
  'intstr.IntOrString': { 'x-kubernetes-int-or-string': true },
  'apiextensions.v1.JSON': {},
}

function structSchema(shape: StructShape, above: ReadonlySet<string>): DeclaredSchema {
  if (above.has(shape.ref)) return { type: 'object' }
  const within = new Set(above).add(shape.ref)
  const properties: Record<string, DeclaredSchema> = {}
  for (const field of shape.fields) properties[field.json] = fieldSchema(field, within)
  return { type: 'object', properties, required: shape.fields.filter(isRequired).map(({ json }) => json) }
}

function fieldSchema({ shape, facts }: FieldShape, above: ReadonlySet<string>): DeclaredSchema {
  const schema = schemaOf(shape, above)
  const { listType, listMapKeys, enum: allowed } = facts
  return {
    ...schema,
    ...(allowed === undefined || shape.kind !== 'string' ? {} : { enum: allowed }),
    ...(listType === undefined ? {} : { 'x-kubernetes-list-type': listType }),
    ...(listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': listMapKeys }),
  }
}

const isRequired = ({ facts: { required = false, optional = false, omitempty = false } }: FieldShape): boolean =>
  required || (!optional && !omitempty)
