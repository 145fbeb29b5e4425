import {
  type FactsFile,
  type FieldFacts,
  factsIndex,
  locateType,
  type TypeFacts,
  type TypeLocation,
} from '../../api/index.js'
import type { Descriptions } from './descriptions.js'

export type OpenApiVersion = 2 | 3
export type Json = Record<string, unknown>

/** Builds the schema of one definition. */
export interface DefinitionOptions {
  readonly version: OpenApiVersion
  readonly descriptions: Descriptions | undefined
  /** Version 3 tells for types that every group has (DeleteOptions) only the core one's kind and this one's; absent: all. */
  readonly only?: { readonly group: string; readonly version: string }
  /** Called with the reference of every definition this one names. */
  readonly used: (ref: string) => void
}

/** The definition name of a type of the facts: `core.v1.Pod` → `io.k8s.api.core.v1.Pod`. */
export function definitionName(ref: string): string {
  if (ref.startsWith('custom:')) return ref.slice('custom:'.length)
  const { file, pkg } = locateType(ref)
  return (file.support?.[pkg] ?? file).openapiPackage + ref.slice(pkg.length)
}

export const refPrefix = (version: OpenApiVersion): string =>
  version === 2 ? '#/definitions/' : '#/components/schemas/'

/**
 * The schema of a type of the facts, with kube-openapi's rules. Version 2 has no defaults and no `allOf` around references,
 * version 3 has both. Keys stand where Go would write them.
 */
export function definitionSchema(ref: string, options: DefinitionOptions): Json {
  const { file, pkg, key, type } = findType(ref)
  const name = definitionName(ref)
  const description = options.descriptions?.definition(name)
  const described = description === undefined ? {} : { description }
  if (type.openapi !== undefined) return { ...described, ...handWritten(type.openapi, options.version) }
  const properties: [string, Json][] = []
  const required: string[] = []
  for (const [field, owner] of flatFields(type, pkg)) {
    properties.push([field.json!, fieldSchema(field, owner, name, options)])
    if (isRequired(field)) required.push(field.json!)
  }
  properties.sort(([a], [b]) => (a < b ? -1 : 1))
  const kinds = kindsOf(file, pkg, key, options)
  return {
    ...described,
    type: 'object',
    ...(required.length > 0 && { required }),
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(kinds.length > 0 && { 'x-kubernetes-group-version-kind': kinds }),
    ...(type.structType !== undefined && { 'x-kubernetes-map-type': type.structType }),
    ...unionOf(type),
  }
}

const integers: Readonly<Record<string, string>> = {
  int: 'int32',
  int32: 'int32',
  int64: 'int64',
  uint8: 'byte',
  uint32: 'int64',
  uint64: 'int64',
}

interface Found extends TypeLocation {
  readonly type: TypeFacts
}

function findType(ref: string): Found {
  const location = locateType(ref)
  const type = location.file.types[location.key]
  if (type === undefined) throw new Error(`no facts about type ${ref}`)
  return { ...location, type }
}

const handWritten = ({ type, format, v3OneOf }: NonNullable<TypeFacts['openapi']>, version: OpenApiVersion): Json => ({
  ...(type !== undefined && type !== null && !(version === 3 && v3OneOf !== undefined) && { type: [type].flat()[0] }),
  ...(format !== undefined && format !== '' && { format }),
  ...(version === 3 && v3OneOf !== undefined && { oneOf: v3OneOf.map((name) => ({ type: name })) }),
})

/** The fields of a struct with those of inlined structs in their place, each with the package that declares it. */
function* flatFields(type: TypeFacts, pkg: string): Generator<readonly [FieldFacts, string]> {
  for (const field of type.fields) {
    if (field.inline) {
      const ref = qualify(field.type, pkg)
      const inner = findType(ref)
      yield* flatFields(inner.type, inner.pkg)
    } else if (field.json !== undefined && field.json !== '-') {
      yield [field, pkg]
    }
  }
}

