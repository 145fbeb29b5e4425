import { goType, JsonNumber } from '../../api/index.js'
import { CelError, double, type PlainObject, type Value } from '../values.js'
import {
  additionalSchema,
  type DeclaredSchema,
  isEmbedded,
  isIntOrString,
  itemSchema,
  withMeta,
} from './declared-schema.js'
import { escapeProperty } from './escape.js'
import { readBytes, readDate, readDateTime, readDuration } from './formats.js'
import { MapList, SetList, TypedList, TypedMap, TypedObject } from './views.js'

/** Gives the value that a piece of JSON is by its schema. @throws CelError if it is none */
export type Reader = (json: unknown) => Value

/**
 * How values of a schema are read. Where the schema adds nothing to what JSON says anyway, they are the JSON itself.
 *
 * @see apiserver pkg/cel/common/valuesunstructured.go
 */
export function readerOf(schema: DeclaredSchema): Reader {
  const read = presentReader(schema)
  const { nullable = false } = schema
  return (json) => {
    if (json !== null && json !== undefined) return read(json)
    if (nullable) return null
    throw new CelError('invalid data, got null for schema with nullable=false')
  }
}

/** How a property is read from an object; one that is null counts as not there. */
export function fieldReader(property: string, schema: DeclaredSchema): (object: Value) => Value | undefined {
  let read: Reader | undefined
  // Only names that every object inherits can be there without being the object's own.
  const inherited = property in Object.prototype
  return (object) => {
    const raw = (object instanceof TypedObject ? object.raw : object) as PlainObject
    if (inherited && !Object.hasOwn(raw, property)) return undefined
    const json = raw[property]
    if (json === undefined || json === null) return undefined
    read ??= presentReader(schema)
    return read(json)
  }
}

function presentReader(schema: DeclaredSchema): Reader {
  if (isIntOrString(schema)) return intOrString
  switch (schema.type) {
    case 'object':
      return objectReader(schema)
    case 'array':
      return listReader(schema)
    case 'string':
      return stringReader(schema)
    case 'number':
      return number
    case 'integer':
      return integer
    case 'boolean':
      return boolean
    default:
      if (schema['x-kubernetes-preserve-unknown-fields'] === true) return (json) => json as Value
      throw new CelError(
        `invalid type, expected object, array, number, integer, boolean or string, or no type with x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got ${schema.type ?? ''}`,
      )
  }
}

const isInteger = (json: unknown): json is number | bigint => Number.isSafeInteger(json) || typeof json === 'bigint'

const intOrString: Reader = (json) => {
  if (typeof json === 'string' || isInteger(json)) return json
  throw new CelError('invalid data, expected XIntOrString value to be either a string or integer')
}

const integer: Reader = (json) => {
  if (isInteger(json)) return json
  throw new CelError(`invalid data, expected int, got ${goType(json)}`)
}

const number: Reader = (json) => {
  if (typeof json === 'number') return double(json)
  if (typeof json === 'bigint') return double(Number(json))
  if (json instanceof JsonNumber) return double(json.value)
  throw new CelError(`invalid data, expected float, got ${goType(json)}`)
}

const boolean: Reader = (json) => {
  if (typeof json === 'boolean') return json
  throw new CelError(`invalid data, expected bool, got ${goType(json)}`)
}

function stringReader({ format }: DeclaredSchema): Reader {
  const parse = { duration: readDuration, date: readDate, 'date-time': readDateTime, byte: readBytes }[format ?? '']
  if (parse === undefined) return text
  return (json) => parse(text(json) as string)
}

const text: Reader = (json) => {
  if (typeof json === 'string') return json
  throw new CelError(`invalid data, expected string, got ${goType(json)}`)
}

function objectReader(schema: DeclaredSchema): Reader {
  const check = (json: unknown): PlainObject => {
    if (typeof json === 'object' && !Array.isArray(json) && !(json instanceof JsonNumber)) return json as PlainObject
    throw new CelError('invalid data, expected a map for the provided schema with type=object')
  }
  if (isPlain(schema)) return check
  const whole = isEmbedded(schema) ? withMeta(schema) : schema
  if (whole.properties !== undefined) {
    const fields = lazily(whole.properties)
    return (json) => new TypedObject(check(json), fields)
  }
  const more = additionalSchema(whole)
  if (more === undefined) return check
  const read = readerOf(more)
  return (json) => new TypedMap(check(json), read)
}

/** Readers of properties, each made when it is first needed. */
function lazily(properties: Readonly<Record<string, DeclaredSchema>>): (property: string) => Reader | undefined {
  const readers = new Map<string, Reader>()
  return (property) => {
    const known = readers.get(property)
    if (known !== undefined || !Object.hasOwn(properties, property)) return known
    const reader = presentReader(properties[property]!)
    readers.set(property, reader)
    return reader
  }
}

function listReader(schema: DeclaredSchema): Reader {
  const items = itemSchema(schema)
  const check = (json: unknown): readonly Value[] => {
    if (Array.isArray(json)) return json as readonly Value[]
    throw new CelError('invalid data, expected an array for the provided schema with type=array')
  }
  if (items === undefined)
    return () => {
      throw new CelError('invalid array type, expected Items with a non-empty Schema')
    }
  if (isPlain(schema)) return check
  let read: Reader | undefined
  const item: Reader = (json) => {
    read ??= readerOf(items)
    return read(json)
  }
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return (json) => new SetList(check(json), item)
    case 'map': {
      const keys = schema['x-kubernetes-list-map-keys'] ?? []
      return (json) => new MapList(check(json), item, keys)
    }
    default:
      return (json) => new TypedList(check(json), item)
  }
}

/** Whether JSON of this schema is, as it is, the value that the schema says. */
function isPlain(schema: DeclaredSchema): boolean {
  if (isIntOrString(schema)) return true
  switch (schema.type) {
    case 'string':
      return !['duration', 'date', 'date-time', 'byte'].includes(schema.format ?? '')
    case 'integer':
    case 'boolean':
      return true
    case 'array': {
      const listType = schema['x-kubernetes-list-type']
      const items = itemSchema(schema)
      return listType !== 'set' && listType !== 'map' && items !== undefined && isPlainWithin(items)
    }
    case 'object': {
      const { properties } = isEmbedded(schema) ? withMeta(schema) : schema
      const more = additionalSchema(schema)
      if (properties === undefined) return more === undefined || isPlainWithin(more)
      return Object.entries(properties).every(([name, inner]) => escapeProperty(name) === name && isPlainWithin(inner))
    }
    default:
      return schema['x-kubernetes-preserve-unknown-fields'] === true
  }
}

/** Null is a value of its own to JSON, and none to an object that declares its properties. */
const isPlainWithin = (schema: DeclaredSchema): boolean => schema.nullable !== true && isPlain(schema)
