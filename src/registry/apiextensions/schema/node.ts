import {
  embedded,
  intOrString,
  itemsOf,
  type JsonSchema,
  listMapKeys,
  listType,
  preserve,
  schemaOrBool,
} from './json-schema.js'

/**
 * A structural schema, compiled to what pruning, defaulting and the checks of lists and embedded resources walk over: the
 * structure without the value validation. Source: apiextensions pkg/apiserver/schema/structural.go.
 */
export interface SchemaNode {
  readonly schema: JsonSchema
  readonly nullable: boolean
  /** Undefined: none. */
  readonly default: unknown
  readonly preserve: boolean
  readonly embedded: boolean
  readonly intOrString: boolean
  readonly properties: ReadonlyMap<string, SchemaNode> | undefined
  readonly items: SchemaNode | undefined
  /** Other keys are allowed; `additional` says what they are, if there is anything to say. */
  readonly open: boolean
  readonly additional: SchemaNode | undefined
  readonly listType: string | undefined
  readonly listMapKeys: readonly string[]
  /** What there is here or below, so that walks may stop. */
  readonly hasDefaults: boolean
  readonly hasEmbedded: boolean
  readonly hasLists: boolean
  /** Of no type that would refuse null, though it is no value: such nulls are stored by nobody. */
  readonly hasUntyped: boolean
}

/** Compiles a schema that has been validated; what is not structural counts as not there. */
export function compileNode(schema: JsonSchema): SchemaNode {
  const properties =
    schema.properties === undefined
      ? undefined
      : new Map(Object.entries(schema.properties).map(([name, inner]) => [name, compileNode(inner)]))
  const itemSchema = itemsOf(schema)
  const items = itemSchema === undefined ? undefined : compileNode(itemSchema)
  const additionalSchema = schemaOrBool(schema.additionalProperties)
  const additional = additionalSchema === undefined ? undefined : compileNode(additionalSchema)
  const children = [...(properties?.values() ?? [])]
  if (items !== undefined) children.push(items)
  if (additional !== undefined) children.push(additional)
  const kind = schema[listType]
  const isEmbedded = schema[embedded] === true
  const fallback = schema.default ?? undefined
  return {
    schema,
    nullable: schema.nullable === true,
    default: fallback,
    preserve: schema[preserve] === true,
    embedded: isEmbedded,
    intOrString: schema[intOrString] === true,
    properties,
    items,
    open: schema.additionalProperties !== undefined && schema.additionalProperties !== null,
    additional,
    listType: kind,
    listMapKeys: schema[listMapKeys] ?? [],
    hasDefaults: fallback !== undefined || children.some((c) => c.hasDefaults),
    hasEmbedded: isEmbedded || children.some((c) => c.hasEmbedded),
    hasUntyped: isUntyped(schema) || children.some((c) => c.hasUntyped),
    hasLists: kind === 'set' || kind === 'map' || children.some((c) => c.hasLists),
  }
}

const isUntyped = (schema: JsonSchema): boolean =>
  !schema.type &&
  schema[intOrString] !== true &&
  schema.nullable !== true &&
  (schema.default ?? undefined) === undefined

/** The node with its object taken for a whole resource, whose type and metadata nobody prunes. */
export const asResource = (node: SchemaNode): SchemaNode =>
  node.embedded ? node : { ...node, embedded: true, hasEmbedded: true }

/** What is said about the value of a key. */
export const nodeOfKey = (node: SchemaNode | undefined, key: string): SchemaNode | undefined =>
  node?.properties?.get(key) ?? node?.additional

export type JsonObject = Record<string, unknown>
