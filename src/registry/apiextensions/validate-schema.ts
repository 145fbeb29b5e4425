import { child, type FieldErrors, index, key } from '../../api/index.js'
import { followFieldPath } from './schema/field-path.js'
import {
  embedded,
  itemsOf,
  type JsonSchema,
  listMapKeys,
  listType,
  mapType,
  preserve,
  schemaHas,
  schemaOrBool,
  tupleOf,
  type ValidationRule,
  validations,
} from './schema/json-schema.js'
import { compileNode } from './schema/node.js'
import { hasRules, ruleEngine } from './schema/rule-engine.js'
import { unsupportedMember, validateStructural } from './schema/structural.js'
import { validateDefaults } from './schema/validate-defaults.js'

/** How strict to be: an update does not ask for what the stored definition did not have either. */
export interface SchemaStrictness {
  readonly validTypes: boolean
  readonly structural: boolean
  readonly prunedDefaults: boolean
  readonly atomicSets: boolean
  readonly mapListKeys: boolean
  /** Schemas before an update. */
  readonly old: readonly JsonSchema[]
  /** The schema is as it was before the update. */
  readonly sameAsBefore: boolean
  /** The minor release that has to understand new expressions. Default: the one before this. */
  readonly compatibleMinor?: number | undefined
}

export const strictest: SchemaStrictness = {
  validTypes: true,
  structural: true,
  prunedDefaults: true,
  atomicSets: true,
  mapListKeys: true,
  old: [],
  sameAsBefore: false,
}

/** `openAPIV3Schema` of a version. Source: apiextensions validation.validateCustomResourceDefinitionValidation. */
export function validateSchema(
  schema: JsonSchema,
  hasStatus: boolean,
  strictness: SchemaStrictness,
  path: string,
  errors: FieldErrors,
): void {
  const before = errors.list.length
  if (hasStatus) validateRootWithStatus(schema, path, errors)
  if (schema.nullable) errors.forbidden(child(path, 'nullable'), 'nullable cannot be true at the root')
  let later: string | undefined
  let structural = false
  if (strictness.structural) {
    later = unsupportedMember(schema)
    if (later === undefined) {
      const start = errors.list.length
      validateStructural(schema, path, errors)
      if (errors.list.length === start) validateDefaults(compileNode(schema), path, strictness.prunedDefaults, errors)
      structural = errors.list.length === start
    }
  }
  const wrong = new Set<JsonSchema>()
  walkSchema(schema, path, true, { strictness, errors, wrong, defaultsForbidden: undefined, inMeta: false })
  if (structural && hasRules(schema)) {
    const { old, sameAsBefore, compatibleMinor } = strictness
    ruleEngine().check(schema, path, errors, { old, sameAsBefore, wrong, compatibleMinor })
  }
  if (later !== undefined && errors.list.length === before) errors.invalid(path, '', later)
}

const allowedAtRoot: ReadonlyMap<string, string> = new Map([
  ['description', 'Description'],
  ['type', 'Type'],
  ['format', 'Format'],
  ['title', 'Title'],
  ['maximum', 'Maximum'],
  ['exclusiveMaximum', 'ExclusiveMaximum'],
  ['minimum', 'Minimum'],
  ['exclusiveMinimum', 'ExclusiveMinimum'],
  ['maxLength', 'MaxLength'],
  ['minLength', 'MinLength'],
  ['pattern', 'Pattern'],
  ['maxItems', 'MaxItems'],
  ['minItems', 'MinItems'],
  ['uniqueItems', 'UniqueItems'],
  ['multipleOf', 'MultipleOf'],
  ['required', 'Required'],
  ['items', 'Items'],
  ['properties', 'Properties'],
  ['externalDocs', 'ExternalDocs'],
  ['example', 'Example'],
  [preserve, 'XPreserveUnknownFields'],
  [validations, 'XValidations'],
])

/** The schema of the status is taken out of `properties`: nothing at the root may say more about it. */
function validateRootWithStatus(schema: JsonSchema, path: string, errors: FieldErrors): void {
  if (schema.type && schema.type !== 'object') {
    errors.invalid(
      child(path, 'type'),
      schema.type,
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
    )
    return
  }
  if (Object.entries(schema).every(([member, value]) => value === null || value === false || allowedAtRoot.has(member)))
    return
  errors.invalid(
    path,
    schema,
    `only [${[...allowedAtRoot.values()].join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`,
  )
}

