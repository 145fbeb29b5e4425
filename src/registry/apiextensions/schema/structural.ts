import { child, FieldErrors, index, key } from '../../../api/index.js'
import {
  embedded,
  intOrString,
  itemsOf,
  type JsonSchema,
  listMapKeys,
  listType,
  mapType,
  preserve,
  schemaOrBool,
  tupleOf,
  validations,
} from './json-schema.js'
import { patternError } from './pattern.js'

type Level = 'root' | 'item' | 'field'

/**
 * Checks that a schema is structural: that it says of every value what it is before it says what is valid. Errors come sorted,
 * as upstream has them.
 * @see apiextensions pkg/apiserver/schema/validation.go, complete.go
 */
export function validateStructural(schema: JsonSchema, path: string, errors: FieldErrors): void {
  const found = new FieldErrors()
  invariants(schema, 'root', path, found)
  completeness(schema, schema, path, path, found)
  const text = ({ field, message }: (typeof found.list)[number]): string => `${field}: ${message}`
  const sorted = [...found.list].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0))
  errors.list.push(...sorted)
}

function invariants(schema: JsonSchema, level: Level, path: string, errors: FieldErrors): void {
  const items = itemsOf(schema)
  if (schema.type === 'array' && items === undefined) errors.required(child(path, 'items'), 'must be specified')
  if (items !== undefined) invariants(items, 'item', child(path, 'items'), errors)
  for (const [name, property] of propertiesOf(schema))
    invariants(property, 'field', key(child(path, 'properties'), name), errors)
  const additional = schema.additionalProperties
  const hasAdditional = additional !== undefined && additional !== null
  if (hasAdditional) {
    const at = child(path, 'additionalProperties')
    if (level === 'root') errors.forbidden(at, 'must not be used at the root')
    const inner = schemaOrBool(additional)
    if (inner !== undefined) invariants(inner, 'field', at, errors)
  }
  extensions(schema, path, errors)
  valueValidation(schema, isIntOrStringAny(schema), isIntOrStringAll(schema), path, errors)
  typeInvariants(schema, level, hasAdditional, path, errors)
  metadataInvariants(schema, level, path, errors)
  if (schema[embedded] && !schema[preserve] && propertiesOf(schema).length === 0)
    errors.required(
      child(path, 'properties'),
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    )
}

const whatIsMissing: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function typeInvariants(
  schema: JsonSchema,
  level: Level,
  hasAdditional: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const at = child(path, 'type')
  const { type = '' } = schema
  if (schema[embedded] && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true'
    if (type === '') errors.required(at, detail)
    else errors.invalid(at, type, detail)
  } else if (type === '' && !schema[intOrString] && !schema[preserve]) errors.required(at, whatIsMissing[level])
  if (schema[embedded] && hasAdditional)
    errors.forbidden(child(path, 'additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set')
  if (level === 'root' && type !== '' && type !== 'object') errors.invalid(at, type, 'must be object at the root')
}

function metadataInvariants(schema: JsonSchema, level: Level, path: string, errors: FieldErrors): void {
  const isResource = level === 'root' || schema[embedded] === true
  const properties = new Map(propertiesOf(schema))
  for (const name of ['kind', 'apiVersion']) {
    const property = properties.get(name)
    if (property !== undefined && isResource && property.type !== 'string')
      errors.invalid(child(key(child(path, 'properties'), name), 'type'), property.type ?? '', 'must be string')
  }
  const metadata = properties.get('metadata')
  if (metadata === undefined) return
  const at = key(child(path, 'properties'), 'metadata')
  if (isResource && metadata.type !== 'object') errors.invalid(child(at, 'type'), metadata.type ?? '', 'must be object')
  if (level === 'root' && !restrictsNamesOnly(metadata))
    errors.forbidden(
      at,
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    )
}

function restrictsNamesOnly(metadata: JsonSchema): boolean {
  const names = propertiesOf(metadata).map(([name]) => name)
  if (names.some((name) => name !== 'name' && name !== 'generateName')) return false
  return Object.keys(metadata).every((member) => member === 'type' || member === 'default' || member === 'properties')
}

function extensions(schema: JsonSchema, path: string, errors: FieldErrors): void {
  if (!schema[intOrString]) return
  for (const extension of [preserve, embedded] as const)
    if (schema[extension])
      errors.invalid(child(path, extension), true, 'must be false if x-kubernetes-int-or-string is true')
}

/** anyOf of integer and string: how the two are told without x-kubernetes-int-or-string. */
const isIntOrStringAny = ({ anyOf }: JsonSchema): boolean =>
  anyOf?.length === 2 && isBareType(anyOf[0]!, 'integer') && isBareType(anyOf[1]!, 'string')

const isIntOrStringAll = ({ allOf }: JsonSchema): boolean =>
  allOf !== undefined && allOf.length >= 1 && isIntOrStringAny(allOf[0]!)

const isBareType = (schema: JsonSchema, type: string): boolean =>
  schema.type === type && Object.keys(schema).length === 1

function valueValidation(
  schema: JsonSchema,
  skipAny: boolean,
  skipFirstAll: boolean,
  path: string,
  errors: FieldErrors,
): void {
  if (!skipAny)
    for (const [i, inner] of (schema.anyOf ?? []).entries())
      nested(inner, false, index(child(path, 'anyOf'), i), errors)
  for (const [i, inner] of (schema.allOf ?? []).entries())
    nested(inner, skipFirstAll && i === 0, index(child(path, 'allOf'), i), errors)
  for (const [i, inner] of (schema.oneOf ?? []).entries()) nested(inner, false, index(child(path, 'oneOf'), i), errors)
  if (schema.not !== undefined && schema.not !== null) nested(schema.not, false, child(path, 'not'), errors)
  if (!schema.pattern) return
  const wrong = patternError(schema.pattern)
  if (wrong !== undefined)
    errors.invalid(child(path, 'pattern'), schema.pattern, `must be a valid regular expression, but isn't: ${wrong}`)
}

/** What stands below a junctor may only judge values, not say what they are. */
function nested(schema: JsonSchema, skipAny: boolean, path: string, errors: FieldErrors): void {
  valueValidation(schema, skipAny, false, path, errors)
  const items = itemsOf(schema)
  if (items !== undefined) nested(items, false, child(path, 'items'), errors)
  for (const [name, property] of propertiesOf(schema))
    nested(property, false, key(child(path, 'properties'), name), errors)
  const forbid = (is: unknown, member: string, must: string): void => {
    if (is) errors.forbidden(child(path, member), `must be ${must} to be structural`)
  }
  const { additionalProperties: additional } = schema
  forbid(schema.type, 'type', 'empty')
  forbid(additional !== undefined && additional !== null && additional !== false, 'additionalProperties', 'undefined')
  forbid(schema.default !== undefined && schema.default !== null, 'default', 'undefined')
  forbid(schema.title, 'title', 'empty')
  forbid(schema.description, 'description', 'empty')
  forbid(schema.nullable, 'nullable', 'false')
  forbid(schema[preserve], preserve, 'false')
  forbid(schema[embedded], embedded, 'false')
  forbid(schema[intOrString], intOrString, 'false')
  forbid((schema[listMapKeys]?.length ?? 0) > 0, listMapKeys, 'empty')
  forbid(schema[listType] !== undefined, listType, 'undefined')
  forbid(schema[mapType] !== undefined, mapType, 'undefined')
  forbid((schema[validations]?.length ?? 0) > 0, validations, 'empty')
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, 'metadata'))
    errors.forbidden(key(child(path, 'properties'), 'metadata'), 'must not be specified in a nested context')
}

