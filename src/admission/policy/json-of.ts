import { formatDuration, type Quantity, setOwn } from '../../api/index.js'
import { GoNative, goPlain, goSyntax } from '../../apply/index.js'
import {
  Duration,
  entryOf,
  Fields,
  goListOf,
  isDouble,
  isFields,
  isList,
  itemsOf,
  keysOf,
  Optional,
  stringOfTimestamp,
  Timestamp,
  toNumber,
  typeOfValue,
  Uint,
  type Value,
} from '../../cel/index.js'

/**
 * A value of an expression as JSON, as cel-go makes it for JSON patches: integers that JavaScript would not keep become
 * strings. Throws Error for what has no such form.
 */
export function patchValueOf(value: Value): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return patchInteger(value)
  if (typeof value === 'number' || isDouble(value)) return finite(toNumber(value))
  if (isList(value)) return itemsOf(value).map(patchValueOf)
  if (value instanceof Uint) return patchInteger(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Duration) return `${Number(value.nanos) / 1e9}s`
  if (value instanceof Timestamp) return stringOfTimestamp(value)
  if (value instanceof Optional) {
    if (value.value === undefined) throw notJson('optional.none() dereference')
    return patchValueOf(value.value)
  }
  const { name } = typeOfValue(value)
  if (name === 'type') throw notJson("type conversion not supported for 'type'")
  if (name === 'kubernetes.variables') throw notJson(`disallowed conversion from "${name}" to ""`)
  if (isFields(value)) return objectOf(value, patchValueOf, patchKey)
  throw notJson(`type conversion error from '${shortNames.get(name) ?? name}' to '*structpb.Value'`)
}

const patchInteger = (value: bigint): unknown =>
  value >= -maxSafe && value <= maxSafe ? Number(value) : value.toString()
const maxSafe = 2n ** 53n - 1n

function patchKey(key: Value): string {
  if (typeof key === 'string') return key
  throw notJson(
    typeof key === 'boolean'
      ? "type conversion error from bool to 'string'"
      : `unsupported type conversion from '${key instanceof Uint ? 'uint' : 'int'}' to string`,
  )
}

/**
 * The same of configurations to be merged. They keep their integers, and what JSON has no form for is handed over as what it
 * is in Go: the schema will not have it. That goes for lists and maps, too, that an expression writes into lists and maps:
 * only the outermost become JSON. Throws Error.
 *
 * @param object whose lists are JSON wherever they are
 * @see apiserver pkg/cel/mutation/dynamic/objects.go (convertField)
 */
