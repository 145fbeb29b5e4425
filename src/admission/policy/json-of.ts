import { setOwn } from '../../api/index.js'
import {
  Duration,
  entryOf,
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
  return convert(value, patchInteger)
}

/** The same for configurations to be merged, which keep their integers. */
export function jsonOf(value: Value): unknown {
  return convert(value, (integer) => integer)
}

type Integer = (value: bigint) => unknown

const patchInteger: Integer = (value) => (value >= -maxSafe && value <= maxSafe ? Number(value) : value.toString())
const maxSafe = 2n ** 53n - 1n

function convert(value: Value, integer: Integer): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'bigint') return integer(value)
  if (typeof value === 'number' || isDouble(value)) return finite(toNumber(value))
  if (isList(value)) return itemsOf(value).map((item) => convert(item, integer))
  if (value instanceof Uint) return integer(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Duration) return `${Number(value.nanos) / 1e9}s`
  if (value instanceof Timestamp) return stringOfTimestamp(value)
  if (value instanceof Optional) {
    if (value.value === undefined) throw notJson('optional.none() dereference')
    return convert(value.value, integer)
  }
  const { name } = typeOfValue(value)
  if (name === 'type') throw notJson("type conversion not supported for 'type'")
  if (name === 'kubernetes.variables') throw notJson(`disallowed conversion from "${name}" to ""`)
  if (isFields(value)) return objectOf(value, integer)
  throw notJson(`type conversion error from '${shortNames.get(name) ?? name}' to '*structpb.Value'`)
}

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

function objectOf(fields: Parameters<typeof keysOf>[0], integer: Integer): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const key of keysOf(fields)) {
    const value = entryOf(fields, key)
    if (value === undefined) continue
    // An optional entry that is none is not there.
    if (value instanceof Optional && value.value === undefined) continue
    setOwn(object, String(key), convert(value, integer))
  }
  return object
}
