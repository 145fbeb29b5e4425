import type { JsonSchema, Resource, ResourceVersion } from '../../registry/index.js'
import { type DefinitionOptions, definitionName, type Json, refPrefix } from './definitions.js'

/** How the type of a custom resource is referred to, beside the types of the facts. */
export const customRef = (group: string, version: string, kind: string): string =>
  `custom:${group.split('.').reverse().join('.')}.${version}.${kind}`

/** Makes the schemas of definitions that no facts know, by reference. */
export type Models = ReadonlyMap<string, (options: DefinitionOptions) => Json>

/**
 * The definitions of a custom resource and of its list.
 * @see apiextensions pkg/controller/openapi/builder, pkg/controller/openapi/v2
 */
export function customModels(resource: Resource, version: ResourceVersion): Models {
  const { group, kind } = resource
  const ref = customRef(group, version.version, kind)
  const listRef = customRef(group, version.version, version.listKind)
  return new Map([
    [ref, (options: DefinitionOptions) => kindSchema(version, options)],
    [listRef, (options: DefinitionOptions) => listSchema(resource, version, ref, options)],
  ])
}

const objectMeta = 'meta.v1.ObjectMeta'
const listMeta = 'meta.v1.ListMeta'

const kindOf = ({ group, version, form }: ResourceVersion, kind: string): Json => ({
  'x-kubernetes-group-version-kind': [{ group, kind, version }],
  ...(form?.selectableFields !== undefined && {
    'x-kubernetes-selectable-fields': form.selectableFields.map((fieldPath) => ({ fieldPath })),
  }),
})

function kindSchema(version: ResourceVersion, options: DefinitionOptions): Json {
  const { schema } = version.form!
  const v2 = options.version === 2
  const free = schema === undefined || (v2 && schema['x-kubernetes-preserve-unknown-fields'] === true)
  if (free) return { type: 'object', ...kindOf(version, version.kind) }
  const published = publish(schema, options)
  const { properties, ...rest } = published as { properties?: Json }
  return {
    ...rest,
    properties: { ...properties, ...typeMeta(options), metadata: metaRef(objectMeta, options) },
    ...kindOf(version, version.kind),
  }
}

function listSchema(resource: Resource, version: ResourceVersion, ref: string, options: DefinitionOptions): Json {
  options.used(ref)
  const items = { $ref: refPrefix(options.version) + definitionName(ref) }
  return {
    description: `${version.listKind} is a list of ${version.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMeta(options),
      items: {
        description: `List of ${resource.resource}. More info: ${conventions}`,
        type: 'array',
        items,
      },
      metadata: metaRef(listMeta, options),
    },
    ...kindOf(version, version.listKind),
  }
}

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md'

/** What is said of metadata. Source: apimachinery pkg/apis/meta/v1, PartialObjectMetadata and its list. */
const metaDescriptions: Readonly<Record<string, string>> = {
  [objectMeta]: `Standard object's metadata. More info: ${conventions}#metadata`,
  [listMeta]: `Standard list metadata. More info: ${conventions}#types-kinds`,
}

function typeMeta({ descriptions }: DefinitionOptions): Json {
  const property = (name: string): Json => {
    const description = descriptions?.definition(definitionName('core.v1.Pod'), name)
    return { ...(description !== undefined && { description }), type: 'string' }
  }
  return { apiVersion: property('apiVersion'), kind: property('kind') }
}

function metaRef(ref: string, { version, descriptions, used }: DefinitionOptions): Json {
  used(ref)
  const description = descriptions === undefined ? undefined : metaDescriptions[ref]
  const target = { $ref: refPrefix(version) + definitionName(ref) }
  return { ...(description !== undefined && { description }), ...(version === 2 ? target : { allOf: [target] }) }
}

/** Value validation that version 2 does not know. */
const junctors = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'nullable'])

/** A schema of a definition as it is published: without what version 2 lacks, embedded resources with their metadata. */
function publish(schema: JsonSchema, options: DefinitionOptions): Json {
  const v2 = options.version === 2
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  // kubectl takes what has a type or members to be all that there is.
  const bare = v2 && (schema.nullable === true || open)
  const out: Json = {}
  for (const [member, value] of Object.entries(schema)) {
    if (value === undefined || value === null) continue
    if (v2 && (junctors.has(member) || member === 'default')) continue
    if (bare && (member === 'items' || member === 'properties')) continue
    if (member === 'type' && v2 && isUntyped(schema, bare)) continue
    out[member] = publishMember(member, value, options)
  }
  if (v2) dropNullableRequired(schema, out)
  if (!v2 && schema['x-kubernetes-int-or-string'] === true) unfold(schema, out)
  if (schema['x-kubernetes-embedded-resource'] === true && !(v2 && open)) embed(schema, out, options)
  return out
}

const isUntyped = (schema: JsonSchema, bare: boolean): boolean =>
  schema.nullable === true ||
  (schema.type === 'array' && (bare || schema.items === undefined)) ||
  (schema.type === 'object' && schema['x-kubernetes-preserve-unknown-fields'] === true)

function publishMember(member: string, value: unknown, options: DefinitionOptions): unknown {
  const isSchema = typeof value === 'object' && value !== null && !Array.isArray(value)
  switch (member) {
    case 'items':
    case 'additionalProperties':
    case 'not':
      return isSchema ? publish(value as JsonSchema, options) : value
    case 'properties':
      return Object.fromEntries(
        Object.entries(value as Readonly<Record<string, JsonSchema>>).map(([name, inner]) => [
          name,
          publish(inner, options),
        ]),
      )
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      return (value as readonly JsonSchema[]).map((inner) => publish(inner, options))
    default:
      return value
  }
}

function dropNullableRequired(schema: JsonSchema, out: Json): void {
  const { required = [], properties = {}, additionalProperties: additional } = schema
  if (required.length === 0) return
  const kept = required.filter((name) => !(Object.hasOwn(properties, name) && properties[name]!.nullable))
  if (kept.length === 0 || (typeof additional === 'object' && additional !== null && additional.nullable))
    delete out.required
  else out.required = kept
}

/** Says in OpenAPI's own words that a value is an integer or a string. Source: pkg/apiserver/schema/unfold.go. */
function unfold(schema: JsonSchema, out: Json): void {
  const either = [{ type: 'integer' }, { type: 'string' }]
  const first = schema.allOf?.[0]
  if (isEither(schema.anyOf) || isEither(first?.anyOf)) return
  if (schema.anyOf === undefined) out.anyOf = either
  else out.allOf = [{ anyOf: either }, ...((out.allOf as readonly unknown[] | undefined) ?? [])]
}

const isEither = (anyOf: readonly JsonSchema[] | undefined): boolean =>
  anyOf?.length === 2 && anyOf[0]!.type === 'integer' && anyOf[1]!.type === 'string'

function embed(schema: JsonSchema, out: Json, options: DefinitionOptions): void {
  out.properties = {
    ...(out.properties as Json | undefined),
    ...typeMeta(options),
    metadata: metaRef(objectMeta, options),
  }
  out.required = [...new Set([...(schema.required ?? []), 'kind', 'apiVersion'])]
}
