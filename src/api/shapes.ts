import { type FactsFile, type FieldFacts, facts, factsName, locateType } from './facts.js'

/**
 * The compiled form of a type of the facts: what decoding, patches, apply, protobuf and defaults walk over. A shape is
 * made once for each type, on first use; recursive types are cycles through `StructShape.fields`, which is therefore lazy.
 */
export type Shape = ScalarShape | ListShape | MapShape | StructShape | AnyShape

export interface ScalarShape {
  readonly kind: 'string' | 'bool' | 'int32' | 'int64' | 'float64' | 'bytes'
  /** The named Go type if it is not the plain one, as facts write it: `core.v1.Protocol`. */
  readonly named?: string
}

/** JSON whose form is hand-written in Go: `ref` tells which (`meta.v1.Time`, `resource.Quantity`, `intstr.IntOrString` ...). */
export interface AnyShape {
  readonly kind: 'special'
  readonly ref: string
}

export interface ListShape {
  readonly kind: 'list'
  readonly item: Shape
  /** Items are pointers in Go: a null item stays null. */
  readonly pointer?: boolean
}

export interface MapShape {
  readonly kind: 'map'
  readonly value: Shape
}

export interface StructShape {
  readonly kind: 'struct'
  /** As facts refer to it: `core.v1.Pod`. */
  readonly ref: string
  /** The Go type's bare name, used in upstream's decoding errors. */
  readonly goName: string
  readonly atomic: boolean
  /** Fields in declaration order, those of inlined structs merged in at their place. */
  readonly fields: readonly FieldShape[]
  readonly byJson: ReadonlyMap<string, FieldShape>
}

export interface FieldShape {
  readonly json: string
  readonly shape: Shape
  readonly facts: FieldFacts
}

const shapes = new Map<string, Shape>()

/**
 * The shape of a full type reference: `core.v1.Pod`, `[]core.v1.Container`, `map[string]resource.Quantity`, `string`.
 * Throws if the facts do not have it: a mistake in the program.
 */
export function shapeOf(ref: string): Shape {
  let shape = shapes.get(ref)
  if (shape === undefined) {
    shape = compile(ref)
    shapes.set(ref, shape)
  }
  return shape
}

/** `shapeOf` where only a struct makes sense: the shape of a kind. */
export function structShape(ref: string): StructShape {
  const shape = shapeOf(ref)
  if (shape.kind !== 'struct') throw new Error(`${ref} is not a struct`)
  return shape
}

/** The shape of a built-in kind, or undefined if the facts do not know it. */
export function kindShape(group: string, version: string, kind: string): StructShape | undefined {
  const name = factsName(group, version)
  const kinds = name === undefined ? {} : facts(name).kinds
  const entry = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  return entry === undefined ? undefined : structShape(absolute(entry.type ?? kind, name!))
}

const scalars = new Set(['string', 'bool', 'int32', 'int64', 'float64', 'bytes'])
const widened: Readonly<Record<string, ScalarShape['kind']>> = {
  int: 'int64',
  uint8: 'int32',
  uint32: 'int64',
  uint64: 'int64',
}

// Types with a hand-written JSON form. Their readers and writers live in decode/.
const special = new Set([
  'meta.v1.Time',
  'meta.v1.MicroTime',
  'meta.v1.Duration',
  'meta.v1.FieldsV1',
  'resource.Quantity',
  'intstr.IntOrString',
  'runtime.RawExtension',
  'runtime.Object',
  'interface',
  'apiextensions.v1.JSON',
  'apiextensions.v1.JSONSchemaPropsOrArray',
  'apiextensions.v1.JSONSchemaPropsOrBool',
  'apiextensions.v1.JSONSchemaPropsOrStringArray',
  'apiextensions.v1beta1.JSON',
  'apiextensions.v1beta1.JSONSchemaPropsOrArray',
  'apiextensions.v1beta1.JSONSchemaPropsOrBool',
  'apiextensions.v1beta1.JSONSchemaPropsOrStringArray',
])

function compile(ref: string): Shape {
  if (ref.startsWith('[]')) {
    const item = ref.slice(2)
    return item.startsWith('*')
      ? { kind: 'list', item: shapeOf(item.slice(1)), pointer: true }
      : { kind: 'list', item: shapeOf(item) }
  }
  if (ref.startsWith('map[')) return { kind: 'map', value: shapeOf(ref.slice(ref.indexOf(']') + 1).replace(/^\*/, '')) }
  if (scalars.has(ref)) return { kind: ref as ScalarShape['kind'] }
  if (widened[ref] !== undefined) return { kind: widened[ref] }
  if (special.has(ref)) return { kind: 'special', ref }
  const { file, pkg, key } = locateType(ref)
  const type = file.types[key]
  if (type !== undefined) return new LazyStruct(ref, pkg, file, key)
  const alias = file.aliases[key]
  if (alias !== undefined) {
    const target = shapeOf(absolute(alias, pkg))
    return target.kind in { string: 1, bool: 1, int32: 1, int64: 1 }
      ? { ...(target as ScalarShape), named: ref }
      : target
  }
  if (file.enums[key] !== undefined) return { kind: 'string', named: ref }
  throw new Error(`no facts about type ${ref}`)
}

class LazyStruct implements StructShape {
  readonly kind = 'struct'
  readonly goName: string
  #fields: readonly FieldShape[] | undefined
  #byJson: ReadonlyMap<string, FieldShape> | undefined

  constructor(
    readonly ref: string,
    readonly pkg: string,
    readonly file: FactsFile,
    readonly key: string,
  ) {
    this.goName = key.slice(key.lastIndexOf('.') + 1)
  }

  get atomic(): boolean {
    return this.file.types[this.key]!.structType === 'atomic'
  }

  get fields(): readonly FieldShape[] {
    this.#fields ??= this.file.types[this.key]!.fields.flatMap((field) => this.#compile(field))
    return this.#fields
  }

  get byJson(): ReadonlyMap<string, FieldShape> {
    this.#byJson ??= new Map(this.fields.map((field) => [field.json, field]))
    return this.#byJson
  }

  #compile(field: FieldFacts): readonly FieldShape[] {
    if (field.inline) return structShape(absolute(field.type, this.pkg)).fields
    if (field.json === undefined || field.json === '-') return []
    return [{ json: field.json, shape: shapeOf(absolute(field.type, this.pkg)), facts: field }]
  }
}

/** A reference as a file's fields write it (`Container`, `[]meta.v1.Condition`) made independent of that file. */
export function absolute(type: string, pkg: string): string {
  const prefix = /^(?:\[\]|\*|map\[[^\]]*\])*/.exec(type)![0]
  const bare = type.slice(prefix.length)
  if (scalars.has(bare) || widened[bare] !== undefined || special.has(bare) || bare.includes('.')) return type
  return `${prefix}${pkg}.${bare}`
}
