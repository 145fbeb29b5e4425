/** apiextensions.v1.JSONSchemaProps as decoding gives it. */
export interface JsonSchema {
  readonly id?: string
  readonly $schema?: string
  readonly $ref?: string
  readonly description?: string
  readonly type?: string
  readonly format?: string
  readonly title?: string
  readonly default?: unknown
  readonly maximum?: number
  readonly exclusiveMaximum?: boolean
  readonly minimum?: number
  readonly exclusiveMinimum?: boolean
  readonly maxLength?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly maxItems?: number
  readonly minItems?: number
  readonly uniqueItems?: boolean
  readonly multipleOf?: number
  readonly enum?: readonly unknown[]
  readonly maxProperties?: number
  readonly minProperties?: number
  readonly required?: readonly string[]
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly not?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
  readonly dependencies?: Readonly<Record<string, JsonSchema | readonly string[]>>
  readonly additionalItems?: JsonSchema | boolean
  readonly definitions?: Readonly<Record<string, JsonSchema>>
  readonly externalDocs?: { readonly description?: string; readonly url?: string }
  readonly example?: unknown
  readonly nullable?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-map-type'?: string
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

export interface ValidationRule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

export const preserve = 'x-kubernetes-preserve-unknown-fields'
export const embedded = 'x-kubernetes-embedded-resource'
export const intOrString = 'x-kubernetes-int-or-string'
export const listType = 'x-kubernetes-list-type'
export const listMapKeys = 'x-kubernetes-list-map-keys'
export const mapType = 'x-kubernetes-map-type'
export const validations = 'x-kubernetes-validations'

/** The schema of a list's items; undefined if there is none or several. */
export const itemsOf = ({ items }: JsonSchema): JsonSchema | undefined =>
  items === undefined || items === null || Array.isArray(items) ? undefined : (items as JsonSchema)

export const tupleOf = ({ items }: JsonSchema): readonly JsonSchema[] | undefined =>
  Array.isArray(items) ? (items as readonly JsonSchema[]) : undefined

export const schemaOrBool = (value: JsonSchema | boolean | undefined): JsonSchema | undefined =>
  typeof value === 'object' && value !== null ? value : undefined

/** Whether a schema, or one anywhere within it, has something. Source: apiextensions validation.SchemaHas. */
export function schemaHas(schema: JsonSchema | undefined, test: (schema: JsonSchema) => boolean): boolean {
  if (schema === undefined || schema === null) return false
  if (test(schema)) return true
  const within = (inner: JsonSchema | undefined): boolean => schemaHas(inner, test)
  return (
    within(itemsOf(schema)) ||
    (tupleOf(schema)?.some(within) ?? false) ||
    (schema.allOf?.some(within) ?? false) ||
    (schema.anyOf?.some(within) ?? false) ||
    (schema.oneOf?.some(within) ?? false) ||
    within(schema.not) ||
    Object.values(schema.properties ?? {}).some(within) ||
    within(schemaOrBool(schema.additionalProperties)) ||
    Object.values(schema.patternProperties ?? {}).some(within) ||
    within(schemaOrBool(schema.additionalItems)) ||
    Object.values(schema.definitions ?? {}).some(within) ||
    Object.values(schema.dependencies ?? {}).some((d) => !Array.isArray(d) && within(d as JsonSchema))
  )
}