interface Walk {
  readonly strictness: SchemaStrictness
  readonly errors: FieldErrors
  /** Filled with the schemas in which, or below which, something is wrong. */
  readonly wrong: Set<JsonSchema>
  /** Why there may be no default here; empty: for no reason that is told. */
  readonly defaultsForbidden: string | undefined
  /** Within the type or metadata of a resource. */
  readonly inMeta: boolean
}

const types: readonly string[] = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const metaFields = new Set(['metadata', 'kind', 'apiVersion'])

/** Source: apiextensions validation.ValidateCustomResourceDefinitionOpenAPISchema. */
function walkSchema(schema: JsonSchema, path: string, isRoot: boolean, walk: Walk): void {
  const { errors, strictness } = walk
  const before = errors.list.length
  validateMembers(schema, path, walk)
  if (schema.uniqueItems)
    errors.forbidden(
      child(path, 'uniqueItems'),
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    )
  const { additionalProperties: additional } = schema
  const properties = Object.entries(schema.properties ?? {})
  if (additional !== undefined && additional !== null) {
    const at = child(path, 'additionalProperties')
    if (properties.length > 0 && additional !== true)
      errors.forbidden(at, 'additionalProperties and properties are mutual exclusive')
    const inner = schemaOrBool(additional)
    const reason = 'inside additionalProperties applying to object metadata'
    if (inner !== undefined) walkSchema(inner, at, false, walk.inMeta ? { ...walk, defaultsForbidden: reason } : walk)
  }
  for (const [name, property] of properties) {
    const isMeta = (isRoot || schema[embedded] === true) && metaFields.has(name)
    const below = !isMeta
      ? walk
      : { ...walk, inMeta: true, ...(isRoot ? { defaultsForbidden: `in top-level ${name}` } : {}) }
    walkSchema(property, key(child(path, 'properties'), name), false, below)
  }
  if (schema.not !== undefined && schema.not !== null) walkSchema(schema.not, child(path, 'not'), false, walk)
  for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [i, inner] of (schema[junctor] ?? []).entries())
      walkSchema(inner, index(child(path, junctor), i), false, walk)
  for (const [name, inner] of Object.entries(schema.definitions ?? {}))
    walkSchema(inner, key(child(path, 'definitions'), name), false, walk)
  const items = itemsOf(schema)
  if (items !== undefined) walkSchema(items, child(path, 'items'), false, walk)
  for (const [i, inner] of (tupleOf(schema) ?? []).entries())
    walkSchema(inner, index(child(path, 'items'), i), false, walk)
  for (const [name, inner] of Object.entries(schema.dependencies ?? {}))
    if (!Array.isArray(inner)) walkSchema(inner as JsonSchema, key(child(path, 'dependencies'), name), false, walk)
  validateExtensions(schema, path, walk)
  if (strictness.mapListKeys) validateKeyedItems(schema, path, errors)
  for (const [i, rule] of (schema[validations] ?? []).entries())
    validateRule(schema, rule, index(child(path, validations), i), errors)
  if (errors.list.length > before) walk.wrong.add(schema)
}

/** Source: specStandardValidatorV3. */
function validateMembers(schema: JsonSchema, path: string, walk: Walk): void {
  const { errors, strictness } = walk
  if (strictness.validTypes && schema.type && !types.includes(schema.type))
    errors.notSupportedInOrder(child(path, 'type'), schema.type, types)
  if (schema.default !== undefined && schema.default !== null && walk.defaultsForbidden !== undefined)
    errors.forbidden(child(path, 'default'), `must not be set ${walk.defaultsForbidden}`.trim())
  if (schema.id) errors.forbidden(child(path, 'id'), 'id is not supported')
  const unsupported = (there: unknown, member: string): void => {
    if (there) errors.forbidden(child(path, member), `${member} is not supported`)
  }
  unsupported(schema.additionalItems !== undefined && schema.additionalItems !== null, 'additionalItems')
  unsupported(Object.keys(schema.patternProperties ?? {}).length > 0, 'patternProperties')
  unsupported(Object.keys(schema.definitions ?? {}).length > 0, 'definitions')
  unsupported(schema.dependencies !== undefined && schema.dependencies !== null, 'dependencies')
  unsupported(schema.$ref !== undefined && schema.$ref !== null, '$ref')
  if (schema.type === 'null')
    errors.forbidden(child(path, 'type'), 'type cannot be set to null, use nullable as an alternative')
  if ((tupleOf(schema)?.length ?? 0) > 0)
    errors.forbidden(child(path, 'items'), 'items must be a schema object and not an array')
  if (walk.inMeta && schema[embedded])
    errors.forbidden(child(path, embedded), 'must not be used inside of resource meta')
}

