import { isObject } from '../object.js'
import type { Json, JsonObject } from './json.js'

/**
 * The JSON text of a patched document as upstream prints it into refusals: what the patch has gone into has its keys sorted,
 * everything else stands as it was. Source: github.com/evanphx/json-patch v4, whose lazy nodes keep the bytes they were read from.
 */
export function printMerged(result: Json, patch: Json): string {
  if (Array.isArray(result)) return `[${result.map((item) => printMerged(item, item)).join(',')}]`
  if (!isObject(result) || !isObject(patch)) return JSON.stringify(result)
  return printSorted(result, (key, value) =>
    Object.hasOwn(patch, key) ? printMerged(value, patch[key]!) : JSON.stringify(value),
  )
}

/** Where the operations of a JSON patch have been: every container on the way to a target. */
interface Touched {
  readonly below: Map<string, Touched>
}

export function printJsonPatched(result: Json, operations: readonly (JsonObject | null)[]): string {
  const root: Touched = { below: new Map() }
  for (const operation of operations)
    for (const pointer of [operation?.path, operation?.from]) if (typeof pointer === 'string') touch(root, pointer)
  return printTouched(result, root)
}

function touch(root: Touched, pointer: string): void {
  let at = root
  for (const token of pointer.split('/').slice(1, -1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    let next = at.below.get(key)
    if (next === undefined) {
      next = { below: new Map() }
      at.below.set(key, next)
    }
    at = next
  }
}

function printTouched(value: Json, touched: Touched | undefined): string {
  if (touched === undefined || typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value))
    return `[${value.map((item, i) => printTouched(item, touched.below.get(String(i)))).join(',')}]`
  return printSorted(value as JsonObject, (key, held) => printTouched(held, touched.below.get(key)))
}

function printSorted(object: JsonObject, print: (key: string, value: Json) => string): string {
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${print(key, object[key]!)}`)
  return `{${members.join(',')}}`
}
