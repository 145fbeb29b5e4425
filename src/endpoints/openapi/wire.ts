import type { Json } from './definitions.js'

/** Writes a JSON value as the contents of one length-delimited field. */
export type Codec = (value: unknown) => Buffer

export interface Field {
  readonly number: number
  /** `true` and `false` are varints; false is left out. */
  readonly codec: Codec | 'boolean'
  /** Arrays write one field for each item. */
  readonly repeated?: boolean
}

/** A field whose JSON key is `key`: [key, number, codec] and, for lists, 'repeated'. */
type FieldRow = readonly [key: string, number: number, codec: Codec | 'boolean', repeated?: 'repeated']

export const text: Codec = (value) => Buffer.from(String(value))
/** gnostic's Any: the value as YAML text, of which JSON is a part. */
export const any: Codec = (value) => field(2, Buffer.from(JSON.stringify(value)))

/**
 * A message whose fields are keys of a JSON object. Keys that are not in the table are left out, but for those that begin
 * with `x-`, which are repeated NamedAny under `extensions`. `rows` is a function because messages contain themselves.
 */
export function message(rows: () => readonly FieldRow[], extensions?: number): Codec {
  let table: Map<string, Field> | undefined
  return (value) => {
    table ??= new Map(rows().map(([key, number, codec, r]) => [key, { number, codec, repeated: r !== undefined }]))
    const parts: Buffer[] = []
    for (const [key, item] of Object.entries(value as Json)) {
      if (extensions !== undefined && key.startsWith('x-')) {
        parts.push(field(extensions, named(key, any(item))))
        continue
      }
      const known = table.get(key)
      if (known === undefined || item === undefined) continue
      if (known.codec === 'boolean') {
        if (item === true) parts.push(Buffer.concat([varint(known.number << 3), varint(1)]))
      } else if (known.repeated) {
        for (const one of item as readonly unknown[]) parts.push(field(known.number, known.codec(one)))
      } else {
        parts.push(field(known.number, known.codec(item)))
      }
    }
    return Buffer.concat(parts)
  }
}

/** A message that holds the entries of an object as repeated name and value pairs in its field `number`. */
export const entries =
  (codec: Codec, number = 1): Codec =>
  (value) =>
    Buffer.concat(Object.entries(value as Json).map(([name, item]) => field(number, named(name, codec(item)))))

/** A message with one field, which is the value or (`repeated`) each of its items. */
export const wrapped =
  (number: number, codec: Codec, repeated?: 'repeated'): Codec =>
  (value) =>
    repeated === undefined
      ? field(number, codec(value))
      : Buffer.concat([value].flat().map((item) => field(number, codec(item))))

export const named = (name: string, value: Buffer): Buffer =>
  Buffer.concat([field(1, Buffer.from(name)), field(2, value)])

export const field = (number: number, contents: Buffer): Buffer =>
  Buffer.concat([varint((number << 3) | 2), varint(contents.length), contents])

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}