function validateExtensions(schema: JsonSchema, path: string, { errors, strictness }: Walk): void {
  if (schema[preserve] === false) errors.invalid(child(path, preserve), false, 'must be true or undefined')
  const map = schema[mapType]
  if (map !== undefined) {
    requireType(schema, 'object', mapType, path, errors)
    const known = ['atomic', 'granular']
    if (!known.includes(map)) errors.notSupportedInOrder(child(path, mapType), map, known)
  }
  const list = schema[listType]
  if (list !== undefined) {
    if (schema.type !== 'array') requireType(schema, 'array', listType, path, errors)
    else if (strictness.atomicSets) validateSetItems(schema, path, errors)
    const known = ['atomic', 'set', 'map']
    if (!known.includes(list)) errors.notSupportedInOrder(child(path, listType), list, known)
  }
  if ((schema[listMapKeys]?.length ?? 0) > 0) {
    const at = child(path, listType)
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
    if (list === undefined) errors.required(at, detail)
    else if (list !== 'map') errors.invalid(at, list, detail)
  }
  if (list === 'map') validateMapList(schema, path, errors)
}

function requireType(schema: JsonSchema, type: string, extension: string, path: string, errors: FieldErrors): void {
  if (schema.type === type) return
  const detail = `must be ${type} if ${extension} is specified`
  if (!schema.type) errors.required(child(path, 'type'), detail)
  else errors.invalid(child(path, 'type'), schema.type, detail)
}

/** The items of a set are compared as wholes. */
function validateSetItems(schema: JsonSchema, path: string, errors: FieldErrors): void {
  const items = itemsOf(schema)
  if (items === undefined || !isNonAtomicSet(schema)) return
  const extension = items.type === 'array' ? listType : mapType
  errors.invalid(
    child(child(path, 'items'), extension),
    items[listType],
    'must be atomic as item of a list with x-kubernetes-list-type=set',
  )
}

function isNonAtomicSet(schema: JsonSchema): boolean {
  const items = itemsOf(schema)
  if (schema[listType] !== 'set' || items === undefined) return false
  if (items.type === 'array') return items[listType] !== undefined && items[listType] !== 'atomic'
  return items.type === 'object' && items[mapType] !== 'atomic'
}

function validateMapList(schema: JsonSchema, path: string, errors: FieldErrors): void {
  const keys = schema[listMapKeys] ?? []
  const at = child(path, listMapKeys)
  const itemsAt = child(path, 'items')
  if (keys.length === 0) errors.required(at, 'must not be empty if x-kubernetes-list-type is map')
  const items = itemsOf(schema)
  if (items === undefined) {
    if (tupleOf(schema) === undefined) errors.required(itemsAt, 'must have a schema if x-kubernetes-list-type is map')
    else errors.invalid(itemsAt, schema.items, 'must only have a single schema if x-kubernetes-list-type is map')
    return
  }
  if (items.type !== 'object') {
    errors.invalid(
      child(itemsAt, 'type'),
      items.type ?? '',
      "must be object if parent array's x-kubernetes-list-type is map",
    )
    return
  }
  const seen = new Set<string>()
  for (const name of keys) {
    const property = propertyOf(items, name)
    if (property === undefined) errors.invalid(at, keys, 'entries must all be names of item properties')
    else if (property.type === 'array' || property.type === 'object')
      errors.invalid(
        child(key(child(itemsAt, 'properties'), name), 'type'),
        items.type,
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      )
    if (seen.has(name)) errors.invalid(at, keys, 'must not contain duplicate entries')
    seen.add(name)
  }
}