const isRequired = (field: FieldFacts): boolean =>
  field.required === true || (field.optional !== true && field.omitempty !== true)

function fieldSchema(field: FieldFacts, pkg: string, definition: string, options: DefinitionOptions): Json {
  const schema = typeSchema(field.type, pkg, options, field.enum)
  const description =
    options.descriptions?.definition(definition, field.json) ?? describeTarget(schema, field, definition, options)
  const zero = field.default ?? (field.pointer ? undefined : zeroOfField(field, pkg))
  const extra: Json = {
    ...(description !== undefined && { description }),
    ...(options.version === 3 && field.nullable && { nullable: true }),
    ...(options.version === 3 && zero !== undefined && { default: zero }),
  }
  const extensions: Json = {
    ...(field.listMapKeys !== undefined && { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.listType !== undefined && { 'x-kubernetes-list-type': field.listType }),
    ...(field.mapType !== undefined && { 'x-kubernetes-map-type': field.mapType }),
    ...(field.structType !== undefined && { 'x-kubernetes-map-type': field.structType }),
    ...(field.patchMergeKey !== undefined && { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategy !== undefined && { 'x-kubernetes-patch-strategy': field.patchStrategy }),
  }
  if ('$ref' in schema && options.version === 3 && !isPlain(field, definition)) {
    return { ...extra, allOf: [schema], ...extensions }
  }
  return { ...extra, ...schema, ...extensions }
}

/** What a field refers to tells more than nothing: the source of descriptions has none for such fields. */
function describeTarget(
  { $ref }: Json,
  field: FieldFacts,
  definition: string,
  { descriptions, version }: DefinitionOptions,
): string | undefined {
  if (typeof $ref !== 'string' || isPlain(field, definition)) return undefined
  return descriptions?.definition($ref.slice(refPrefix(version).length))
}

/** Fields that upstream does not describe: nothing stands beside their reference, so it is not wrapped. */
const undescribed: Readonly<Record<string, readonly string[]>> = {
  JSONSchemaProps: ['additionalItems', 'additionalProperties', 'example', 'externalDocs', 'items', 'not'],
  IngressRule: ['http'],
}
const isPlain = (field: FieldFacts, definition: string): boolean =>
  undescribed[definition.slice(definition.lastIndexOf('.') + 1)]?.includes(field.json!) === true

/** @param values the enum of the type, or of what a list or map holds */
function typeSchema(
  type: string,
  pkg: string,
  options: DefinitionOptions,
  values: readonly string[] | undefined,
): Json {
  if (type.startsWith('*')) return typeSchema(type.slice(1), pkg, options, values)
  if (type.startsWith('[]')) return { type: 'array', items: itemSchema(type.slice(2), pkg, options, values) }
  if (type.startsWith('map[')) {
    return { type: 'object', additionalProperties: itemSchema(type.slice(type.indexOf(']') + 1), pkg, options, values) }
  }
  const enumeration = values === undefined ? {} : { enum: values }
  if (type === 'string') return { type: 'string', ...enumeration }
  if (type === 'bool') return { type: 'boolean' }
  if (type === 'bytes') return { type: 'string', format: 'byte' }
  if (type === 'float64') return { type: 'number', format: 'double' }
  if (integers[type] !== undefined) return { type: 'integer', format: integers[type] }
  const resolved = resolve(type, pkg)
  if (resolved.alias !== undefined) return typeSchema(resolved.alias, resolved.pkg, options, values)
  options.used(resolved.ref)
  return { $ref: refPrefix(options.version) + definitionName(resolved.ref) }
}

function itemSchema(
  type: string,
  pkg: string,
  options: DefinitionOptions,
  values: readonly string[] | undefined,
): Json {
  const schema = typeSchema(type, pkg, options, values)
  if (options.version === 2) return schema
  const zero = type.startsWith('*') ? undefined : zeroOf(type, pkg)
  if ('$ref' in schema) return zero === undefined ? schema : { default: zero, allOf: [schema] }
  return zero === undefined ? schema : { ...schema, default: zero }
}

/** Structs are never absent in Go, whatever their tags say. */
function zeroOfField(field: FieldFacts, pkg: string): unknown {
  const zero = zeroOf(field.type, pkg)
  return field.omitempty && typeof zero !== 'object' ? undefined : zero
}

/** The default that kube-openapi gives to what cannot be absent in Go. */
function zeroOf(type: string, pkg: string): unknown {
  if (type.startsWith('[]') || type.startsWith('map[') || type === 'bytes') return undefined
  if (type === 'string') return ''
  if (type === 'bool') return false
  if (type === 'float64' || integers[type] !== undefined) return 0
  const resolved = resolve(type, pkg)
  if (resolved.alias !== undefined) return zeroOf(resolved.alias, resolved.pkg)
  const raw = resolved.ref === 'runtime.RawExtension'
  return findType(resolved.ref).type.openapi === undefined && !raw ? {} : undefined
}

interface Resolved {
  readonly ref: string
  readonly pkg: string
  /** What the type is another name for. */
  readonly alias?: string
}

function resolve(type: string, pkg: string): Resolved {
  const ref = qualify(type, pkg)
  const { pkg: owner, file, key } = locateType(ref)
  if (file.types[key] !== undefined) return { ref, pkg: owner }
  const alias = file.aliases[key]
  if (alias !== undefined) return { ref, pkg: owner, alias }
  if (file.enums[key] !== undefined) return { ref, pkg: owner, alias: 'string' }
  throw new Error(`no facts about type ${ref}`)
}

const qualify = (type: string, pkg: string): string => (type.includes('.') ? type : `${pkg}.${type}`)

interface Kind {
  readonly group: string
  readonly kind: string
  readonly version: string
}

/** Types that every group version registers. */
const everywhere = new Set(['DeleteOptions', 'WatchEvent'])
/** Groups that are not in the scheme which upstream's documents of custom resources are made with. */
const otherSchemes = new Set([
  'admission.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'imagepolicy.k8s.io',
])
const unversioned = new Set(['Status', 'APIVersions', 'APIGroupList', 'APIGroup', 'APIResourceList'])

function kindsOf(
  file: FactsFile,
  pkg: string,
  key: string,
  { only, version: openapi }: DefinitionOptions,
): readonly Kind[] {
  if (pkg === 'meta.v1') {
    if (unversioned.has(key)) return [{ group: '', kind: key, version: 'v1' }]
    if (!everywhere.has(key)) return []
    return factsIndex()
      .groupVersions.filter((gv) => gv.group !== 'meta.k8s.io' && gv.group !== 'apidiscovery.k8s.io')
      .filter((gv) =>
        only === undefined
          ? openapi === 2 || !otherSchemes.has(gv.group)
          : gv.group === '' || (gv.group === only.group && gv.version === only.version),
      )
      .map((gv) => ({ group: gv.group, kind: key, version: gv.version }))
      .sort((a, b) => (a.group === b.group ? (a.version < b.version ? -1 : 1) : a.group < b.group ? -1 : 1))
  }
  const { group, version } = file
  const kinds: Kind[] = []
  for (const [kind, entry] of Object.entries(file.kinds)) {
    if ((entry.type ?? kind) === key) kinds.push({ group, kind, version })
    if (entry.list === key) kinds.push({ group, kind: key, version })
  }
  return kinds
}

/** Unions marked as such on the type; those that only validation knows are not in OpenAPI. */
function unionOf(type: TypeFacts): Json {
  if (type.union === undefined) return {}
  const discriminator = type.fields.find((field) => [field.union].flat().includes('discriminator'))
  const members = type.fields
    .filter((field) => field !== discriminator && field.json !== undefined)
    .map((field) => [field.json!, field.go] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    'x-kubernetes-unions': [
      {
        ...(discriminator !== undefined && { discriminator: discriminator.json }),
        'fields-to-discriminateBy': Object.fromEntries(members),
      },
    ],
  }
}
