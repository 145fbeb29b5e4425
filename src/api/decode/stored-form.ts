import { isObject, setOwn } from '../object.js'
import type { FieldShape, ListShape, MapShape, Shape, StructShape } from '../shapes.js'
import { type Context, decoderOf, type FieldPlan, isEmpty, isTime, mismatch, Omit, planOf, zeroOf } from './compile.js'
import { decode } from './decode.js'
import { isSorted, normalizeStored } from './normalize.js'

/**
 * `normalizeStored(decode(object, shape), shape)`, for objects that have been decoded before and have had values filled in
 * since: what is in form already, which is nearly all of it, is shared and not built anew. Nothing of `object` is changed;
 * the result and its metadata are never `object`'s own. One thing is different: null for a time behind a pointer, which a
 * client's bytes leave unset, is Go's zero time in an object that was decoded, and stays.
 *
 * @throws what `decode` throws
 */
export function storedForm(object: object, shape: StructShape): Record<string, unknown> {
  let formed: Record<string, unknown>
  try {
    formed = formerOf(shape)(object) as Record<string, unknown>
  } catch (error) {
    if (error !== mismatch) throw error
    return normalizeStored(decode(object, shape), shape)
  }
  const own = { ...formed }
  if (isObject(own.metadata)) own.metadata = { ...own.metadata }
  return own
}

/** Takes a value that is not null and gives it back if it is in form. Throws `mismatch` if it does not fit. */
type Former = (value: unknown) => unknown

const formers = new WeakMap<Shape, Former>()

function formerOf(shape: Shape): Former {
  let former = formers.get(shape)
  if (former === undefined) {
    former = compile(shape)
    formers.set(shape, former)
  }
  return former
}

// Decoders tell a context of unknown fields, which nobody asks for here.
const context: Context = { unknown: false, exactNumbers: false }

function compile(shape: Shape): Former {
  switch (shape.kind) {
    case 'list':
      return listFormer(shape)
    case 'map':
      return mapFormer(shape)
    case 'struct':
      return structFormer(shape)
    default: {
      const decode = decoderOf(shape)
      // An offset may have led to a year that RFC 3339 has no digits for: it is written, but could not be read again.
      if (isTime(shape))
        return (value) => (typeof value === 'string' && farTime.test(value) ? value : decode(value, context))
      return (value) => decode(value, context)
    }
  }
}

const farTime = /^(?:\d{5}|-\d{4})-\d\d-\d\dT/

function listFormer(shape: ListShape): Former {
  const form = formerOf(shape.item)
  const zero = shape.pointer === true ? () => null : zeroOf(shape.item)
  return (value) => {
    if (!Array.isArray(value)) throw mismatch
    let out: unknown[] | undefined
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      const formed = item === null || item === undefined ? zero(context) : form(item)
      if (formed === item) continue
      out ??= [...value]
      out[i] = formed
    }
    return out ?? value
  }
}

function mapFormer({ value: shape }: MapShape): Former {
  const form = formerOf(shape)
  const zero = shape.kind === 'bytes' ? () => '' : zeroOf(shape)
  const nested = shape.kind === 'list' || shape.kind === 'map'
  return (value) => {
    if (!isObject(value)) throw mismatch
    const keys = Object.keys(value)
    let formed: unknown[] | undefined
    for (let i = 0; i < keys.length; i++) {
      const held = value[keys[i]!]
      let next: unknown
      if (held === null) next = zero(context)
      else if (held !== undefined) next = form(held)
      if (nested && next !== undefined && next !== null && holdsNothing(next)) next = null
      if (next === held && next !== undefined) continue
      formed ??= keys.map((key) => value[key])
      formed[i] = next
    }
    const sorted = isSorted(keys)
    if (formed === undefined && sorted) return value
    formed ??= keys.map((key) => value[key])
    return sorted ? assembled(keys, formed) : assembledInOrder(keys, formed)
  }
}

