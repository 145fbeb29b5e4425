import { setOwn } from '../../api/index.js'
import { Kind, Many, type MessageType, messageType, type WireField } from './message-type.js'
import { Reader } from './reader.js'
import type { NestedReader } from './special.js'
import { WireError } from './wire-error.js'

/** What is not in a message but around it. */
export interface TypeMetaText {
  readonly kind: string
  readonly apiVersion: string
}

/** Messages within messages; only schemas of custom resources go deeper than a dozen. */
const deepest = 500

/**
 * Reads a message up to `reader.end` as the JSON object that Go would write: fields in the order of their declaration, what
 * is empty left out where Go leaves it out.
 *
 * @throws WireError
 */
export function readMessage(reader: Reader, type: MessageType, typeMeta?: TypeMetaText): Record<string, unknown> {
  const fields = type.json
  const { slots, top: base } = reader
  const top = base + fields.length
  while (slots.length < top) slots.push(undefined)
  reader.top = top
  if (typeMeta !== undefined && type.hasTypeMeta) {
    slots[base] = typeMeta.kind
    slots[base + 1] = typeMeta.apiVersion
  }
  readFields(reader, type, base)
  const out: Record<string, unknown> = {}
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    const value = slots[base + i]
    if (value === undefined) {
      if (field.isLeftOut) continue
      out[field.json] = field.message === undefined ? field.absent : emptyMessage(reader, field.message)
    } else {
      slots[base + i] = undefined
      if (!value && field.omitZero) continue
      out[field.json] = value
    }
  }
  reader.top = base
  return out
}

/** Reads a message with its length in front. */
export function readNested(reader: Reader, type: MessageType): Record<string, unknown> {
  const outer = enter(reader)
  const value = readMessage(reader, type)
  leave(reader, outer)
  return value
}

const readRef: NestedReader = (reader, ref) => readNested(reader, messageType(ref))

function enter(reader: Reader): number {
  const limit = reader.limit()
  const outer = reader.end
  if (++reader.depth > deepest) throw tooDeep()
  reader.end = limit
  return outer
}

function leave(reader: Reader, outer: number): void {
  reader.depth--
  reader.end = outer
}

function emptyMessage(reader: Reader, type: MessageType): Record<string, unknown> {
  const { end } = reader
  reader.end = reader.at
  const value = readMessage(reader, type)
  reader.end = end
  return value
}

function readFields(reader: Reader, type: MessageType, base: number): void {
  const { byNumber } = type
  const { slots, at: start } = reader
  let repeated: Set<WireField> | undefined
  while (reader.at < reader.end) {
    const tag = reader.varint()
    const number = tag >>> 3
    const field = number < byNumber.length ? byNumber[number] : undefined
    if (field === undefined || tag > 0xffffffff) {
      reader.skipUnknown(tag, type.goName)
    } else if (tag !== field.tag) readOtherwise(reader, type, field, tag, base)
    else if (field.inline) {
      const outer = enter(reader)
      readFields(reader, field.message!, base + field.slot)
      leave(reader, outer)
    } else if (field.many === Many.One) {
      const at = base + field.slot
      if (field.kind !== Kind.Message || slots[at] === undefined) slots[at] = readValue(reader, field)
      else {
        repeated ??= new Set()
        if (!repeated.has(field)) slots[at] = readMerged(reader, type, field, start)
        repeated.add(field)
        reader.chunk()
      }
    } else if (field.many === Many.List) listAt(slots, base + field.slot).push(readValue(reader, field))
    else readEntry(reader, field, slots, base + field.slot)
  }
}

/**
 * A message that is there more than once, of which the parts add up: it is read from all of them one behind the other, those
 * that are still to come included. Leaves the reader where it is.
 */
function readMerged(reader: Reader, type: MessageType, field: WireField, start: number): unknown {
  const { at } = reader
  const chunks: Buffer[] = []
  reader.at = start
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag === field.tag) chunks.push(reader.chunk())
    else reader.skipUnknown(tag, type.goName)
  }
  reader.at = at
  const whole = new Reader(Buffer.concat(chunks))
  whole.depth = reader.depth + 1
  if (whole.depth > deepest) throw tooDeep()
  whole.copied = reader.copied + whole.end
  if (whole.copied > mostCopied) throw new WireError('proto: too much of the message is there more than once')
  return readMessage(whole, field.message!)
}

/** Bytes of messages within one another that are put together anew: several times what a body may have. */
const mostCopied = 32 * 1024 * 1024

const tooDeep = (): WireError => new WireError(`proto: messages are nested more than ${deepest} deep`)

function readValue(reader: Reader, field: WireField): unknown {
  switch (field.kind) {
    case Kind.String:
      return reader.string()
    case Kind.Bool:
      return reader.bool()
    case Kind.Int32:
      return reader.int32()
    case Kind.Int64:
      return reader.int64()
    case Kind.Double:
      return finite(reader.double())
    case Kind.Bytes:
      return reader.chunk().toString('base64')
    case Kind.Message:
      return readNested(reader, field.message!)
    case Kind.Special: {
      const outer = enter(reader)
      const value = field.special!.read(reader, readRef)
      reader.at = reader.end
      leave(reader, outer)
      return value
    }
  }
}

function listAt(slots: unknown[], at: number): unknown[] {
  const list = slots[at] as unknown[] | undefined
  if (list !== undefined) return list
  const fresh: unknown[] = []
  slots[at] = fresh
  return fresh
}

function readEntry(reader: Reader, field: WireField, slots: unknown[], at: number): void {
  let map = slots[at] as Record<string, unknown> | undefined
  if (map === undefined) {
    map = {}
    slots[at] = map
  }
  const outer = enter(reader)
  let key = ''
  let value: unknown
  while (reader.at < reader.end) {
    const tag = reader.varint()
    if (tag >>> 3 === 1 && tag < 16) key = reader.string()
    else if (tag >>> 3 === 2 && tag < 24) value = readValue(reader, field)
    else reader.skip(tag)
  }
  value ??= emptyValue(reader, field)
  leave(reader, outer)
  if (key === '__proto__') setOwn(map, key, value)
  else map[key] = value
}

/** A value of which nothing came, at the end of an entry. */
function emptyValue(reader: Reader, field: WireField): unknown {
  switch (field.kind) {
    case Kind.String:
    case Kind.Bytes:
      return ''
    case Kind.Bool:
      return false
    case Kind.Message:
      return emptyMessage(reader, field.message!)
    case Kind.Special:
      return field.special!.zero
    default:
      return 0
  }
}

/** Numbers may come packed, although nobody sends them so; all else is a mistake. */
function readOtherwise(reader: Reader, { goName }: MessageType, field: WireField, tag: number, base: number): void {
  const wire = tag & 7
  if (wire === 4) throw new WireError(`proto: ${goName}: wiretype end group for non-group`)
  const packable = field.kind === Kind.Bool || field.kind === Kind.Int32 || field.kind === Kind.Int64
  if (field.many !== Many.List || wire !== 2 || !packable)
    throw new WireError(`proto: wrong wireType = ${wire} for field ${field.go}`)
  const list = listAt(reader.slots, base + field.slot)
  const outer = enter(reader)
  while (reader.at < reader.end) list.push(readValue(reader, field))
  leave(reader, outer)
}

/** JSON has no words for the others. */
function finite(value: number): number {
  if (!Number.isFinite(value)) throw new WireError(`json: unsupported value: ${value}`)
  return value
}
