import type { StructShape } from '../api/index.js'
import {
  deducedSchema,
  Fields,
  type ListKey,
  type ListSchema,
  type MapSchema,
  type MergeSchema,
  type ScalarType,
  scalarSchema,
  untypedSchema,
} from './merge-schema.js'
import { mergeSchemaOf } from './schema-from-shape.js'

/** An OpenAPI v3 schema as a CustomResourceDefinition or a published document holds it. */
export type OpenApiSchema = Readonly<Record<string, unknown>>

export interface OpenApiMergeOptions {
  /** Unknown fields are allowed everywhere. Default: only below `x-kubernetes-preserve-unknown-fields`. */
  readonly preserveUnknownFields?: boolean
  /** The schema a `$ref` names by the last part of its path. Default: none, references count as anything. */
  readonly definition?: (name: string) => OpenApiSchema | undefined
  /** ObjectMeta, the type of `metadata` of embedded resources. Default: they get none added. */
  readonly objectMeta?: StructShape
}

/**
 * Compiles an OpenAPI schema. The schema has been validated as structural before: what does not fit counts as untyped,
 * never as an error.
 * @see kube-openapi pkg/schemaconv/openapi.go, smd.go
 */
export function mergeSchemaOfOpenApi(schema: OpenApiSchema, options: OpenApiMergeOptions = {}): MergeSchema {
  return new Compiler(options).compile(schema, options.preserveUnknownFields === true)
}

/**
 * The merge schema of a custom resource's version: its schema with the type meta and ObjectMeta added.
 * @param schema `openAPIV3Schema`, or undefined if the version has none
 * @param objectMeta the shape of `meta.v1.ObjectMeta`
 */
export function customResourceSchema(
  schema: OpenApiSchema | undefined,
  objectMeta: StructShape,
  preserveUnknownFields = false,
): MergeSchema {
  if (schema === undefined) return deducedSchema
  const root = { ...schema, 'x-kubernetes-embedded-resource': true }
  return mergeSchemaOfOpenApi(root, { objectMeta, preserveUnknownFields })
}

class Compiler {
  readonly #named = new Map<string, MergeSchema>()

  constructor(readonly options: OpenApiMergeOptions) {}

  compile(schema: OpenApiSchema, preserve: boolean): MergeSchema {
    const name = referenceOf(schema)
    if (name !== undefined) return this.#reference(name, schema['x-kubernetes-map-type'])
    const keep = preserve || schema['x-kubernetes-preserve-unknown-fields'] === true
    switch (schema.type) {
      case undefined:
      case '':
        return { scalar: 'untyped', list: this.#list(schema, keep), map: this.#map(schema, keep) }
      case 'object':
        return { scalar: undefined, list: undefined, map: this.#map(schema, keep) }
      case 'array':
        return { scalar: undefined, list: this.#list(schema, keep), map: undefined }
      default:
        return scalarSchema(scalarOf(schema.type, schema.format))
    }
  }

  #reference(name: string, relationship: unknown): MergeSchema {
    let schema = this.#named.get(name)
    if (schema === undefined) {
      const definition = this.options.definition?.(name)
      schema =
        wellKnown[name] ??
        (definition === undefined
          ? deducedSchema
          : new LazySchema(() => this.compile(definition, this.options.preserveUnknownFields === true)))
      this.#named.set(name, schema)
    }
    if (relationship !== 'atomic' && relationship !== 'granular') return schema
    const target = schema
    return new LazySchema(() => {
      if (target.map === undefined) return target
      const { fields, element } = target.map
      return { scalar: target.scalar, list: target.list, map: { atomic: relationship === 'atomic', fields, element } }
    })
  }

  #map(schema: OpenApiSchema, preserve: boolean): MapSchema {
    const fields = new Map<string, MergeSchema>()
    for (const [name, field] of Object.entries(objectAt(schema, 'properties') ?? {}))
      fields.set(name, this.compile(asSchema(field), preserve))
    if (schema['x-kubernetes-embedded-resource'] === true && this.options.objectMeta !== undefined) {
      fields.set('apiVersion', scalarSchema('string'))
      fields.set('kind', scalarSchema('string'))
      fields.set('metadata', mergeSchemaOf(this.options.objectMeta))
    }
    return {
      atomic: schema['x-kubernetes-map-type'] === 'atomic',
      fields: new Fields(fields),
      element: this.#element(schema.additionalProperties, preserve, fields.size === 0),
    }
  }

  // An object of which nothing is said is free-form.
  #element(additional: unknown, preserve: boolean, bare: boolean): MergeSchema | undefined {
    if (additional === undefined || additional === null) return preserve || bare ? deducedSchema : undefined
    if (typeof additional === 'object') return this.compile(asSchema(additional), preserve)
    return additional === true ? deducedSchema : undefined
  }