/** Go writes maps in the order of their keys. */
function assembledInOrder(keys: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const order = keys.map((_, i) => i).sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1))
  return assembled(
    order.map((i) => keys[i]!),
    order.map((i) => values[i]),
  )
}

function assembled(keys: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (let i = 0; i < keys.length; i++) if (values[i] !== undefined) setOwn(out, keys[i]!, values[i])
  return out
}

interface Field {
  readonly json: string
  /** See FieldPlan. */
  readonly inherited: boolean
  readonly form: Former
  /** Undefined: no value gives this field away. */
  readonly absent: FieldPlan['absent']
  /** Called with a formed value; what is stored instead, undefined: nothing. */
  readonly settle: ((value: unknown) => unknown) | undefined
  /** A pointer to a time, where null is Go's zero time and not nothing. */
  readonly zeroTime: boolean
}

function structFormer(shape: StructShape): Former {
  let fields: readonly Field[] | undefined
  let places: ReadonlyMap<string, number> | undefined
  let required = 0
  // Types may hold themselves: fields are looked at when the first value comes.
  const prepare = (): readonly Field[] => {
    fields = shape.fields.map(fieldOf)
    places = new Map(fields.map(({ json }, i) => [json, i]))
    required = fields.filter(({ absent }) => absent !== undefined).length
    return fields
  }
  return (value) => {
    if (!isObject(value)) throw mismatch
    const all = fields ?? prepare()
    const keys = Object.keys(value)
    let last = -1
    let always = 0
    for (let i = 0; i < keys.length; i++) {
      const place = places!.get(keys[i]!)
      // Out of place, unknown, or not what would be written: the struct is put together anew.
      if (place === undefined || place < last) return rebuilt(all, places!, value, keys, i)
      last = place
      const held = value[keys[i]!]
      const next = formed(all[place]!, held)
      if (next !== held || held === undefined) return rebuilt(all, places!, value, keys, i, next)
      if (all[place]!.absent !== undefined) always++
    }
    return always === required ? value : rebuilt(all, places!, value, keys, keys.length)
  }
}

/** @param sure how many of the keys hold what is in form, and `next` the form of what the one behind them holds */
function rebuilt(
  fields: readonly Field[],
  places: ReadonlyMap<string, number>,
  value: Record<string, unknown>,
  keys: readonly string[],
  sure: number,
  next?: unknown,
): Record<string, unknown> {
  const held = new Array<unknown>(fields.length)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    const place = places.get(key)
    if (place === undefined) continue
    held[place] = i < sure ? value[key] : i === sure && next !== undefined ? next : formed(fields[place]!, value[key])
  }
  const out: Record<string, unknown> = {}
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    let settled = held[i]
    if (settled === undefined) {
      // What a value gave away stays away; what is not there at all may have to be written.
      if (field.absent === undefined || Object.hasOwn(value, field.json)) continue
      settled = field.absent(context)
    }
    if (field.inherited) setOwn(out, field.json, settled)
    else out[field.json] = settled
  }
  return out
}

/** What is written for a value of a field; undefined: nothing. */
function formed(field: Field, held: unknown): unknown {
  if (held === null || held === undefined) return held === null && field.zeroTime ? null : field.absent?.(context)
  const next = field.form(held)
  return field.settle === undefined ? next : field.settle(next)
}

function fieldOf(field: FieldShape): Field {
  const { json, shape } = field
  const { pointer = false, omitempty = false, omitzero = false } = field.facts
  const { absent, omit, inherited } = planOf(field)
  const cleared = omitzero || (omitempty && shape.kind !== 'special') ? undefined : null
  const collection = (shape.kind === 'list' || shape.kind === 'map') && !pointer
  const settle = collection
    ? (value: unknown) => (holdsNothing(value) ? cleared : value)
    : omit === Omit.Never
      ? undefined
      : (value: unknown) => (isEmpty(value, omit) ? undefined : value)
  const zeroTime = pointer && isTime(shape)
  return { json, inherited, form: formerOf(shape), absent, settle, zeroTime }
}

function holdsNothing(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  for (const _ in value as object) return false
  return true
}
