import {
  ApiError,
  applyJsonPatch,
  copyJson,
  DecodeError,
  internalError,
  type Json,
  type KubeObject,
} from '../../api/index.js'
import { isList, itemsOf, JsonPatchOperation, typeOfValue, type Value } from '../../cel/index.js'
import { type Configuration, expressionTools, type GroupVersionKind } from '../../registry/index.js'
import type { ObjectViews } from '../object-views.js'
import { configurationOf, patchValueOf } from './json-of.js'

/** What an expression's value makes of an object. Throws Error, or ApiError where the server is to blame. */
export type ApplyValue = (value: Value, object: KubeObject, kind: GroupVersionKind, views: ObjectViews) => KubeObject

/** Source: apiserver pkg/admission/plugin/policy/mutating/patch/smd.go. */
export const applyConfiguration: ApplyValue = (value, object, kind, views) => {
  if (!isConfiguration(value))
    throw new Error(`unsupported return type from ApplyConfiguration expression: ${typeOfValue(value).name}`)
  checkTypeNames(value)
  const { apiVersion, kind: name } = object
  const configuration = { ...(configurationOf(value, object) as object), apiVersion, kind: name }
  try {
    return views.merge(object, configuration, kind)
  } catch (error) {
    // What was merged and does not fit its type then is told as it is.
    if (error instanceof ApiError || error instanceof DecodeError) throw error
    throw new Error(`error applying patch: ${(error as Error).message}`)
  }
}

/** Source: apiserver pkg/admission/plugin/policy/mutating/patch/json_patch.go. */
export const applyOperations: ApplyValue = (value, object, kind, views) => {
  if (!isList(value)) throw new Error('type mismatch: JSONPatchType.expression should evaluate to array')
  const operations = itemsOf(value).map(operationOf)
  let patched: Json
  try {
    patched = applyJsonPatch(object as unknown as Json, operations)
  } catch (error) {
    const why = ((error as Error).cause as Error | undefined)?.message ?? (error as Error).message
    // A test that fails leaves the object as it is.
    if (why.endsWith(': test failed')) return object
    throw new Error(`JSON Patch: ${why}`)
  }
  try {
    return views.readPatched(copyJson(patched), kind, true)
  } catch (error) {
    if (error instanceof DecodeError) throw internalError(error.message)
    throw error
  }
}

function operationOf(value: Value) {
  if (!(value instanceof JsonPatchOperation))
    throw new Error(
      `type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch, got element of ${typeOfValue(value).name}`,
    )
  const { op, path, from } = value
  if (value.value !== undefined && isConfiguration(value.value)) checkTypeNames(value.value)
  return {
    op,
    path,
    ...(from === '' ? {} : { from }),
    ...(value.value === undefined ? {} : { value: patchValueOf(value.value) as Json }),
  }
}

const isConfiguration = (value: Value): value is Configuration => value instanceof expressionTools().Configuration

/** Objects are named after the fields that they are in: `Object.spec.containers`. */
function checkTypeNames(configuration: Configuration): void {
  const wrong: string[] = []
  walk(configuration, configuration.type.name, wrong)
  if (wrong.length > 0) throw new Error(`type mismatch: ${wrong.join('\n')}`)
}

function walk(value: Value, expected: string, wrong: string[]): void {
  if (isConfiguration(value)) {
    const { name } = value.type
    if (name !== expected)
      wrong.push(
        `unexpected type name ${JSON.stringify(name)}, expected ${JSON.stringify(expected)}, which matches field name path from root Object type`,
      )
    for (const [field, held] of value.members) walk(held, `${expected}.${field}`, wrong)
  } else if (isList(value)) for (const item of itemsOf(value)) walk(item, expected, wrong)
  else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    for (const held of Object.values(value as Record<string, Value>)) walk(held, expected, wrong)
}