  #list(schema: OpenApiSchema, preserve: boolean): ListSchema {
    const items = objectAt(schema, 'items')
    const item = items === undefined ? untypedSchema : this.compile(items, preserve)
    const keys = keysOf(schema)
    if (keys === undefined) return { atomic: true, keys: [], item }
    return { atomic: false, keys: keys.map((name) => this.#key(items ?? {}, name)), item }
  }

  #key(items: OpenApiSchema, name: string): ListKey {
    const reference = referenceOf(items)
    const target = reference === undefined ? items : (this.options.definition?.(reference) ?? {})
    const field = objectAt(objectAt(target, 'properties') ?? {}, name)
    return { name, default: field?.default ?? undefined }
  }
}

/** Compiles when first looked at, so that definitions may refer to each other. */
class LazySchema implements MergeSchema {
  #schema: MergeSchema | undefined

  constructor(readonly make: () => MergeSchema) {}

  get scalar(): ScalarType | undefined {
    return this.#made.scalar
  }

  get list(): ListSchema | undefined {
    return this.#made.list
  }

  get map(): MapSchema | undefined {
    return this.#made.map
  }

  get #made(): MergeSchema {
    this.#schema ??= this.make()
    return this.#schema
  }
}

// Upstream gives these two by name: their published schemas do not say what they are.
const wellKnown: Readonly<Record<string, MergeSchema>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': scalarSchema('untyped'),
  'io.k8s.apimachinery.pkg.runtime.RawExtension': untypedSchema,
}

// A string of any format but bytes may be something else than a string: int-or-string, dates.
function scalarOf(type: unknown, format: unknown): ScalarType {
  if (type === 'integer' || type === 'number') return 'numeric'
  if (type === 'boolean') return 'boolean'
  if (type === 'string') return format === undefined || format === '' || format === 'byte' ? 'string' : 'untyped'
  return 'untyped'
}

/** Undefined: atomic; no keys: a set. An explicit list type wins over the patch strategy. */
function keysOf(schema: OpenApiSchema): readonly string[] | undefined {
  const type = schema['x-kubernetes-list-type']
  if (type === 'map') return strings(schema['x-kubernetes-list-map-keys'])
  if (type === 'set') return []
  if (type !== undefined) return undefined
  const strategy = schema['x-kubernetes-patch-strategy']
  if (strategy !== 'merge' && strategy !== 'merge,retainKeys') return undefined
  const key = schema['x-kubernetes-patch-merge-key']
  return typeof key === 'string' ? [key] : []
}

/** The name in a `$ref`, or in the only member of an `allOf`. */
function referenceOf(schema: OpenApiSchema): string | undefined {
  const all = schema.allOf
  const ref = schema.$ref ?? (Array.isArray(all) && all.length === 1 ? asSchema(all[0]).$ref : undefined)
  return typeof ref === 'string' ? ref.slice(ref.lastIndexOf('/') + 1) : undefined
}

const asSchema = (value: unknown): OpenApiSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as OpenApiSchema) : {}

function objectAt(schema: OpenApiSchema, key: string): OpenApiSchema | undefined {
  const value = Object.hasOwn(schema, key) ? schema[key] : undefined
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as OpenApiSchema) : undefined
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
