import { JsonNumber } from '../json-number.js'
import { isObject, setOwn } from '../object.js'
import type { FieldShape, ListShape, MapShape, Shape, StructShape } from '../shapes.js'
import { fitsInteger } from './explain.js'
import { outOfRange, plainNumbers } from './plain-numbers.js'
import { noteLeftOut } from './sent-empty.js'
import { sortedKeys } from './sorted-keys.js'
import { canonicalSpecial, schemaShape, specialZero, unionBranch } from './special.js'

/** What one decoding leaves behind besides its result. */
export interface Context {
  /** Some object had keys that its struct does not have. */
  unknown: boolean
  readonly exactNumbers: boolean
  readonly sortFree?: boolean | undefined
}

/** Takes a value that is not null. Throws `mismatch` if it does not fit; which error that is, `explain` finds out. */
export type Decoder = (raw: unknown, context: Context) => unknown

/** One value for all, without a stack: it never leaves this folder. */
export const mismatch: unique symbol = Symbol('value does not fit its type')

const decoders = new WeakMap<Shape, Decoder>()

/** The decoder of a shape, compiled on first use and kept. */
export function decoderOf(shape: Shape): Decoder {
  let decoder = decoders.get(shape)
  if (decoder === undefined) {
    decoder = compile(shape)
    decoders.set(shape, decoder)
  }
  return decoder
}

function compile(shape: Shape): Decoder {
  switch (shape.kind) {
    case 'string':
      return decodeString
    case 'bool':
      return decodeBool
    case 'int32':
      return decodeInt32
    case 'int64':
      return decodeInt64
    case 'float64':
      return decodeFloat
    case 'bytes':
      return decodeBytes
    case 'list':
      return listDecoder(shape)
    case 'map':
      return mapDecoder(shape)
    case 'struct':
      return structDecoder(shape)
    case 'special':
      return specialDecoder(shape.ref)
  }
}

const decodeString: Decoder = (raw) => {
  if (typeof raw !== 'string') throw mismatch
  return raw
}

const decodeBool: Decoder = (raw) => {
  if (typeof raw !== 'boolean') throw mismatch
  return raw
}

const decodeInt32: Decoder = (raw) => {
  if (typeof raw !== 'number' || raw !== (raw | 0)) throw mismatch
  return raw | 0
}

const decodeInt64: Decoder = (raw) => {
  if (!fitsInteger(raw, 'int64')) throw mismatch
  if (typeof raw === 'number') return raw === 0 ? 0 : raw
  const number = Number(raw)
  return Number.isSafeInteger(number) ? number : raw
}

const decodeFloat: Decoder = (raw) => {
  const value = raw instanceof JsonNumber ? raw.value : typeof raw === 'bigint' ? Number(raw) : raw
  if (typeof value !== 'number' || !Number.isFinite(value)) throw mismatch
  return value
}

const decodeBytes: Decoder = (raw) => {
  if (Array.isArray(raw)) return bytesOfNumbers(raw)
  if (typeof raw !== 'string') throw mismatch
  return special('bytes', raw)
}

function bytesOfNumbers(items: readonly unknown[]): string {
  const bytes = items.map((item) => {
    if (item === null) return 0
    if (typeof item !== 'number' || item !== (item & 0xff)) throw mismatch
    return item
  })
  return Buffer.from(bytes).toString('base64')
}

function specialDecoder(ref: string): Decoder {
  switch (ref) {
    case 'meta.v1.Time':
    case 'meta.v1.MicroTime':
    case 'meta.v1.Duration':
      return (raw) => {
        if (typeof raw !== 'string') throw mismatch
        return special(ref, raw)
      }
    case 'intstr.IntOrString':
      return (raw) => (typeof raw === 'string' ? raw : decodeInt32(raw, contextOfNothing))
    case 'resource.Quantity':
      return (raw) => special(ref, raw)
  }
  if (ref.includes('.JSONSchemaPropsOr')) return (raw, context) => decodeUnion(ref, raw, context)
  return (raw, context) => {
    if (context.sortFree === true) return sortedKeys(raw)
    if (!context.exactNumbers) return raw
    if (outOfRange(raw) !== undefined) throw mismatch
    return plainNumbers(raw)
  }
}

const contextOfNothing: Context = { unknown: false, exactNumbers: false }

function special(ref: string, raw: unknown): unknown {
  try {
    return canonicalSpecial(ref, raw)
  } catch {
    throw mismatch
  }
}

function decodeUnion(ref: string, raw: unknown, { exactNumbers }: Context): unknown {
  const branch = unionBranch(ref, raw)
  if (branch === undefined) return special(ref, raw)
  // The hand-written decoders are not strict: what they do not know is dropped unnoticed.
  const context: Context = { unknown: false, exactNumbers }
  if (branch === 'schema') return decoderOf(schemaShape())(raw, context)
  const items = raw as readonly unknown[]
  if (items.length === 0) return null
  if (branch === 'strings') return items.map((item) => (item === null ? '' : decodeString(item, context)))
  const schema = decoderOf(schemaShape())
  return items.map((item) => schema(item ?? {}, context))
}