export function configurationOf(value: Value, object: unknown): unknown {
  let known: ReadonlySet<unknown> | undefined
  const isJson = (list: unknown): boolean => {
    known ??= listsOf(object, new Set())
    return known.has(list)
  }
  return held(value)

  function field(value: Value): unknown {
    if (isList(value) && goListOf(value) !== 'string') return itemsOf(value).map(held)
    if (value instanceof Fields && value.type === undefined) return objectOf(value, held, configurationKey)
    return held(value)
  }

  /** Go's Value() of an expression's value. */
  function held(value: Value): unknown {
    if (value === null) return new GoNative('NULL_VALUE', '0', 'structpb.NullValue')
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return value
    if (typeof value === 'number' || isDouble(value)) return toNumber(value)
    if (isList(value)) {
      if (goListOf(value) === 'any' || !Array.isArray(value) || isJson(value)) return itemsOf(value).map(held)
      const ofTexts = goListOf(value) === 'string'
      const syntax = itemsOf(value).map((item) => goSyntax(held(item)))
      const type = ofTexts ? '[]string' : '[]ref.Val'
      return new GoNative(`[${itemsOf(value).map(shown).join(' ')}]`, `${type}{${syntax.join(', ')}}`, type)
    }
    if (value instanceof Uint) return new GoNative(`${value.value}`, `0x${value.value.toString(16)}`, 'uint64')
    if (value instanceof Uint8Array) return bytesOf(value)
    if (value instanceof Duration) return new GoNative(formatDuration(value.nanos), `${value.nanos}`, 'time.Duration')
    if (value instanceof Optional) {
      if (value.value === undefined) throw new Error('optional.none() dereference')
      return held(value.value)
    }
    if (value instanceof Fields && value.type === undefined) {
      const entries = keysOf(value).map((key) => [key, entryOf(value, key) ?? null] as const)
      const plain = entries.map(([key, item]) => `${shown(key)}:${shown(item)}`).sort()
      const syntax = entries.map(([key, item]) => `${goSyntax(held(key))}:${goSyntax(held(item))}`).sort()
      const type = 'map[ref.Val]ref.Val'
      return new GoNative(`map[${plain.join(' ')}]`, `${type}{${syntax.join(', ')}}`, type)
    }
    if (isFields(value)) return objectOf(value, value instanceof Fields ? field : held, configurationKey)
    const { name } = typeOfValue(value)
    const text = textOf(value)
    return new GoNative(text, text, nativeTypes.get(name) ?? name)
  }

  /** As cel-go prints values within a list or map. */
  function shown(value: Value): string {
    if (isList(value) && !isJson(value)) return `[${itemsOf(value).map(shown).join(', ')}]`
    if (isFields(value)) {
      const entries = keysOf(value).map((key) => `${shown(key)}: ${shown(entryOf(value, key) ?? null)}`)
      return `{${entries.sort().join(', ')}}`
    }
    const json = held(value)
    return isList(value) ? `[${(json as unknown[]).map((item) => goPlain(item)).join(', ')}]` : goPlain(json)
  }
}

/** All lists of a piece of JSON. */
function listsOf(json: unknown, found: Set<unknown>): ReadonlySet<unknown> {
  if (typeof json !== 'object' || json === null) return found
  if (Array.isArray(json)) found.add(json)
  for (const held of Object.values(json)) listsOf(held, found)
  return found
}

function textOf(value: Value): string {
  if (value instanceof Timestamp) return stringOfTimestamp(value).replace('T', ' ').replace('Z', ' +0000 UTC')
  const { quantity } = value as { readonly quantity?: Quantity }
  return quantity === undefined ? typeOfValue(value).name : quantity.toString()
}

function bytesOf(value: Uint8Array): GoNative {
  const hex = Array.from(value, (byte) => `0x${byte.toString(16)}`).join(', ')
  return new GoNative(`[${value.join(' ')}]`, `[]uint8{${hex}}`, '[]uint8')
}

function configurationKey(key: Value): string {
  if (typeof key === 'string') return key
  throw new Error('invalid return type: *dynamic.ObjectVal')
}

const nativeTypes: ReadonlyMap<string, string> = new Map([
  ['kubernetes.Quantity', '*resource.Quantity'],
  ['google.protobuf.Timestamp', 'time.Time'],
])

const shortNames: ReadonlyMap<string, string> = new Map([
  ['net.IP', 'IP'],
  ['net.CIDR', 'CIDR'],
  ['kubernetes.Quantity', 'Quantity'],
  ['kubernetes.URL', 'URL'],
  ['kubernetes.Semver', 'Semver'],
])

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  const text = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  throw notJson(
    `json: error calling MarshalJSON for type *structpb.Value: proto: google.protobuf.Value.number_value: invalid ${text} value`,
  )
}

const notJson = (why: string): Error =>
  new Error(`JSONPath valueExpression evaluated to a type that could not marshal to JSON: ${why}`)

function objectOf(
  fields: Parameters<typeof keysOf>[0],
  convert: (value: Value) => unknown,
  nameOf: (key: Value) => string,
): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const key of keysOf(fields)) {
    const value = entryOf(fields, key)
    if (value === undefined) continue
    // An optional entry that is none is not there.
    if (value instanceof Optional && value.value === undefined) continue
    setOwn(object, nameOf(key), convert(value))
  }
  return object
}
