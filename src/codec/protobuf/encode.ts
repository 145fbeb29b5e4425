import { Kind, Many, type MessageType, messageType, type WireField } from './message-type.js'
import type { NestedWriter } from './special.js'
import { type Writer, written } from './writer.js'

/**
 * Writes the fields of a message from its JSON object, as Go's generated encoders do: zero values too. What the object has is
 * put into slots first: looking up every field that it could have takes longer.
 */
export function writeMessage(writer: Writer, type: MessageType, value: Readonly<Record<string, unknown>>): void {
  const { slots, top: base } = writer
  const { names } = type
  const count = names.length
  while (slots.length < base + count) slots.push(undefined)
  writer.top = base + count
  let next = 0
  for (const key in value) {
    // Fields come in the order of their declaration, unless somebody made the object by hand.
    let place = next
    while (place < count && names[place] !== key) place++
    if (place === count) place = names.indexOf(key)
    if (place < 0) continue
    slots[base + place] = value[key]
    next = place + 1
  }
  writeFields(writer, type, base)
  writer.top = base
}

/** Leaves the slots empty. */
function writeFields(writer: Writer, type: MessageType, base: number): void {
  const fields = type.wire
  const { slots } = writer
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!
    const at = base + field.slot
    if (field.inline) {
      const end = writer.length
      writeFields(writer, field.message!, at)
      writer.reserve()
      writer.uint32(writer.length - end)
      writer.uint32(field.tag)
      continue
    }
    const held = slots[at]
    if (held !== undefined) slots[at] = undefined
    if (held === undefined || held === null) {
      if (!field.optional) writeZero(writer, field)
    } else if (field.many === Many.One) {
      writer.reserve()
      writeValue(writer, field, held)
      writer.uint32(field.tag)
    } else if (field.many === Many.List) writeList(writer, field, held as readonly unknown[])
    else writeMap(writer, field, held as Readonly<Record<string, unknown>>)
  }
}

/** A nested message with its length in front. */
export function writeNested(writer: Writer, type: MessageType, value: unknown): void {
  const end = writer.length
  writeMessage(writer, type, (value ?? nothing) as Readonly<Record<string, unknown>>)
  writer.reserve()
  writer.uint32(writer.length - end)
}

const writeRef: NestedWriter = (writer, ref, value) => writeNested(writer, messageType(ref), value)

const nothing: Readonly<Record<string, unknown>> = {}

function writeValue(writer: Writer, field: WireField, value: unknown): void {
  switch (field.kind) {
    case Kind.String:
      writer.string(value as string)
      break
    case Kind.Bool:
      writer.byte(value ? 1 : 0)
      break
    case Kind.Int32:
    case Kind.Int64:
      writer.integer(value as number | bigint)
      break
    case Kind.Double:
      writer.double(Number(value))
      break
    case Kind.Bytes: {
      const bytes = Buffer.from(value as string, 'base64')
      writer.raw(bytes)
      writer.uint32(bytes.length)
      break
    }
    case Kind.Message:
      writeNested(writer, field.message!, value)
      break
    case Kind.Special: {
      const end = writer.length
      field.special!.write(writer, value, writeRef)
      writer.uint32(writer.length - end)
      break
    }
  }
}

function writeZero(writer: Writer, field: WireField): void {
  writer.reserve()
  if (field.kind === Kind.Message || field.kind === Kind.Special || field.kind === Kind.Double)
    writer.raw(zeroBytes(field))
  else writer.byte(0)
  writer.uint32(field.tag)
}

function zeroBytes(field: WireField): Buffer {
  const { zero } = field
  zero.bytes ??= written((writer) => writeValue(writer, field, zeroOf(field)))
  return zero.bytes
}

function zeroOf({ kind, special }: WireField): unknown {
  switch (kind) {
    case Kind.String:
    case Kind.Bytes:
      return ''
    case Kind.Message:
      return nothing
    case Kind.Special:
      return special!.zero
    default:
      return 0
  }
}

function writeList(writer: Writer, field: WireField, items: readonly unknown[]): void {
  for (let i = items.length - 1; i >= 0; i--) {
    writer.reserve()
    writeValue(writer, field, items[i] ?? zeroOf(field))
    writer.uint32(field.tag)
  }
}

/** Entries in the order of their keys' bytes, with key and value written whatever they are. */
function writeMap(writer: Writer, field: WireField, map: Readonly<Record<string, unknown>>): void {
  const keys = sortedKeys(map)
  const valueTag = 16 + valueWire(field.kind)
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i]!
    const end = writer.length
    const value = map[key]
    writer.reserve()
    if (value !== null || field.kind !== Kind.Bytes) {
      writeValue(writer, field, value ?? zeroOf(field))
      writer.byte(valueTag)
    }
    writer.string(key)
    writer.byte(0x0a)
    writer.uint32(writer.length - end)
    writer.uint32(field.tag)
  }
}

const valueWire = (kind: Kind): number =>
  kind === Kind.Bool || kind === Kind.Int32 || kind === Kind.Int64 ? 0 : kind === Kind.Double ? 1 : 2

/** Go compares bytes. UTF-16 orders the same but where surrogates meet the characters above them. */
function sortedKeys(map: object): string[] {
  const keys = Object.keys(map)
  for (let i = 1; i < keys.length; i++) {
    if (keys[i - 1]! < keys[i]!) continue
    keys.sort()
    break
  }
  return keys.length > 1 && keys.some(isHigh) ? keys.sort((a, b) => Buffer.from(a).compare(Buffer.from(b))) : keys
}

function isHigh(key: string): boolean {
  for (let i = 0; i < key.length; i++) if (key.charCodeAt(i) > 0xd7ff) return true
  return false
}