/** Items of sets and maps, and what identifies them, must be there. Source: validateMapListKeysMapSet. */
function validateKeyedItems(schema: JsonSchema, path: string, errors: FieldErrors): void {
  const list = schema[listType]
  const items = itemsOf(schema)
  if (items === undefined || (list !== 'set' && list !== 'map')) return
  const at = child(path, 'items')
  if (items.nullable)
    errors.forbidden(child(at, 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${list}`)
  if (list === 'set') return
  for (const name of schema[listMapKeys] ?? []) {
    const property = propertyOf(items, name)
    if (property === undefined) continue
    const propertyAt = key(child(at, 'properties'), name)
    if (!items.required?.includes(name) && (property.default === undefined || property.default === null))
      errors.required(
        child(propertyAt, 'default'),
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      )
    if (property.nullable)
      errors.forbidden(
        child(propertyAt, 'nullable'),
        'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
      )
  }
}

const propertyOf = ({ properties }: JsonSchema, name: string): JsonSchema | undefined =>
  properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined

const reasons: readonly string[] = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
]
const hasNewline = (text: string): boolean => /[\n\r]/.test(text)

/** What can be said of a rule without understanding its expression. */
function validateRule(schema: JsonSchema, rule: ValidationRule, path: string, errors: FieldErrors): void {
  const { rule: expression = '', message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const trimmed = message.trim()
  if (expression.trim() === '') errors.required(child(path, 'rule'), 'rule is not specified')
  else if (message !== '' && trimmed === '')
    errors.invalid(child(path, 'message'), message, 'must be non-empty if specified')
  else if (hasNewline(trimmed)) errors.invalid(child(path, 'message'), message, 'must not contain line breaks')
  else if (hasNewline(expression.trim()) && trimmed === '')
    errors.required(child(path, 'message'), 'message must be specified if rule contains line breaks')
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.required(child(path, 'messageExpression'), 'messageExpression must be non-empty if specified')
  if (reason !== undefined && !reasons.includes(reason))
    errors.notSupportedInOrder(child(path, 'reason'), reason, reasons)
  if (fieldPath === '') return
  const at = child(path, 'fieldPath')
  if (fieldPath.trim() === '') errors.invalid(at, fieldPath, 'must be non-empty if specified')
  if (hasNewline(fieldPath)) errors.invalid(at, fieldPath, 'must not contain line breaks')
  if (unsupportedMember(schema) === undefined && 'error' in followFieldPath(fieldPath, compileNode(schema)))
    errors.invalid(at, fieldPath, 'must be a valid path')
}

/** How strict an update of these schemas may be. */
export function strictnessAfter(old: readonly JsonSchema[], isValid: (check: Check) => boolean): SchemaStrictness {
  const some = (test: (schema: JsonSchema) => boolean): boolean => old.some((schema) => schemaHas(schema, test))
  return {
    validTypes: !some(({ type }) => type !== undefined && type !== '' && !types.includes(type)),
    structural: isValid('structural'),
    prunedDefaults: isValid('prunedDefaults'),
    atomicSets: !some(isNonAtomicSet),
    mapListKeys: isValid('mapListKeys'),
    old,
    sameAsBefore: false,
  }
}

export type Check = 'structural' | 'prunedDefaults' | 'mapListKeys'

/** Whether a stored schema passes one of the checks that came later than it. */
export function passes(schema: JsonSchema, check: Check, errors: FieldErrors): boolean {
  if (check === 'mapListKeys')
    schemaHas(schema, (inner) => {
      validateKeyedItems(inner, '', errors)
      return !errors.empty
    })
  else if (unsupportedMember(schema) !== undefined) return check !== 'structural'
  else {
    validateStructural(schema, '', errors)
    if (check === 'prunedDefaults') {
      if (!errors.empty) return true
      validateDefaults(compileNode(schema), '', true, errors)
      return !errors.list.some(({ message }) => message.endsWith('must not have unknown fields'))
    }
  }
  return errors.empty
}
