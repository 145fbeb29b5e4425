import type { Duplicates } from '../decode/report.js'
import { goJson } from '../field-errors.js'
import { isObject, setOwn } from '../object.js'
import { type Json, type JsonObject, jsonKind } from './json.js'
import { withoutNulls } from './strategic-merge.js'

/**
 * The JSON text of a patched document as upstream prints it into refusals: what the patch has gone into has its keys sorted,
 * everything else stands as it was. Source: github.com/evanphx/json-patch v4, whose lazy nodes keep the bytes they were read from.
 */
export function printMerged(result: Json, patch: Json): string {
  if (Array.isArray(result)) return `[${result.map((item) => printMerged(item, item)).join(',')}]`
  if (!isObject(result) || !isObject(patch)) return goJson(result)
  return printSorted(result, (key, value) =>
    Object.hasOwn(patch, key) ? printMerged(value, patch[key]!) : goJson(value),
  )
}

/**
 * @param opened containers that the operations have gone into, as `applyJsonPatch` tells them
 * @param duplicates objects of the patch that have a key more than once: nobody who has not gone into them minds
 */
export function printJsonPatched(result: Json, opened: WeakSet<object>, duplicates?: Duplicates): string {
  const print = (value: Json): string => printJsonPatched(value, opened, duplicates)
  if (Array.isArray(result)) return `[${result.map(print).join(',')}]`
  if (!isObject(result)) return goJson(result)
  if (opened.has(result)) return printSorted(result, (_, held) => print(held))
  if (duplicates === undefined) return goJson(result)
  const entries = (duplicates.get(result) ?? Object.entries(result)).filter(([, held]) => held !== undefined)
  return `{${entries.map(([key, held]) => `${goJson(key)}:${print(held as Json)}`).join(',')}}`
}

function printSorted(object: JsonObject, print: (key: string, value: Json) => string): string {
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${print(key, object[key]!)}`)
  return `{${members.join(',')}}`
}

/**
 * A strategic merge patch as upstream prints it: what goes where nothing was, or something of another sort, has lost its nulls.
 */
export function withoutUnmatchedNulls(document: Json | undefined, patch: Json): Json {
  if (!isObject(document) || !isObject(patch)) return patch
  const out: JsonObject = {}
  for (const key of Object.keys(patch)) {
    const value = patch[key]!
    const current = Object.hasOwn(document, key) ? document[key] : undefined
    const matches = value === null || (current !== undefined && jsonKind(current) === jsonKind(value))
    setOwn(out, key, matches ? withoutUnmatchedNulls(current, value) : withoutNulls(value))
  }
  return out
}
