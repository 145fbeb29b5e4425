import type { FieldFacts, FieldShape, Shape, StructShape } from '../api/index.js'
import {
  deducedSchema,
  Fields,
  type ListKey,
  type ListSchema,
  listSchema,
  type MapSchema,
  type MergeSchema,
  mapSchema,
  type ScalarType,
  scalarSchema,
  untypedSchema,
} from './merge-schema.js'

// A memo of constants: shapes are made once for each type and never change.
const compiled = new WeakMap<StructShape, MergeSchema>()

/** The merge schema of a built-in type, made on first use and kept. Recursive types are filled in as they are walked. */
export function mergeSchemaOf(shape: StructShape): MergeSchema {
  let schema = compiled.get(shape)
  if (schema === undefined) {
    schema = mapSchema(new LazyStruct(shape, shape.atomic))
    compiled.set(shape, schema)
  }
  return schema
}

class LazyStruct implements MapSchema {
  #fields: Fields | undefined

  constructor(
    readonly shape: StructShape,
    readonly atomic: boolean,
  ) {}

  get fields(): Fields {
    this.#fields ??= new Fields(this.shape.fields.map((field) => [field.json, ofField(field)] as const))
    return this.#fields
  }

  /** A struct without fields is free-form to upstream, whose OpenAPI says no more than "object". */
  get element(): MergeSchema | undefined {
    return this.shape.fields.length === 0 ? deducedSchema : undefined
  }
}

// The markers of a field count where the type is a list or map of its own, or to say otherwise than a struct's own type.
function ofField({ shape, facts }: FieldShape): MergeSchema {
  if (shape.kind === 'list') return listSchema(listOf(shape.item, facts))
  if (shape.kind === 'map')
    return mapSchema({ atomic: facts.mapType === 'atomic', fields: new Fields(), element: ofShape(shape.value) })
  if (shape.kind === 'struct') {
    const override = facts.structType ?? facts.mapType
    if (override !== undefined && (override === 'atomic') !== shape.atomic)
      return mapSchema(new LazyStruct(shape, override === 'atomic'))
  }
  return ofShape(shape)
}

function ofShape(shape: Shape): MergeSchema {
  switch (shape.kind) {
    case 'struct':
      return mergeSchemaOf(shape)
    case 'list':
      return listSchema({ atomic: true, keys: [], item: ofShape(shape.item) })
    case 'map':
      return mapSchema({ atomic: false, fields: new Fields(), element: ofShape(shape.value) })
    case 'special':
      return specials[shape.ref] ?? deducedSchema
    default:
      return scalars[shape.kind]
  }
}

// An explicit list type wins over the patch strategy; a list that has neither is atomic.
function listOf(item: Shape, facts: FieldFacts): ListSchema {
  const element = ofShape(item)
  const keys =
    facts.listType === 'map'
      ? (facts.listMapKeys ?? [])
      : facts.listType === 'set'
        ? []
        : facts.listType === undefined && facts.patchStrategy?.split(',').includes('merge')
          ? facts.patchMergeKey === undefined
            ? []
            : [facts.patchMergeKey]
          : undefined
  if (keys === undefined) return { atomic: true, keys: [], item: element }
  return { atomic: false, keys: keys.map((name) => listKey(item, name)), item: element }
}

/** A key's default is the field's, or the zero value of a field that Go always writes. */
function listKey(item: Shape, name: string): ListKey {
  const field = item.kind === 'struct' ? item.byJson.get(name) : undefined
  if (field === undefined) return { name, default: undefined }
  const { facts, shape } = field
  if (facts.default !== undefined) return { name, default: facts.default }
  if (facts.pointer || facts.omitempty) return { name, default: undefined }
  return { name, default: zeros[shape.kind] }
}

const zeros: Partial<Record<Shape['kind'], unknown>> = { string: '', bool: false, int32: 0, int64: 0, float64: 0 }

const scalar = (type: ScalarType): MergeSchema => scalarSchema(type)
const scalars = {
  string: scalar('string'),
  bool: scalar('boolean'),
  int32: scalar('numeric'),
  int64: scalar('numeric'),
  float64: scalar('numeric'),
  bytes: scalar('string'),
} as const

const specials: Readonly<Record<string, MergeSchema>> = {
  'meta.v1.Time': scalar('untyped'),
  'meta.v1.MicroTime': scalar('untyped'),
  'meta.v1.Duration': scalar('string'),
  'meta.v1.FieldsV1': mapSchema({ atomic: false, fields: new Fields(), element: deducedSchema }),
  'resource.Quantity': scalar('untyped'),
  'runtime.RawExtension': untypedSchema,
}
