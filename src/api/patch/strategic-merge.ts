import { outOfRange } from '../decode/plain-numbers.js'
import type { Duplicates } from '../decode/report.js'
import { ApiError, badRequest } from '../errors.js'
import { JsonNumber } from '../json-number.js'
import { isObject, setOwn } from '../object.js'
import { quote } from '../quote.js'
import type { Shape, StructShape } from '../shapes.js'
import { beyondFloat, goText, goTypeText, type Json, type JsonObject, jsonKind, member } from './json.js'
import { unprocessable } from './json-patch.js'
import { arrange, partition } from './list-order.js'

const directive = '$patch'
const retainKeys = '$retainKeys'
const deleteFromPrimitiveList = '$deleteFromPrimitiveList'
const setElementOrder = '$setElementOrder'

/**
 * Applies a strategic merge patch to a versioned object of a built-in kind, leaving both as they are: the result shares
 * with them what was taken over whole, and is to be decoded against the shape like a body (it may hold unknown fields,
 * wrong types and nulls). What the decoding refuses is the caller's to answer: 422 `patch: Invalid value:
 * "<goText of the patch>": ...`; a syntax error is 400 with just what the JSON reader says.
 *
 * Directives: `$patch` (replace, delete) in an object or a list's item, `$retainKeys`, `$deleteFromPrimitiveList/f`,
 * `$setElementOrder/f`. Source of the rules: apimachinery pkg/util/strategicpatch/patch.go; of the codes: apiserver
 * pkg/endpoints/handlers/patch.go.
 *
 * @param patch an object; null is an empty one
 * @throws ApiError 400 (malformed), 422 (lists of lists), and 500 without a reason, as upstream, for everything else that
 *   is wrong with a patch: a missing merge key, an unknown `$patch`, an order that contradicts the list
 */