function listDecoder(shape: ListShape): Decoder {
  const item = decoderOf(shape.item)
  const zero = shape.pointer === true ? () => null : zeroOf(shape.item)
  return (raw, context) => {
    if (!Array.isArray(raw)) throw mismatch
    const out = new Array<unknown>(raw.length)
    for (let i = 0; i < raw.length; i++) {
      const value: unknown = raw[i]
      out[i] = value === null || value === undefined ? zero(context) : item(value, context)
    }
    return out
  }
}

function mapDecoder(shape: MapShape): Decoder {
  const item = decoderOf(shape.value)
  const zero = zeroOf(shape.value)
  return (raw, context) => {
    if (!isObject(raw)) throw mismatch
    const out: Record<string, unknown> = {}
    for (const key of Object.keys(raw)) {
      const value = raw[key]
      if (value === undefined) continue
      const decoded = value === null ? zero(context) : item(value, context)
      if (key === '__proto__') setOwn(out, key, decoded)
      else out[key] = decoded
    }
    return out
  }
}

export interface FieldPlan {
  readonly json: string
  readonly decode: Decoder
  /** The value if the field is absent or null; undefined: left out. */
  readonly absent: ((context: Context) => unknown) | undefined
  readonly omit: Omit
  /** The name is one that every object has (`constructor`), or is `__proto__`. */
  readonly inherited: boolean
}

export enum Omit {
  Never,
  Falsy,
  EmptyList,
  EmptyMap,
}

function structDecoder(shape: StructShape): Decoder {
  // Types may hold themselves: fields are looked at when the first value comes.
  let plans: readonly FieldPlan[] | undefined
  return (raw, context) => {
    if (!isObject(raw)) throw mismatch
    plans ??= shape.fields.map(planOf)
    const out: Record<string, unknown> = {}
    let found = 0
    for (let i = 0; i < plans.length; i++) {
      const plan = plans[i]!
      const value = plan.inherited && !Object.hasOwn(raw, plan.json) ? undefined : raw[plan.json]
      let decoded: unknown
      if (value === undefined || value === null) {
        if (value === null) found++
        if (plan.absent === undefined) continue
        decoded = plan.absent(context)
      } else {
        found++
        decoded = plan.decode(value, context)
        if (plan.omit !== Omit.Never && isEmpty(decoded, plan.omit)) {
          if (plan.omit !== Omit.Falsy) noteLeftOut(out, plan.json, decoded as [])
          continue
        }
      }
      if (plan.inherited) setOwn(out, plan.json, decoded)
      else out[plan.json] = decoded
    }
    for (const _ in raw) found--
    if (found !== 0) context.unknown = true
    return out
  }
}

export function isEmpty(value: unknown, omit: Omit): boolean {
  if (omit === Omit.Falsy) return !value
  if (omit === Omit.EmptyList) return (value as readonly unknown[]).length === 0
  for (const _ in value as object) return false
  return true
}

/** What Go's encoder leaves out, and what it writes for a field that was never set. */
export function planOf(field: FieldShape): FieldPlan {
  const { json, shape } = field
  const { pointer = false, omitempty = false, omitzero = false } = field.facts
  const nilable =
    pointer || shape.kind === 'list' || shape.kind === 'map' || shape.kind === 'bytes' || isInterface(shape)
  const scalar = !nilable && shape.kind !== 'struct' && shape.kind !== 'special'
  const absent = (omitempty && (nilable || scalar)) || omitzero ? undefined : nilable ? () => null : zeroOf(shape)
  return { json, decode: decoderOf(shape), absent, omit: omitRule(), inherited: json in Object.prototype }

  function omitRule(): Omit {
    // The zero time, which somebody has written out, is as good as none.
    if (omitzero && !pointer && isTime(shape)) return Omit.Falsy
    // An empty list of managedFields is a wish: to switch tracking off. The field manager looks for it.
    if (!omitempty || pointer || json === 'managedFields') return Omit.Never
    if (shape.kind === 'list') return Omit.EmptyList
    if (shape.kind === 'map') return Omit.EmptyMap
    return scalar || shape.kind === 'bytes' ? Omit.Falsy : Omit.Never
  }
}

/** metav1.Time and MicroTime: decoded ones are text, or null for Go's zero time. */
export const isTime = (shape: Shape): boolean => shape.kind === 'special' && /\.(Micro)?Time$/.test(shape.ref)

const isInterface = (shape: Shape): boolean =>
  shape.kind === 'special' && (shape.ref === 'interface' || shape.ref === 'runtime.Object')

/** A value of the type that was never set, as Go writes it. */
export function zeroOf(shape: Shape): (context: Context) => unknown {
  switch (shape.kind) {
    case 'string':
      return () => ''
    case 'bool':
      return () => false
    case 'int32':
    case 'int64':
    case 'float64':
      return () => 0
    case 'struct': {
      const decode = decoderOf(shape)
      return (context) => decode({}, context)
    }
    case 'special': {
      const zero = specialZero(shape.ref)
      return () => zero
    }
    default:
      return () => null
  }
}
