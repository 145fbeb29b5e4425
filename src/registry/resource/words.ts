import {
  byteLength,
  child,
  dns1123Label,
  dns1123Subdomain,
  type FieldErrors,
  goJson,
  index,
  isCIdentifier,
  isLabelValue,
  maxLength,
  qualifiedName,
  required,
} from '../../api/index.js'
import { validateCsiDriverName } from '../core/pod/volume-sources.js'

/** Words of this group. Source: kubernetes pkg/apis/resource/validation. */

const maxPoolName = 253
const maxIdentifier = 32

export interface ListRules<T> {
  /** More than so many are not looked at. Default: any number. */
  readonly max?: number
  /** Items with the same key are duplicates, told after all else. Default: none are. */
  readonly key?: (item: T) => string
  /** What of a duplicate is told. Default: its key. */
  readonly told?: (item: T) => unknown
}

/** Judges all items of a list, then their being different. */
export function list<T>(
  errors: FieldErrors,
  path: string,
  items: readonly T[] | null | undefined,
  { max, key, told = key }: ListRules<T>,
  judge: (item: T, path: string) => void,
): void {
  if (!items) return
  if (max !== undefined && items.length > max) {
    errors.tooMany(path, items.length, max)
    return
  }
  items.forEach((item, i) => {
    judge(item, index(path, i))
  })
  if (key === undefined) return
  const seen = new Set<string>()
  items.forEach((item, i) => {
    const own = key(item)
    if (seen.has(own)) errors.duplicate(index(path, i), told?.(item))
    seen.add(own)
  })
}

/** Judges keys (at the path of the map) and values of a map. */
export function map<T>(
  errors: FieldErrors,
  path: string,
  items: Readonly<Record<string, T>> | undefined,
  { max, shownKey }: { readonly max?: number; readonly shownKey: number },
  judgeKey: (errors: FieldErrors, path: string, key: string) => void,
  judge: (item: T, path: string) => void,
): void {
  if (!items) return
  const entries = Object.entries(items)
  if (max !== undefined && entries.length > max) {
    errors.tooMany(path, entries.length, max)
    return
  }
  for (const [key, item] of entries) {
    judgeKey(errors, path, key)
    judge(item, `${path}[${shortened(key, shownKey)}]`)
  }
}

/** As strict as the names of CSI drivers. */
export const driverName = (errors: FieldErrors, path: string, name = ''): void =>
  validateCsiDriverName(name, path, errors)

export const deviceName = (errors: FieldErrors, path: string, name = ''): boolean => dns1123Label(errors, path, name)

export function poolName(errors: FieldErrors, path: string, name = ''): void {
  if (!required(errors, path, name)) return
  maxLength(errors, path, name, maxPoolName)
  for (const part of name.split('/')) dns1123Subdomain(errors, path, part)
}

/** A C identifier, in the domain of a driver or without one. What has two slashes is not looked at. */
export function attributeName(errors: FieldErrors, path: string, name: string): void {
  const parts = name.split('/')
  if (parts.length === 1) identifier(errors, path, name)
  if (parts.length !== 2) return
  const [domain, own] = parts as [string, string]
  if (domain === '') errors.invalid(path, '', 'the domain must not be empty')
  else driverName(errors, path, domain)
  if (own === '') errors.invalid(path, '', 'the name must not be empty')
  else identifier(errors, path, own)
}

export function fullAttributeName(errors: FieldErrors, path: string, name: string): void {
  attributeName(errors, path, name)
  if (!name.includes('/'))
    errors.invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')
}

/** What a driver is to be told, or tells: a JSON object of limited size. @param stored its size was checked before */
export function rawObject(errors: FieldErrors, path: string, value: unknown, max: number, stored = false): void {
  if (value === undefined || value === null) errors.required(path)
  else if (!stored && byteLength(goJson(value)) > max) errors.tooLong(path, max)
  else if (typeof value !== 'object' || Array.isArray(value))
    errors.invalid(path, '<value omitted>', 'must be a valid JSON object')
}

/** Conditions for a device to be bound, and to fail at that: one goes with the other. */
export function bindingConditions(
  errors: FieldErrors,
  path: string,
  good: readonly string[] = [],
  bad: readonly string[] = [],
): void {
  const goodAt = child(path, 'bindingConditions')
  const badAt = child(path, 'bindingFailureConditions')
  const judge = (name: string, at: string): void => void qualifiedName(errors, at, name)
  list(errors, goodAt, good, { max: 4 }, judge)
  list(errors, badAt, bad, { max: 4 }, judge)
  good.forEach((name, i) => {
    if (good.indexOf(name) < i) errors.duplicate(index(goodAt, i), name)
  })
  bad.forEach((name, i) => {
    if (bad.indexOf(name) < i) errors.duplicate(index(badAt, i), name)
    if (good.includes(name))
      errors.invalid(index(badAt, i), name, 'bindingFailureConditions must not overlap with bindingConditions')
  })
  if (good.length === 0 && bad.length > 0)
    errors.invalid(goodAt, null, 'bindingConditions are required to use bindingFailureConditions')
  if (bad.length === 0 && good.length > 0)
    errors.invalid(badAt, null, 'bindingFailureConditions are required to use bindingConditions')
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export function shareId(errors: FieldErrors, path: string, id: string): void {
  if (uuid.test(id)) return
  const wrong = wrongWithUuid(id)
  const detail =
    wrong === undefined
      ? 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
      : `error validating uid: ${wrong}`
  errors.invalid(path, id, detail)
}

export function labelText(errors: FieldErrors, path: string, value: string): void {
  for (const wrong of isLabelValue(value)) errors.invalid(path, value, wrong)
}

/** Go's uuid.Validate. */
function wrongWithUuid(id: string): string | undefined {
  const invalid = 'invalid UUID format'
  const length = byteLength(id)
  if (length === 32) return /^[0-9a-fA-F]{32}$/.test(id) ? undefined : invalid
  let bare = id
  if (length === 45) {
    if (id.slice(0, 9).toLowerCase() !== 'urn:uuid:') return `invalid urn prefix: ${JSON.stringify(id.slice(0, 9))}`
    bare = id.slice(9)
  } else if (length === 38) {
    if (!id.startsWith('{') || !id.endsWith('}')) return 'invalid bracketed UUID format'
    bare = id.slice(1, -1)
  } else if (length !== 36) return `invalid UUID length: ${length}`
  return uuid.test(bare.toLowerCase()) ? undefined : invalid
}

function identifier(errors: FieldErrors, path: string, name: string): void {
  maxLength(errors, path, name, maxIdentifier)
  for (const wrong of isCIdentifier(name)) errors.invalid(path, name, wrong)
}

/** Long keys lose their middle. */
function shortened(key: string, max: number): string {
  if (byteLength(key) <= max) return key
  const remaining = max - 3
  return `${key.slice(0, Math.ceil(remaining / 2))}...${key.slice(key.length - Math.floor(remaining / 2))}`
}