export function applyStrategicMergePatch(
  document: JsonObject,
  patch: Json,
  shape: StructShape,
  duplicates?: Duplicates,
): JsonObject {
  if (patch === null) return { ...document }
  if (!isObject(patch)) {
    throw badRequest(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`)
  }
  const literal = outOfRange(patch, duplicates)
  if (literal !== undefined) throw badRequest(beyondFloat(literal))
  return mergeObject(document, patch, shape)
}

const badList = () => badRequest('invalid patch format of primitive list')
const badOrder = () => badRequest('invalid patch format of setElementOrder list')
const badRetainKeys = () => badRequest('invalid patch format of retainKeys')
/** What upstream has no code for. */
const failed = (message: string): ApiError => new ApiError('', message, undefined, 500)
const noMergeKey = (item: JsonObject, key: string) =>
  failed(`map: ${goText(item)} does not contain declared merge key: ${key}`)

function mergeObject(original: JsonObject, patch: JsonObject, shape: Shape): JsonObject {
  if (Object.hasOwn(patch, directive)) return directed(patch)
  const result = { ...original }
  const done = new Set<string>([retainKeys])
  if (Object.hasOwn(patch, retainKeys)) retain(result, patch)
  for (const key of Object.keys(patch))
    if (key.startsWith(setElementOrder)) mergeOrdered(result, patch, key, shape, done)
  for (const key of Object.keys(patch)) if (!done.has(key)) mergeMember(result, key, patch[key]!, shape)
  return result
}

function directed(patch: JsonObject): JsonObject {
  const { [directive]: type, ...rest } = patch
  if (type === 'replace') return rest
  if (type === 'delete') return {}
  throw unknownDirective(patch)
}

const unknownDirective = (patch: JsonObject) =>
  failed(`unknown patch type: ${goString(patch[directive]!)} in map: ${goText(patch)}`)

/** Go's %s, which minds what is no string. */
function goString(value: Json): string {
  if (
    value instanceof JsonNumber ||
    typeof value === 'boolean' ||
    typeof value === 'number' ||
    typeof value === 'bigint'
  )
    return `%!s(${goTypeText(value)}=${goText(value)})`
  return value === null ? '%!s(<nil>)' : goText(value)
}

/** Drops what the directive does not name; whatever the patch sets must be named. */
function retain(result: JsonObject, patch: JsonObject): void {
  const list = patch[retainKeys]!
  if (!Array.isArray(list)) throw badRetainKeys()
  const kept = new Set<Json>(list)
  for (const key of Object.keys(patch)) {
    const exempt = patch[key] === null || key === retainKeys || /^\$(deleteFromPrimitiveList|setElementOrder)/.test(key)
    if (!exempt && !kept.has(key)) throw badRetainKeys()
  }
  for (const key of Object.keys(result)) if (!kept.has(key)) delete result[key]
}

function mergeMember(result: JsonObject, patchKey: string, value: Json, shape: Shape): void {
  const isDeletion = patchKey.startsWith(deleteFromPrimitiveList)
  const key = isDeletion ? afterSlash(patchKey, deleteFromPrimitiveList, badList) : patchKey
  if (value === null) {
    delete result[key]
    return
  }
  const current = member(result, key)
  if (isObject(current) && isObject(value)) {
    const field = lookup(shape, key)
    setOwn(result, key, field.strategy === 'replace' ? value : mergeObject(current, value, field.shape))
  } else if (Array.isArray(current) && Array.isArray(value)) {
    const field = lookupList(shape, key)
    const merges = field.strategy === 'merge' || isDeletion
    setOwn(result, key, merges ? mergeList(current, value, field, isDeletion) : value)
  } else if (!isDeletion || (current !== undefined && jsonKind(current) === jsonKind(value))) {
    const taken = withoutDirectives(withoutNulls(value))
    if (taken === undefined) delete result[key]
    else setOwn(result, key, taken)
  }
}

/** Merges the list that `$setElementOrder/...` speaks of, and puts the result in that order. */
function mergeOrdered(result: JsonObject, patch: JsonObject, key: string, shape: Shape, done: Set<string>): void {
  done.add(key)
  const order = patch[key]!
  if (!Array.isArray(order)) throw wrongType('[]interface {}', order)
  const name = afterSlash(key, setElementOrder, badOrder)
  const original = list(member(result, name))
  const patched = list(member(patch, name))
  const field = lookupList(shape, name)
  const { mergeKey } = field
  if (patched !== undefined) checkOrder(patched, order, mergeKey)
  if (original === undefined && patched === undefined) return
  let merged = original ?? []
  if (patched !== undefined) {
    if (original === undefined) merged = withoutDirectives(patched) as Json[]
    else merged = field.strategy === 'merge' ? mergeList(original, patched, field, false) : patched
  }
  const { inside, outside } = partition(merged, order, mergeKey)
  const ofObjects = elementKind([original ?? [], patched ?? []]) === 'object'
  setOwn(result, name, arrange(inside, outside, order, original ?? [], ofObjects ? mergeKey : undefined))
  done.add(name)
}

function list(value: Json | undefined): Json[] | undefined {
  if (value !== undefined && !Array.isArray(value)) throw wrongType('[]interface {}', value)
  return value
}

/** Items of the patch must come in the order told, and be in it: all but those to be deleted. */
function checkOrder(patched: Json[], order: Json[], mergeKey: string): void {
  if (order.length === 0 || patched.length === 0) return
  if (mergeKey !== '') for (const item of patched) if (!isObject(item)) throw wrongType('map[string]interface {}', item)
  const items = patched.filter((item) => !isObject(item) || member(item, directive) !== 'delete')
  let at = 0
  for (let told = 0; at < items.length && told < order.length; ) {
    const item = items[at]!
    if (isObject(item) && Object.hasOwn(item, directive)) at++
    else if (sameKey(item, order[told++]!, mergeKey)) at++
  }
  if (at < items.length) {
    throw failed(
      `The order in patch list:\n${goText(patched)}\n doesn't match ${setElementOrder} list:\n${goText(order)}\n`,
    )
  }
}

function sameKey(left: Json, right: Json, mergeKey: string): boolean {
  if (mergeKey === '') return left === right
  return keyOf(left, mergeKey) === keyOf(right, mergeKey)
}

function keyOf(item: Json, mergeKey: string): Json {
  if (!isObject(item)) throw wrongType('map[string]interface {}', item)
  const key = member(item, mergeKey)
  if (key === undefined) throw noMergeKey(item, mergeKey)
  return key
}

function mergeList(original: Json[], patch: Json[], field: PatchField, isDeletion: boolean): Json[] {
  if (original.length === 0 && patch.length === 0) return original
  const { mergeKey } = field
  if (elementKind([original, patch]) !== 'object') {
    if (isDeletion) {
      const gone = new Set(patch)
      return original.filter((item) => !gone.has(item))
    }
    const { inside, outside } = partition([...new Set([...original, ...patch])], patch, mergeKey)
    return arrange(inside, outside, patch, original, undefined)
  }
  if (mergeKey === '') throw failed(`cannot merge lists without merge key for ${goKind(field.shape)}`)
  const { kept, changes } = applyItemDirectives(original as JsonObject[], patch as JsonObject[], mergeKey)
  const merged = mergeItems(kept, changes, mergeKey, field.shape)
  const { inside, outside } = partition(merged, changes, mergeKey)
  return arrange(inside, outside, changes, kept, mergeKey)
}

