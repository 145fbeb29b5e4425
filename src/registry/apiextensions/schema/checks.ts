import { equalJson, quote } from '../../../api/index.js'
import { stringifyJson } from '../../../codec/index.js'
import { type CheckError, CheckResult, invalid } from './check-result.js'
import { isKnownFormat, stringFormat } from './formats.js'
import { intOrString, itemsOf, type JsonSchema, schemaOrBool } from './json-schema.js'
import type { Link } from './link.js'
import type { JsonObject } from './node.js'
import { isJsonInteger, numberCheck } from './number-check.js'
import { compilePattern } from './pattern.js'
import { sortKeys } from './prune.js'

/**
 * Checks a value against the value validation of a schema. Compiled once, used for every write.
 * @param path dotted, from where validation began, as it appears in messages; may be empty
 * @param link the value that this one replaces
 */
export type Check = (value: unknown, path: string, out: CheckResult, link: Link | undefined) => void

/**
 * Source: kube-openapi pkg/validation/validate/schema.go. The order of checks is upstream's.
 * @param prepared as for objects: values of x-kubernetes-int-or-string have to be one of the two, formats that mean nothing for
 *   the type count for nothing. Defaults are checked by the schema as it was written.
 */
export function compileChecks(schema: JsonSchema, prepared = true): Check {
  const types = schema[intOrString] === true && prepared ? ['integer', 'string'] : typesOf(schema)
  const meaning = formatOf(schema, types)
  const format = prepared ? meaning : (schema.format ?? '')
  const checkType = typeCheck(types, format, schema.nullable === true)
  const checkEnum = enumCheck(schema)
  const compile: Compile = (inner) => compileChecks(inner, prepared)
  const checkJunctors = junctorCheck(schema, compile)
  const checkString = stringCheck(schema)
  const known = format === '' ? undefined : stringFormat(format)
  const checkNumber = numberCheck(schema, types.length === 1 ? types[0]! : '', meaning)
  const checkList = listCheck(schema, compile)
  const checkObject = objectCheck(schema, compile)
  return (value, path, out, link) => {
    if (value === null || value === undefined) {
      checkType(null, path, out)
      checkEnum?.(null, path, out)
      return
    }
    checkType(value, path, out)
    if (checkJunctors !== undefined) checkJunctors(value, path, out, link)
    out.matches += 2
    switch (typeof value) {
      case 'string':
        checkString?.(value, path, out)
        out.matches++
        if (known !== undefined) {
          if (!known(value)) out.errors.push(typeError(path, format, value, value))
          out.matches++
        }
        break
      case 'number':
      case 'bigint':
        checkNumber(value, path, out)
        out.matches += 2
        break
      case 'object':
        if (Array.isArray(value)) {
          checkList?.(value, path, out, link)
          out.matches += 2
        } else {
          checkObject?.(value as JsonObject, path, out, link)
          out.matches++
        }
    }
    checkEnum?.(value, path, out)
    out.matches += 2
  }
}

type Compile = (schema: JsonSchema) => Check

function typesOf(schema: JsonSchema): readonly string[] {
  return schema.type === undefined || schema.type === '' ? [] : [schema.type]
}

/** Empty: one that means nothing for the type. */
function formatOf({ format = '' }: JsonSchema, types: readonly string[]): string {
  return isKnownFormat(format, types.length === 1 ? types[0]! : '') ? format : ''
}

/** The JSON type of a value; integers are what Go decodes as such. */
function jsonType(value: unknown): { type: string; format: string } {
  switch (typeof value) {
    case 'boolean':
      return { type: 'boolean', format: '' }
    case 'string':
      return { type: 'string', format: '' }
    case 'bigint':
      return { type: 'integer', format: 'int64' }
    case 'number':
      return Number.isSafeInteger(value) ? { type: 'integer', format: 'int64' } : { type: 'number', format: 'float64' }
    default:
      return { type: Array.isArray(value) ? 'array' : 'object', format: '' }
  }
}

function typeCheck(types: readonly string[], format: string, nullable: boolean) {
  const wanted = types.join(',')
  const numeric = types.includes('number') || types.includes('integer')
  const allowed = new Set(types)
  if (allowed.has('number')) allowed.add('integer')
  const applies = types.length > 0 || format !== ''
  return (value: unknown, path: string, out: CheckResult): void => {
    if (value === null) {
      if (types.length > 0 && !types.includes('null') && !nullable)
        out.errors.push(typeError(path, wanted, 'null', 'null'))
      else out.matches++
      return
    }
    if (!applies) return
    out.matches++
    const actual = jsonType(value)
    const stringLike = actual.type === 'string' || actual.type === 'array'
    const fits =
      allowed.has(actual.type) || (actual.type === 'number' && allowed.has('integer') && isJsonInteger(value as number))
    if (!stringLike && format !== '' && !fits && actual.format !== format) {
      out.errors.push(typeError(path, format, actual.format, actual.format))
      return
    }
    if (!numeric && format !== '' && stringLike) {
      out.matches++
      return
    }
    if (fits) out.matches++
    else out.errors.push(typeError(path, wanted, actual.type, actual.type))
  }
}

