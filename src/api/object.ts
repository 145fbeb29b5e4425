import { JsonNumber } from './json-number.js'

/**
 * A Kubernetes object as kats holds it: the plain, versioned JSON object. Numbers outside the safe integers are bigint.
 * There is no hidden internal version; a resource's storage version is the form rules work on.
 */
export interface KubeObject {
  kind?: string
  apiVersion?: string
  metadata: ObjectMeta
  // biome-ignore lint/suspicious/noExplicitAny: what lies below differs by kind; shapes and validation check it at the door
  [field: string]: any
}

/** metav1.ObjectMeta. Times are RFC 3339 in UTC with whole seconds. */
export interface ObjectMeta {
  name?: string
  generateName?: string
  namespace?: string
  selfLink?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFieldsEntry[]
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ManagedFieldsEntry {
  manager?: string
  operation?: string
  apiVersion?: string
  time?: string
  fieldsType?: string
  fieldsV1?: Record<string, unknown>
  subresource?: string
}

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = (gv: GroupVersion): string => (gv.group === '' ? gv.version : `${gv.group}/${gv.version}`)

/** The inverse of `apiVersionOf`. A string with more than one slash is given back as a version that nothing serves. */
export function parseApiVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** Assigns a key that came from outside: `__proto__` becomes a plain property like any other. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    ;(target as Record<string, unknown>)[key] = value
  }
}

/** A JSON object: neither a list nor null nor a number. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)

/** A deep copy of JSON data (faster than structuredClone by far). */
export function copyJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyJson) as T
  if (value instanceof JsonNumber) return value
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const held = (value as Record<string, unknown>)[key]
    const copy = typeof held === 'object' ? copyJson(held) : held
    if (key === '__proto__') setOwn(out, key, copy)
    else out[key] = copy
  }
  return out as T
}

/** Deep equality of JSON data; the order of keys does not matter, a key that is undefined counts as absent. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equalJson(a[i], b[i])) return false
    return true
  }
  if (Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  let more = 0
  for (const key of Object.keys(left)) {
    const value = left[key]
    const other = ownValue(right, key)
    if (value !== other && !equalJson(value, other)) return false
    if (value !== undefined) more++
  }
  // All that the left has, the right has too: it remains to see whether that is all.
  for (const key of Object.keys(right)) if (right[key] !== undefined) more--
  return more === 0
}

/** What Object.prototype has is not in the data: functions, which JSON has none of, and `__proto__`. */
function ownValue(object: Record<string, unknown>, key: string): unknown {
  if (key === '__proto__' && !Object.hasOwn(object, key)) return undefined
  const value = object[key]
  return typeof value === 'function' ? undefined : value
}