/** Every value that is judged has to be specified. Upstream looks at the junctors of the root only. */
function completeness(
  schema: JsonSchema,
  structure: JsonSchema | undefined,
  structurePath: string,
  path: string,
  errors: FieldErrors,
): void {
  const inner = (judged: JsonSchema, at: string): void =>
    nestedCompleteness(judged, structure, structurePath, at, errors)
  if (schema.not !== undefined && schema.not !== null) inner(schema.not, child(path, 'not'))
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [i, judged] of (schema[junctor] ?? []).entries()) inner(judged, index(child(path, junctor), i))
}

function nestedCompleteness(
  judged: JsonSchema,
  structure: JsonSchema | undefined,
  structurePath: string,
  path: string,
  errors: FieldErrors,
): void {
  if (structure === undefined) {
    errors.required(structurePath, `because it is defined in ${path}`)
    return
  }
  completeness(judged, structure, structurePath, path, errors)
  const items = itemsOf(judged)
  if (items !== undefined)
    nestedCompleteness(items, itemsOf(structure), child(structurePath, 'items'), child(path, 'items'), errors)
  const properties = new Map(propertiesOf(structure))
  for (const [name, property] of propertiesOf(judged)) {
    const at = key(child(path, 'properties'), name)
    const structureAt = key(child(structurePath, 'properties'), name)
    const specified = properties.get(name)
    if (specified === undefined) errors.required(structureAt, `because it is defined in ${at}`)
    else nestedCompleteness(property, specified, structureAt, at, errors)
  }
}

const propertiesOf = (schema: JsonSchema): readonly (readonly [string, JsonSchema])[] =>
  Object.entries(schema.properties ?? {})

/**
 * Why a schema cannot be looked at as a structural one at all: it has members that are not supported.
 * @see apiextensions pkg/apiserver/schema/convert.go
 */
export function unsupportedMember(schema: JsonSchema): string | undefined {
  for (const member of ['id', '$schema', '$ref'] as const)
    if (schema[member]) return unsupported(member.replace('$schema', 'schema'))
  if (Object.keys(schema.patternProperties ?? {}).length > 0) return unsupported('patternProperties')
  if (Object.keys(schema.dependencies ?? {}).length > 0) return unsupported('dependencies')
  if (schema.additionalItems !== undefined && schema.additionalItems !== null) return unsupported('additionalItems')
  if (Object.keys(schema.definitions ?? {}).length > 0) return unsupported('definitions')
  if (schema[preserve] === false)
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  const inner = [
    ...(schema.not === undefined || schema.not === null ? [] : [schema.not]),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
  ]
  const tuple = tupleOf(schema)
  const items = itemsOf(schema)
  const additional = schemaOrBool(schema.additionalProperties)
  for (const each of inner) {
    const wrong = unsupportedMember(each)
    if (wrong !== undefined) return wrong
  }
  if (tuple !== undefined && tuple.length > 0) return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  const below = [...(items === undefined ? [] : [items]), ...Object.values(schema.properties ?? {})]
  if (additional !== undefined) below.push(additional)
  for (const each of below) {
    const wrong = unsupportedMember(each)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

const unsupported = (member: string): string => `OpenAPIV3Schema '${member}' is not supported`
