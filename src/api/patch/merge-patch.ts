import { outOfRange } from '../decode/plain-numbers.js'
import type { Duplicates } from '../decode/report.js'
import { badRequest } from '../errors.js'
import { isObject, setOwn } from '../object.js'
import { beyondFloat, type Json, type JsonObject, jsonKind, member } from './json.js'
import type { FieldValidation } from './json-patch.js'

/**
 * Applies a merge patch (RFC 7386) to an object, leaving both as they are: the result shares with them what was taken
 * over whole.
 *
 * The body is already parsed; a syntax error is the caller's to answer, as 400 `error decoding patch: <what the JSON reader
 * says>` or, if validation is Ignore, 400 `Invalid JSON Patch`. Where upstream's library (github.com/evanphx/json-patch v4)
 * departs from the RFC, so does this: nulls of objects inside a list are left out too, unless the list replaces an object.
 *
 * @returns an object; a list if the patch is one and validation is Ignore, which then fails as an object of that kind
 * @throws ApiError 400 if the patch is not an object
 */
export function applyMergePatch(
  document: JsonObject,
  patch: Json,
  validation: FieldValidation = 'Warn',
  duplicates?: Duplicates,
): Json {
  if (isObject(patch)) {
    const literal = validation === 'Ignore' ? undefined : outOfRange(patch, duplicates)
    if (literal !== undefined) throw badRequest(`error decoding patch: ${beyondFloat(literal)}`)
    return merge(document, patch)
  }
  if (patch === null) throw badRequest('Invalid JSON Patch')
  if (validation !== 'Ignore') {
    const kind = jsonKind(patch)
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
    )
  }
  if (!Array.isArray(patch)) throw badRequest('Invalid JSON Patch')
  return pruned(patch)
}

function merge(document: JsonObject, patch: JsonObject): JsonObject {
  const result = { ...document }
  for (const key of Object.keys(patch)) {
    const value = patch[key]!
    if (value === null) {
      delete result[key]
      continue
    }
    const current = member(result, key)
    if (!isObject(current)) setOwn(result, key, pruned(value))
    else setOwn(result, key, isObject(value) ? merge(current, value) : value)
  }
  return result
}

/** Without the nulls of objects at any depth. */
function pruned(value: Json): Json {
  if (Array.isArray(value)) return value.map(pruned)
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const key of Object.keys(value)) if (value[key] !== null) setOwn(result, key, pruned(value[key]!))
  return result
}
