/** A structural OpenAPI schema, as far as expressions go by it. */
export interface DeclaredSchema {
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly required?: readonly string[]
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly items?: DeclaredSchema | readonly DeclaredSchema[]
  readonly properties?: Readonly<Record<string, DeclaredSchema>>
  readonly additionalProperties?: DeclaredSchema | boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

export const isIntOrString = (schema: DeclaredSchema): boolean => schema['x-kubernetes-int-or-string'] === true
export const isEmbedded = (schema: DeclaredSchema): boolean => schema['x-kubernetes-embedded-resource'] === true

export const itemSchema = ({ items }: DeclaredSchema): DeclaredSchema | undefined =>
  items === undefined || items === null || Array.isArray(items) ? undefined : (items as DeclaredSchema)

export const additionalSchema = ({ additionalProperties: more }: DeclaredSchema): DeclaredSchema | undefined =>
  typeof more === 'object' && more !== null ? more : undefined

const text: DeclaredSchema = { type: 'string' }

/** With what every resource has, whatever its schema says: kind, apiVersion, and of its metadata two names. */
export function withMeta(schema: DeclaredSchema): DeclaredSchema {
  const { kind, apiVersion, metadata: given } = schema.properties ?? {}
  const names = [kind, apiVersion, given?.properties?.name, given?.properties?.generateName]
  if (given?.type === 'object' && names.every((name) => name?.type === 'string')) return schema
  const metadata: DeclaredSchema = { type: 'object', properties: { name: text, generateName: text } }
  return { ...schema, type: 'object', properties: { ...schema.properties, kind: text, apiVersion: text, metadata } }
}