/** What is left of the original after deletions, and the patch's items that are no directives. */
function applyItemDirectives(original: JsonObject[], patch: JsonObject[], mergeKey: string) {
  const changes: JsonObject[] = []
  const gone = new Set<Json>()
  let replaces = false
  for (const item of patch) {
    const type = member(item, directive)
    if (type === undefined) changes.push(item)
    else if (type === 'delete') gone.add(keyOf(item, mergeKey))
    else if (type === 'replace') replaces = true
    else if (type === 'merge') throw failed('merging lists cannot yet be specified in the patch')
    else throw unknownDirective(item)
  }
  if (replaces) return { kept: changes, changes: [] }
  const kept = gone.size === 0 ? original : original.filter((item) => !gone.has(member(item, mergeKey) ?? missing))
  return { kept, changes }
}

/** Equal to no merge key of a patch. */
const missing = Symbol() as unknown as Json

function mergeItems(original: JsonObject[], changes: JsonObject[], mergeKey: string, shape: Shape): JsonObject[] {
  const merged = original.slice()
  const at = new Map<Json, number>()
  for (let i = 0; i < merged.length; i++) {
    const key = member(merged[i]!, mergeKey)
    if (key !== undefined && !at.has(key)) at.set(key, i)
  }
  for (const change of changes) {
    const key = keyOf(change, mergeKey)
    const found = at.get(key)
    if (found !== undefined) merged[found] = mergeObject(merged[found]!, change, shape)
    else at.set(key, merged.push(change) - 1)
  }
  return merged
}

/** Items must all be of one kind, and not lists. */
function elementKind(lists: Json[][]): string {
  let kind: string | undefined
  for (const items of lists) {
    for (const item of items) {
      const own = jsonKind(item)
      if (kind === undefined) {
        if (own === 'array') throw unprocessable(new Error('lists of lists are not supported'))
        kind = own
      } else if (kind !== own) throw failed(`list element types are not identical: ${goText(lists)}`)
    }
  }
  if (kind === undefined) throw failed('no elements in any of the given slices')
  return kind
}

/** Without the nulls of objects at any depth; items of lists stay. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const result: JsonObject = {}
  for (const key of Object.keys(value)) if (value[key] !== null) setOwn(result, key, withoutNulls(value[key]!))
  return result
}

/** Without objects that carry `$patch`, at any depth; undefined: nothing is left. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (Object.hasOwn(value, directive)) return undefined
  const result: JsonObject = {}
  for (const key of Object.keys(value)) {
    const kept = withoutDirectives(value[key]!)
    if (kept !== undefined) setOwn(result, key, kept)
  }
  return result
}

interface PatchField {
  /** Of the field, or of its items. */
  readonly shape: Shape
  readonly strategy: string
  /** Empty: the list's items are not merged by key. */
  readonly mergeKey: string
}

function lookup(shape: Shape, key: string): PatchField {
  if (shape.kind === 'special' && shape.ref !== 'interface' && shape.ref !== 'runtime.Object') {
    throw unknownField(shape.ref, key)
  }
  if (shape.kind !== 'struct') {
    throw failed(`merging an object in json but data type is not struct, instead is: ${goKind(shape)}`)
  }
  const field = shape.byJson.get(key)
  if (field === undefined) throw unknownField(shape.ref, key)
  const strategies = (field.facts.patchStrategy ?? '').split(',').filter((strategy) => strategy !== 'retainKeys')
  return { shape: field.shape, strategy: strategies[0] ?? '', mergeKey: field.facts.patchMergeKey ?? '' }
}

function lookupList(shape: Shape, key: string): PatchField {
  const field = lookup(shape, key)
  if (field.shape.kind !== 'list') throw failed(`expected slice or array type, but got: ${goKind(shape)}`)
  return { ...field, shape: field.shape.item }
}

const unknownField = (ref: string, key: string) =>
  failed(`unable to find api field in struct ${ref.slice(ref.lastIndexOf('.') + 1)} for the json field ${quote(key)}`)

function goKind(shape: Shape): string {
  if (shape.kind === 'list' || shape.kind === 'bytes') return 'slice'
  if (shape.kind === 'special') {
    return shape.ref === 'interface' || shape.ref === 'runtime.Object' ? 'interface' : 'struct'
  }
  return shape.kind
}

function afterSlash(key: string, prefix: string, wrong: () => ApiError): string {
  if (key[prefix.length] !== '/') throw wrong()
  return key.slice(prefix.length + 1)
}

const wrongType = (expected: string, value: Json) =>
  failed(`expected a ${expected}, but received a ${goTypeText(value)}`)
