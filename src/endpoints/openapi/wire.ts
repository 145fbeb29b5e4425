import type { Json } from './definitions.js'

/** Writes a JSON value as the contents of one length-delimited field. */
export type Codec = (value: unknown, out: Writer) => void

/**
 * A protobuf message, written from its end to its beginning: the length of a field is then known when its turn comes, and
 * nothing is copied but to grow.
 */
export class Writer {
  #bytes = Buffer.allocUnsafe(16 * 1024)
  #at = this.#bytes.length

  /** Where the last thing written begins, counted from the end. */
  get length(): number {
    return this.#bytes.length - this.#at
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[--this.#at] = value
  }

  text(value: string): void {
    const length = Buffer.byteLength(value)
    this.#reserve(length)
    this.#at -= length
    this.#bytes.write(value, this.#at)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#at -= 8
    this.#bytes.writeDoubleLE(value, this.#at)
  }

  varint(value: number): void {
    let size = 1
    for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++
    this.#reserve(size)
    this.#at -= size
    let rest = value
    for (let i = 0; i < size; i++) {
      this.#bytes[this.#at + i] = (rest & 127) | (i < size - 1 ? 128 : 0)
      rest = Math.floor(rest / 128)
    }
  }

  /** Puts length and tag in front of what was written since the writer was `before` bytes long. */
  close(number: number, before: number): void {
    this.varint(this.length - before)
    this.varint(number * 8 + 2)
  }

  /** A copy of all that was written; the writer is empty again. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(this.#at))
    this.#at = this.#bytes.length
    return taken
  }

  #reserve(size: number): void {
    if (size <= this.#at) return
    const used = this.length
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, used + size))
    this.#bytes.copy(grown, grown.length - used, this.#at)
    this.#bytes = grown
    this.#at = grown.length - used
  }
}

/** A field whose JSON key is `key`. `boolean` is a varint, and left out where false. Lists write one field for each item. */
type FieldRow = readonly [key: string, number: number, codec: Codec | 'boolean', repeated?: 'repeated']

export const text: Codec = (value, out) => out.text(String(value))

/** gnostic's Any: the value as YAML text, of which JSON is a part. */
export const any: Codec = (value, out) => {
  const before = out.length
  out.text(JSON.stringify(value))
  out.close(2, before)
}

/**
 * A message whose fields are keys of a JSON object, in the order of `rows`: by number. Keys that are not in the table are left
 * out, but for those that begin with `x-`, which are repeated NamedAny under `extensions`, the last number. `rows` is a
 * function because messages contain themselves.
 */
export function message(rows: () => readonly FieldRow[], extensions?: number): Codec {
  let table: readonly FieldRow[] | undefined
  return (value, out) => {
    table ??= rows().toReversed()
    const json = value as Json
    if (extensions !== undefined) {
      for (const key of Object.keys(json).toReversed()) {
        if (key.startsWith('x-')) named(extensions, key, json[key], any, out)
      }
    }
    for (const row of table) {
      const item = json[row[0]]
      if (item !== undefined) writeField(row, item, out)
    }
  }
}

function writeField([, number, codec, repeated]: FieldRow, value: unknown, out: Writer): void {
  if (codec === 'boolean') {
    if (value !== true) return
    out.byte(1)
    out.varint(number * 8)
  } else if (repeated !== undefined) {
    for (const item of (value as readonly unknown[]).toReversed()) field(number, item, codec, out)
  } else {
    field(number, value, codec, out)
  }
}

/** A message that holds the entries of an object as repeated name and value pairs in its field `number`. */
export const entries =
  (codec: Codec, number = 1): Codec =>
  (value, out) => {
    for (const [name, item] of Object.entries(value as Json).toReversed()) named(number, name, item, codec, out)
  }

/** A message with one field, which is the value or (`repeated`) each of its items. */
export const wrapped =
  (number: number, codec: Codec, repeated?: 'repeated'): Codec =>
  (value, out) => {
    if (repeated === undefined) field(number, value, codec, out)
    else for (const item of [value].flat().toReversed()) field(number, item, codec, out)
  }

/** A field that holds a name and a value. */
export function named(number: number, name: string, value: unknown, codec: Codec, out: Writer): void {
  const before = out.length
  field(2, value, codec, out)
  field(1, name, text, out)
  out.close(number, before)
}

export function field(number: number, value: unknown, codec: Codec, out: Writer): void {
  const before = out.length
  codec(value, out)
  out.close(number, before)
}