const typeError = (name: string, wanted: string, actual: string, value: unknown): CheckError => ({
  kind: 'type',
  name,
  message: `${name} in body must be of type ${wanted}: ${quote(actual)}`,
  value,
})

function enumCheck({ enum: values }: JsonSchema) {
  if (values === undefined || values === null || values.length === 0) return undefined
  const texts = values.map((value) => (typeof value === 'string' ? value : (stringifyJson(sortKeys(value)) ?? 'null')))
  return (value: unknown, path: string, out: CheckResult): void => {
    if (value !== null && values.some((allowed) => isValueOf(allowed, value))) return
    out.errors.push({
      kind: 'enum',
      name: path,
      message: `${path} in body should be one of ${texts.join(' ')}`,
      value,
      values: texts,
    })
  }
}

/** Values are converted to the type of the allowed one as Go does it: fractions are cut off, integers become characters. */
function isValueOf(allowed: unknown, value: unknown): boolean {
  if (typeof value !== 'number' && typeof value !== 'bigint') return equalJson(allowed, value)
  const whole = typeof value === 'bigint' || Number.isInteger(value)
  if (typeof allowed === 'string') return whole && allowed === character(Number(value))
  if (typeof value === 'number' && !whole && (typeof allowed === 'bigint' || Number.isInteger(allowed)))
    return equalJson(allowed, Math.trunc(value))
  return equalJson(allowed, value)
}

/** The character of a code point; U+FFFD for numbers that are none. */
const character = (code: number): string =>
  code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : '\ufffd'

function stringCheck({ maxLength, minLength, pattern }: JsonSchema) {
  if (maxLength === undefined && minLength === undefined && !pattern) return undefined
  let matches: ((text: string) => boolean) | undefined
  return (value: string, path: string, out: CheckResult): void => {
    // Characters are code points: never more than UTF-16 units, never less than half as many.
    const count = maxLength === undefined && minLength === undefined ? 0 : characters(value, maxLength, minLength)
    if (maxLength !== undefined && count > maxLength) {
      out.errors.push({
        kind: 'tooLong',
        name: path,
        message: `${path} in body should be at most ${maxLength} chars long`,
        max: maxLength,
      })
      return
    }
    if (minLength !== undefined && count < minLength) {
      out.errors.push(invalid(path, `${path} in body should be at least ${minLength} chars long`, value))
      return
    }
    if (!pattern) return
    matches ??= compilePattern(pattern)
    if (!matches(value)) out.errors.push(invalid(path, `${path} in body should match '${pattern}'`, value))
  }
}

function characters(text: string, max: number | undefined, min: number | undefined): number {
  if ((max === undefined || text.length <= max) && (min === undefined || text.length >= 2 * min)) return text.length
  let count = 0
  for (const _ of text) count++
  return count
}

function listCheck(schema: JsonSchema, compile: Compile) {
  const { minItems, maxItems } = schema
  const itemSchema = itemsOf(schema)
  const checkItem = itemSchema === undefined ? undefined : compile(itemSchema)
  if (checkItem === undefined && minItems === undefined && maxItems === undefined) return undefined
  return (value: readonly unknown[], path: string, out: CheckResult, link: Link | undefined): void => {
    if (checkItem !== undefined)
      for (let i = 0; i < value.length; i++) within(checkItem, value[i], `${path}[${i}]`, out, link?.index(i))
    if (minItems !== undefined && value.length < minItems)
      out.errors.push(invalid(path, `${path} in body should have at least ${minItems} items`, value.length))
    if (maxItems !== undefined && value.length > maxItems)
      out.errors.push({
        kind: 'tooMany',
        name: path,
        message: `${path} in body should have at most ${maxItems} items`,
        actual: value.length,
        max: maxItems,
      })
  }
}

