import type { Shape, StructShape } from '../../api/index.js'
import { registeredKind } from '../registered-kind.js'
import { parseTypeMeta } from './type-of.js'

/** The tag that says "this is CBOR" and nothing else (RFC 8949, 3.4.6): in front of every object. */
const selfDescribed = [0xd9, 0xd9, 0xf7] as const

/**
 * An object as CBOR, with the choices of apimachinery pkg/runtime/serializer/cbor: texts and keys as byte strings, floats in
 * the fewest bits that hold them, bytes (base64 in JSON) raw under tag 22. Keys stay in the order they have.
 *
 * What it is, and so which of its fields are bytes, is read from its kind and apiVersion; of others no field is.
 */
export function encodeCbor(value: unknown): Buffer {
  const writer = new Writer()
  writer.object(value)
  return writer.bytes()
}

/** An event of a watch. The object within is self-described too. */
export function cborWatchEvent(type: string, object: unknown): Buffer {
  const writer = new Writer()
  writer.event(type, object)
  return writer.bytes()
}

class Writer {
  #buffer = Buffer.allocUnsafe(4096)
  #length = 0

  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length))
  }

  object(value: unknown): void {
    this.#raw(selfDescribed)
    this.#value(value, shapeOf(value))
  }

  event(type: string, object: unknown): void {
    this.#raw(selfDescribed)
    this.#head(5, 2)
    this.#text('type')
    this.#text(type)
    this.#text('object')
    this.object(object)
  }

  #value(value: unknown, shape: Shape | undefined): void {
    switch (typeof value) {
      case 'string':
        if (shape?.kind === 'bytes') this.#base64(value)
        else this.#text(value)
        return
      case 'number':
        if (Number.isInteger(value) && shape?.kind !== 'float64') this.#integer(value)
        else this.#float(value)
        return
      case 'boolean':
        this.#raw([value ? 0xf5 : 0xf4])
        return
      case 'bigint':
        this.#long(value)
        return
      case 'object':
        if (value === null) this.#raw([0xf6])
        else if (Array.isArray(value)) this.#list(value, shape?.kind === 'list' ? shape.item : undefined)
        else this.#map(value as Record<string, unknown>, shape)
        return
      default:
        this.#raw([0xf6])
    }
  }

  #list(items: readonly unknown[], item: Shape | undefined): void {
    this.#head(4, items.length)
    for (const value of items) this.#value(value, item)
  }

  #map(members: Readonly<Record<string, unknown>>, shape: Shape | undefined): void {
    const own = shape ?? shapeOf(members)
    const keys = Object.keys(members).filter((key) => members[key] !== undefined)
    this.#head(5, keys.length)
    for (const key of keys) {
      this.#text(key)
      this.#value(members[key], memberShape(own, key))
    }
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text)
    this.#head(2, length)
    this.#room(length)
    this.#length += this.#buffer.write(text, this.#length, length, 'utf8')
  }

  #base64(text: string): void {
    const bytes = Buffer.from(text, 'base64')
    this.#raw([0xd6])
    this.#head(2, bytes.length)
    this.#room(bytes.length)
    this.#length += bytes.copy(this.#buffer, this.#length)
  }

  #integer(value: number): void {
    if (Number.isSafeInteger(value)) this.#head(value < 0 ? 1 : 0, value < 0 ? -1 - value : value)
    else this.#float(value)
  }

  #long(value: bigint): void {
    const negative = value < 0n
    const magnitude = negative ? -1n - value : value
    if (magnitude <= BigInt(Number.MAX_SAFE_INTEGER)) {
      this.#head(negative ? 1 : 0, Number(magnitude))
      return
    }
    this.#room(9)
    this.#buffer[this.#length] = negative ? 0x3b : 0x1b
    this.#buffer.writeBigUInt64BE(magnitude, this.#length + 1)
    this.#length += 9
  }

  #float(value: number): void {
    const half = toHalf(value)
    this.#room(9)
    if (half !== undefined) {
      this.#buffer[this.#length] = 0xf9
      this.#length = this.#buffer.writeUInt16BE(half, this.#length + 1)
    } else if (Math.fround(value) === value) {
      this.#buffer[this.#length] = 0xfa
      this.#length = this.#buffer.writeFloatBE(value, this.#length + 1)
    } else {
      this.#buffer[this.#length] = 0xfb
      this.#length = this.#buffer.writeDoubleBE(value, this.#length + 1)
    }
  }

  /** The first byte of an item, and its number in as few bytes as hold it. */
  #head(major: number, value: number): void {
    this.#room(9)
    const buffer = this.#buffer
    const at = this.#length
    const top = major << 5
    if (value < 24) {
      buffer[at] = top | value
      this.#length = at + 1
    } else if (value < 0x100) {
      buffer[at] = top | 24
      this.#length = buffer.writeUInt8(value, at + 1)
    } else if (value < 0x1_0000) {
      buffer[at] = top | 25
      this.#length = buffer.writeUInt16BE(value, at + 1)
    } else if (value < 0x1_0000_0000) {
      buffer[at] = top | 26
      this.#length = buffer.writeUInt32BE(value, at + 1)
    } else {
      buffer[at] = top | 27
      buffer.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at + 1)
      this.#length = buffer.writeUInt32BE(value % 0x1_0000_0000, at + 5)
    }
  }

  #raw(bytes: readonly number[]): void {
    this.#room(bytes.length)
    for (const byte of bytes) this.#buffer[this.#length++] = byte
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

function memberShape(shape: Shape | undefined, key: string): Shape | undefined {
  if (shape?.kind === 'map') return shape.value
  if (shape?.kind !== 'struct') return undefined
  return fieldsOf(shape).get(key)
}

const remembered = new WeakMap<StructShape, ReadonlyMap<string, Shape>>()

function fieldsOf(shape: StructShape): ReadonlyMap<string, Shape> {
  let fields = remembered.get(shape)
  if (fields === undefined) {
    fields = new Map(shape.fields.map(({ json, shape: field }) => [json, field]))
    remembered.set(shape, fields)
  }
  return fields
}

function shapeOf(value: unknown): Shape | undefined {
  const type = parseTypeMeta(value)
  return type === undefined ? undefined : registeredKind(type)
}

const scratch = Buffer.alloc(4)

/** The bits of a half-precision float, if it holds the value exactly. */
function toHalf(value: number): number | undefined {
  if (Math.fround(value) !== value) return undefined
  scratch.writeFloatBE(value)
  const bits = scratch.readUInt32BE()
  const sign = (bits >>> 16) & 0x8000
  const exponent = ((bits >>> 23) & 0xff) - 127
  const fraction = bits & 0x7f_ffff
  if (exponent === -127) return fraction === 0 ? sign : undefined
  if (exponent >= -14 && exponent <= 15)
    return (fraction & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (fraction >>> 13) : undefined
  // Subnormal: the value is a multiple of 2^-24.
  const steps = Math.abs(value) * 2 ** 24
  return exponent < -14 && Number.isInteger(steps) ? sign | steps : undefined
}
