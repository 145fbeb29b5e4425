import { type FieldFacts, hasPackage, locateType, type TypeLocation } from '../facts.js'
import { absolute, type Shape, type StructShape, structShape } from '../shapes.js'

/** A type as Go's messages spell it (`[]v1.Container`), beside its shape. */
export interface GoType {
  readonly shape: Shape
  readonly ref: string
}

/** A field with the path Go names it by: embedded structs count (`VolumeSource.emptyDir`). */
export interface GoField {
  readonly path: readonly string[]
  readonly type: GoType
}

const fieldsOf = new WeakMap<StructShape, ReadonlyMap<string, GoField>>()

/** The fields of a struct by JSON name. */
export function goFields(shape: StructShape): ReadonlyMap<string, GoField> {
  let fields = fieldsOf.get(shape)
  if (fields === undefined) {
    fields = new Map(collect(shape, []).map((field) => [field.path.at(-1)!, field]))
    fieldsOf.set(shape, fields)
  }
  return fields
}

/** The type of a list's items or a map's values. */
export function elementType(type: GoType, shape: Shape): GoType {
  const ref = underlying(type.ref)
  const element = ref.startsWith('[]') ? ref.slice(2) : ref.startsWith('map[') ? ref.slice(ref.indexOf(']') + 1) : ''
  return { shape, ref: element === '' ? spell(shape) : element }
}

/** `v1.Container`, `map[v1.ResourceName]resource.Quantity`, `[]uint8`. */
export function goTypeName(ref: string): string {
  if (ref.startsWith('[]')) return `[]${goTypeName(ref.slice(2))}`
  if (ref.startsWith('*')) return `*${goTypeName(ref.slice(1))}`
  if (ref.startsWith('map[')) {
    const end = ref.indexOf(']')
    return `map[${goTypeName(ref.slice(4, end))}]${goTypeName(ref.slice(end + 1))}`
  }
  if (ref === 'bytes') return '[]uint8'
  if (ref === 'interface') return 'interface {}'
  return ref.split('.').slice(-2).join('.')
}

function collect(shape: StructShape, prefix: readonly string[]): readonly GoField[] {
  const declared = declaration(shape.ref)
  // Types without facts (made from a schema) have no embedded structs.
  if (declared === undefined) {
    return shape.fields.map((field) => ({
      path: [...prefix, field.json],
      type: { shape: field.shape, ref: spell(field.shape) },
    }))
  }
  return declared.fields.flatMap((field): readonly GoField[] => {
    if (field.inline) return collect(structShape(absolute(field.type, declared.pkg)), [...prefix, bareName(field.type)])
    const found = field.json === undefined ? undefined : shape.byJson.get(field.json)
    if (found === undefined) return []
    return [{ path: [...prefix, found.json], type: { shape: found.shape, ref: withKey(field.type, declared.pkg) } }]
  })
}

function declaration(ref: string): { pkg: string; fields: readonly FieldFacts[] } | undefined {
  const found = locate(ref)
  const fields = found?.file.types[found.key]?.fields
  return found === undefined || fields === undefined ? undefined : { pkg: found.pkg, fields }
}

/** What a named list or map stands for; the reference itself otherwise. */
function underlying(ref: string): string {
  const found = locate(ref)
  const alias = found?.file.aliases[found.key]
  return alias === undefined ? ref : underlying(withKey(alias, found!.pkg))
}

function locate(ref: string): TypeLocation | undefined {
  if (ref.startsWith('[]') || ref.startsWith('map[') || ref.startsWith('*')) return undefined
  return hasPackage(ref.slice(0, Math.max(ref.lastIndexOf('.'), 0))) ? locateType(ref) : undefined
}

const builtin = new Set(['string', 'bool', 'int32', 'int64', 'int', 'float64', 'bytes', 'interface', 'uint8', 'uint32'])

/** Like `absolute`, for the key type of a map too. */
function withKey(type: string, pkg: string): string {
  const ref = absolute(type, pkg)
  return ref.replace(/map\[([^\].]*)\]/g, (all, key) => (builtin.has(key) ? all : `map[${pkg}.${key}]`))
}

const bareName = (type: string): string => type.slice(type.lastIndexOf('.') + 1)

function spell(shape: Shape): string {
  if (shape.kind === 'list') return `[]${spell(shape.item)}`
  if (shape.kind === 'map') return `map[string]${spell(shape.value)}`
  if (shape.kind === 'struct' || shape.kind === 'special') return shape.ref
  return shape.named ?? shape.kind
}