function objectCheck(schema: JsonSchema, compile: Compile) {
  const { minProperties, maxProperties, additionalProperties } = schema
  const required = schema.required ?? []
  const properties = new Map(
    Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, compile(inner)] as const),
  )
  const additional = schemaOrBool(additionalProperties)
  const checkOther = additional === undefined ? undefined : compile(additional)
  const closed = additionalProperties === false
  return (value: JsonObject, path: string, out: CheckResult, link: Link | undefined): void => {
    if (minProperties !== undefined || maxProperties !== undefined) {
      const size = Object.keys(value).length
      if (minProperties !== undefined && size < minProperties)
        out.errors.push(invalid(path, `${path} in body should have at least ${minProperties} properties`, size))
      if (maxProperties !== undefined && size > maxProperties)
        out.errors.push({
          kind: 'tooMany',
          name: path,
          message: `${path} in body should have at most ${maxProperties} properties`,
          actual: size,
          max: maxProperties,
        })
    }
    if (closed) {
      for (const key of Object.keys(value))
        if (!properties.has(key)) out.errors.push(invalid(path, `${path}.${key} in body is a forbidden property`, key))
    } else if (checkOther !== undefined)
      for (const key of Object.keys(value))
        if (!properties.has(key)) within(checkOther, value[key], `${path}.${key}`, out, link?.key(key))
    const root = path === ''
    for (const [name, check] of properties) {
      if (!Object.hasOwn(value, name) || value[name] === undefined) continue
      // Type meta is not compared: a conversion has made both sides the same.
      const before = root && (name === 'kind' || name === 'apiVersion') ? undefined : link?.key(name)
      within(check, value[name], root ? name : `${path}.${name}`, out, before)
    }
    for (const name of required)
      if (!Object.hasOwn(value, name) || value[name] === undefined)
        out.errors.push({ kind: 'required', name: `${path}.${name}`, message: `${path}.${name} in body is required` })
  }
}

/** Checks a member; what was as wrong before and has not changed does not count. */
function within(check: Check, value: unknown, path: string, out: CheckResult, link: Link | undefined): void {
  const before = out.errors.length
  check(value, path, out, link)
  if (link !== undefined && out.errors.length > before && link.unchanged) out.errors.length = before
}

/** allOf, anyOf, oneOf and not. Source: kube-openapi pkg/validation/validate/schema_props.go. */
function junctorCheck(schema: JsonSchema, compile: Compile): Check | undefined {
  const anyOf = schema.anyOf?.map(compile) ?? []
  const oneOf = schema.oneOf?.map(compile) ?? []
  const allOf = schema.allOf?.map(compile) ?? []
  const not = schema.not === undefined || schema.not === null ? undefined : compile(schema.not)
  if (anyOf.length === 0 && oneOf.length === 0 && allOf.length === 0 && not === undefined) return undefined
  return (value, path, out, link) => {
    const run = (check: Check): CheckResult => {
      const result = new CheckResult()
      check(value, path, result, link)
      return result
    }
    if (anyOf.length > 0) checkAny(anyOf, run, path, out)
    if (oneOf.length > 0) checkOne(oneOf, run, path, out)
    if (allOf.length > 0) {
      let valid = 0
      for (const check of allOf) {
        const result = run(check)
        if (result.errors.length === 0) valid++
        out.merge(result)
      }
      if (valid !== allOf.length)
        out.errors.push(
          plain(`${quote(path)} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`),
        )
    }
    if (not !== undefined && run(not).errors.length === 0)
      out.errors.push(plain(`${quote(path)} must not validate the schema (not)`))
  }
}

function checkAny(checks: readonly Check[], run: (check: Check) => CheckResult, path: string, out: CheckResult): void {
  let best: CheckResult | undefined
  for (const check of checks) {
    const result = run(check)
    if (result.errors.length === 0) {
      out.merge(result)
      return
    }
    if (best === undefined || result.matches > best.matches) best = result
  }
  out.errors.push(plain(`${quote(path)} must validate at least one schema (anyOf)`))
  if (best !== undefined) out.merge(best)
}

function checkOne(checks: readonly Check[], run: (check: Check) => CheckResult, path: string, out: CheckResult): void {
  let best: CheckResult | undefined
  let first: CheckResult | undefined
  let valid = 0
  for (const check of checks) {
    const result = run(check)
    if (result.errors.length === 0) {
      valid++
      best = undefined
      first ??= result
    } else if (valid === 0 && (best === undefined || result.matches > best.matches)) best = result
  }
  if (valid === 1) {
    out.merge(first!)
    return
  }
  const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`
  out.errors.push(plain(`${quote(path)} must validate one and only one schema (oneOf). ${found}`))
  if (best !== undefined) out.merge(best)
}

const plain = (message: string): CheckError => ({ kind: 'plain', message })
