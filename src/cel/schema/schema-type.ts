import type { FieldDecl, ObjectType, TypeProvider } from '../type-provider.js'
import { listOf, mapOf, objectType, type Type, types } from '../types.js'
import type { Value } from '../values.js'
import {
  additionalSchema,
  type DeclaredSchema,
  isEmbedded,
  isIntOrString,
  itemSchema,
  withMeta,
} from './declared-schema.js'
import { escapeProperty, isWord } from './escape.js'
import { fieldReader, type Reader, readerOf } from './read.js'
import * as sizes from './sizes.js'

/**
 * What a schema declares, as expressions see it: its type, how big its values may be, how they are read. Made as far as
 * it is asked for, so that a large schema costs what is used of it.
 *
 * @see apiserver pkg/cel/common/schemas.go
 */
export class SchemaType implements ObjectType {
  #type: Type | undefined
  #reader: Reader | undefined
  #minSize: number | undefined
  #item: SchemaType | undefined
  readonly #fields = new Map<string, SchemaField | undefined>()

  private constructor(
    readonly schema: DeclaredSchema,
    /** Of the type, if it is an object. */
    readonly name: string,
    readonly known: Map<string, SchemaType>,
  ) {
    if (this.kind === 'object') known.set(name, this)
  }

  /**
   * @param name  of the object type; those within it are named after it
   * @param isRoot a whole resource: kind, apiVersion, metadata.name and metadata.generateName are there
   * @returns undefined if expressions cannot reach values of this schema
   */
  static of(schema: DeclaredSchema, name: string, isRoot: boolean, known = new Map<string, SchemaType>()) {
    const whole = (isRoot || isEmbedded(schema)) && !isIntOrString(schema) ? withMeta(schema) : schema
    return isReachable(whole) ? new SchemaType(whole, name, known) : undefined
  }

  get kind(): 'dyn' | 'list' | 'map' | 'object' | 'scalar' {
    if (isIntOrString(this.schema)) return 'dyn'
    if (this.schema.type === 'array') return 'list'
    if (this.schema.type !== 'object') return 'scalar'
    return additionalSchema(this.schema) === undefined ? 'object' : 'map'
  }

  get type(): Type {
    this.#type ??= this.#makeType()
    return this.#type
  }

  /** Of a list or a map. */
  get item(): SchemaType | undefined {
    if (this.#item === undefined) {
      const { schema } = this
      if (this.kind === 'list') this.#item = SchemaType.of(itemSchema(schema)!, `${this.name}.@idx`, false, this.known)
      if (this.kind === 'map')
        this.#item = SchemaType.of(additionalSchema(schema)!, `${this.name}.@elem`, false, this.known)
    }
    return this.#item
  }

  /** Bytes that the shortest value takes in JSON. */
  get minSerializedSize(): number {
    this.#minSize ??= sizes.minSerializedSize(this)
    return this.#minSize
  }

  /** Items, entries or bytes that a value can have; 0 if it is nothing of that sort. */
  get maxElements(): number {
    return sizes.maxElements(this)
  }

  /** By the name that expressions use, which may be a word of the language since 1.31. */
  field(name: string): SchemaField | undefined {
    if (this.#fields.has(name)) return this.#fields.get(name)
    const field = this.#makeField(name)
    this.#fields.set(name, field)
    return field
  }

  /** A value of plain JSON that the schema has been held against. @throws CelError if it does not fit */
  read(json: unknown): Value {
    this.#reader ??= readerOf(this.schema)
    return this.#reader(json)
  }

  #makeType(): Type {
    const { schema } = this
    switch (this.kind) {
      case 'dyn':
        return types.dyn
      case 'list':
        return listOf(this.item!.type)
      case 'map':
        return mapOf(types.string, this.item!.type)
      case 'object':
        return objectType(this.name)
      default:
        return scalarType(schema)
    }
  }

  #makeField(name: string): SchemaField | undefined {
    const { properties = {} } = this.schema
    const property = propertyOf(properties, name) ?? (isWord(name) ? propertyOf(properties, `__${name}__`) : undefined)
    if (property === undefined) return undefined
    const type = SchemaType.of(properties[property]!, `${this.name}.${name}`, false, this.known)
    return type && { type: type.type, read: fieldReader(property, properties[property]!), declared: type }
  }
}

export interface SchemaField extends FieldDecl {
  readonly declared: SchemaType
}

/** Knows the object types within schemas. */
export function schemaTypes(...roots: readonly SchemaType[]): TypeProvider {
  return {
    find(name) {
      for (const { known } of roots) {
        const found = known.get(name)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

function propertyOf(properties: Readonly<Record<string, DeclaredSchema>>, name: string): string | undefined {
  // Most names are their own.
  if (Object.hasOwn(properties, name) && escapeProperty(name) === name) return name
  return name.includes('__') ? Object.keys(properties).find((property) => escapeProperty(property) === name) : undefined
}

/** What has no type that expressions know is not there for them. */
function isReachable(schema: DeclaredSchema): boolean {
  if (isIntOrString(schema)) return true
  switch (schema.type) {
    case 'array': {
      const items = itemSchema(schema)
      return items !== undefined && (isEmbedded(items) || isReachable(items))
    }
    case 'object': {
      const more = additionalSchema(schema)
      return more === undefined || isEmbedded(more) || isReachable(more)
    }
    case 'string':
    case 'boolean':
    case 'number':
    case 'integer':
      return true
    default:
      return false
  }
}

function scalarType({ type, format }: DeclaredSchema): Type {
  switch (type) {
    case 'boolean':
      return types.bool
    case 'number':
      return types.double
    case 'integer':
      return types.int
    default:
      return format === 'byte'
        ? types.bytes
        : format === 'duration'
          ? types.duration
          : format === 'date' || format === 'date-time'
            ? types.timestamp
            : types.string
  }
}
