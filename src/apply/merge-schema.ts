import { fieldElement, type PathElement } from './path-element.js'

/**
 * How values of a type merge, compare and are owned: one compiled form for built-in types (from their facts), for custom
 * resources (from their OpenAPI schema) and for objects without any schema. A type may allow several forms of value.
 * Schemas are compared by identity nowhere but for `deducedSchema`; recursive types are cycles, so members may be lazy.
 * @see structured-merge-diff schema/elements.go (Atom)
 */
export interface MergeSchema {
  readonly scalar: ScalarType | undefined
  readonly list: ListSchema | undefined
  readonly map: MapSchema | undefined
}

export type ScalarType = 'string' | 'numeric' | 'boolean' | 'untyped'

export interface ListSchema {
  /** Owned as a whole. Otherwise associative: by `keys`, or a set of scalars if there are none. */
  readonly atomic: boolean
  readonly keys: readonly ListKey[]
  readonly item: MergeSchema
}

export interface ListKey {
  readonly name: string
  /** What an item without that field counts as having; undefined: nothing. */
  readonly default: unknown
}

/** A declared field of a struct, with its path element made beforehand. */
export interface FieldSchema {
  readonly element: PathElement
  readonly schema: MergeSchema
}

/** The declared fields of a struct, by name and by path element: sets are walked without taking their elements apart. */
export class Fields {
  readonly #byName = new Map<string, FieldSchema>()
  readonly #byElement = new Map<PathElement, FieldSchema>()

  constructor(fields: Iterable<readonly [string, MergeSchema]> = []) {
    for (const [name, schema] of fields) {
      const field = { element: fieldElement(name), schema }
      this.#byName.set(name, field)
      this.#byElement.set(field.element, field)
    }
  }

  get size(): number {
    return this.#byName.size
  }

  get(name: string): FieldSchema | undefined {
    return this.#byName.get(name)
  }

  at(element: PathElement): FieldSchema | undefined {
    return this.#byElement.get(element)
  }
}

/** Structs and maps alike. */
export interface MapSchema {
  /** Owned as a whole. */
  readonly atomic: boolean
  readonly fields: Fields
  /** Values of keys that are not in `fields`; undefined: no other keys are allowed. */
  readonly element: MergeSchema | undefined
}

const noFields = new Fields()

export const scalarSchema = (scalar: ScalarType): MergeSchema => ({ scalar, list: undefined, map: undefined })
export const listSchema = (list: ListSchema): MergeSchema => ({ scalar: undefined, list, map: undefined })
export const mapSchema = (map: MapSchema): MergeSchema => ({ scalar: undefined, list: undefined, map })

/** Anything, owned as a whole: RawExtension. */
export const untypedSchema: MergeSchema = (() => {
  const schema: { -readonly [K in keyof MergeSchema]: MergeSchema[K] } = scalarSchema('untyped')
  schema.list = { atomic: true, keys: [], item: schema }
  schema.map = { atomic: true, fields: noFields, element: schema }
  return schema
})()

/** Anything: maps are granular down to their scalars, lists atomic. What objects without a schema have. */
export const deducedSchema: MergeSchema = (() => {
  const schema: { -readonly [K in keyof MergeSchema]: MergeSchema[K] } = scalarSchema('untyped')
  schema.list = { atomic: true, keys: [], item: untypedSchema }
  schema.map = { atomic: false, fields: noFields, element: schema }
  return schema
})()

/** Maps of which nothing is known but that their values may be anything. */
export const isDeducedMap = (map: MapSchema): boolean => map.fields.size === 0 && map.element === deducedSchema

/** The schema of what lies under a field or map key, or undefined if it is not declared. */
export const fieldSchema = (map: MapSchema, name: string): MergeSchema | undefined =>
  map.fields.get(name)?.schema ?? map.element
