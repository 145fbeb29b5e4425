import { isUtf8 } from 'node:buffer'
import { JsonNumber, quote } from '../../api/index.js'
import { CborError } from './error.js'
import { taggedTime } from './time.js'
import { cborTypes, checkWellFormed, itemEnd, maxDepth, notAccepted } from './well-formed.js'

export interface CborOptions {
  /** Floats that are whole numbers become JsonNumber, so that fields of integers can refuse them. */
  readonly exactNumbers?: boolean
}

/**
 * Reads one data item as the value that JSON would have had: byte strings are texts, those under tag 22 base64.
 *
 * Integers beyond 2^53 are bigint if they fit int64. Throws CborError for what is cut off, too deep, said twice, not text
 * where text must be, or has no form in JSON. Source of the choices: apimachinery pkg/runtime/serializer/cbor/internal/modes.
 */
export function decodeCbor(bytes: Buffer, { exactNumbers = false }: CborOptions = {}): unknown {
  checkWellFormed(bytes)
  return new Reader(bytes, exactNumbers).value(0)
}

/**
 * What an object says it is, its other members unread. Throws CborError for what is no object, for a key that is there twice
 * and for type meta that is no text.
 */
export function readCborTypeMeta(bytes: Buffer): { kind: string; apiVersion: string } {
  checkWellFormed(bytes)
  return new Reader(bytes, false).typeMeta()
}

const breakCode = Symbol('break')

class Reader {
  at = 0

  constructor(
    readonly bytes: Buffer,
    readonly exactNumbers: boolean,
  ) {}

  typeMeta(): { kind: string; apiVersion: string } {
    const meta = { kind: '', apiVersion: '' }
    while (this.bytes[this.at]! >> 5 === 6) {
      this.at++
      this.#argument(this.bytes[this.at - 1]! & 0x1f)
    }
    const first = this.#byte()
    if (first === 0xf6 || first === 0xf7) return meta
    if (first >> 5 !== 5) {
      const why = first >> 5 === 4 ? ' (cannot decode CBOR array to struct without toarray option)' : ''
      throw new CborError(`cbor: cannot unmarshal ${cborTypes[first >> 5]} into Go value of type v1.TypeMeta${why}`)
    }
    const length = (first & 0x1f) === 31 ? Number.POSITIVE_INFINITY : Number(this.#argument(first & 0x1f))
    const seen = new Set<unknown>()
    for (let i = 0; i < length && this.bytes[this.at] !== 0xff; i++) {
      const key = this.#item(1)
      if (seen.has(key)) throw duplicateKey(key, i)
      seen.add(key)
      if (key === 'kind' || key === 'apiVersion') meta[key] = this.#metaText(key)
      else this.at = itemEnd(this.bytes, this.at)
    }
    return meta
  }

  #metaText(key: string): string {
    const type = this.bytes[this.at]! >> 5
    const value = this.value(1)
    if (value === null) return ''
    if (typeof value === 'string') return value
    throw new CborError(
      `cbor: cannot unmarshal ${cborTypes[type]} into Go struct field v1.TypeMeta.${key} of type string`,
    )
  }

  value(depth: number): unknown {
    const value = this.#item(depth)
    if (value === breakCode) throw new CborError('cbor: unexpected "break" code')
    return value
  }

  #item(depth: number): unknown {
    if (depth > maxDepth) throw new CborError(`cbor: exceeded max nested level ${maxDepth}`)
    const first = this.#byte()
    const major = first >> 5
    const info = first & 0x1f
    switch (major) {
      case 0:
        return this.#argument(info)
      case 1: {
        const value = this.#argument(info, true)
        return typeof value === 'bigint' ? -1n - value : -1 - value
      }
      case 2:
      case 3:
        return this.#text(major, info)
      case 4:
        return this.#list(info, depth)
      case 5:
        return this.#map(info, depth)
      case 6:
        return this.#tagged(Number(this.#argument(info)), depth)
      default:
        return this.#simple(info)
    }
  }

  #list(info: number, depth: number): unknown[] {
    const items: unknown[] = []
    if (info === 31) {
      for (let item = this.#item(depth + 1); item !== breakCode; item = this.#item(depth + 1)) items.push(item)
      return items
    }
    const length = this.#count(info, 1)
    for (let i = 0; i < length; i++) items.push(this.value(depth + 1))
    return items
  }

  #map(info: number, depth: number): Record<string, unknown> {
    const members: Record<string, unknown> = {}
    const length = info === 31 ? Number.POSITIVE_INFINITY : this.#count(info, 2)
    for (let i = 0; i < length; i++) {
      const key = this.#item(depth + 1)
      if (key === breakCode && info === 31) break
      if (typeof key !== 'string') throw new CborError('cbor: invalid map key type')
      if (Object.hasOwn(members, key)) throw duplicateKey(key, i)
      const value = this.value(depth + 1)
      if (key === '__proto__')
        Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true })
      else members[key] = value
    }
    return members
  }

  #text(major: number, info: number): string {
    const bytes = this.#string(major, info)
    if (!isUtf8(bytes)) throw new CborError('cbor: invalid UTF-8 string')
    return bytes.toString('utf8')
  }

  #string(major: number, info: number): Buffer {
    if (info !== 31) {
      const length = this.#count(info, 1)
      this.at += length
      return this.bytes.subarray(this.at - length, this.at)
    }
    const parts: Buffer[] = []
    for (;;) {
      const first = this.#byte()
      if (first === 0xff) return Buffer.concat(parts)
      if (first >> 5 !== major || (first & 0x1f) === 31)
        throw new CborError('cbor: wrong element type for indefinite-length string')
      parts.push(this.#string(major, first & 0x1f))
    }
  }

  #tagged(tag: number, depth: number): unknown {
    if (tag === 2 || tag === 3) throw new CborError('cbor: cannot unmarshal bignum into Go value of type interface {}')
    const encoding = laterEncodings.get(tag)
    const first = this.bytes[this.at] ?? 0
    if (encoding !== undefined && first >> 5 === 2) {
      this.at++
      return this.#string(2, first & 0x1f).toString(encoding)
    }
    const content = this.value(depth + 1)
    return tag === 0 || tag === 1 ? taggedTime(content instanceof JsonNumber ? content.value : content) : content
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
        return null
      case 25:
        return this.#number(fromHalf(this.#take(2).readUInt16BE()))
      case 26:
        return this.#number(this.#take(4).readFloatBE())
      case 27:
        return this.#number(this.#take(8).readDoubleBE())
      case 31:
        return breakCode
      default:
        throw notAccepted('primitives', `simple value ${info === 24 ? this.#byte() : info} is not recognized`)
    }
  }

  #number(value: number): unknown {
    if (!Number.isFinite(value))
      throw notAccepted('primitives', `floating-point ${Number.isNaN(value) ? 'NaN' : 'infinity'}`)
    return this.exactNumbers && Number.isInteger(value) ? new JsonNumber(value.toFixed(1)) : value
  }

  /** The number in the head of an item. */
  #argument(info: number, negative = false): number | bigint {
    if (info < 24) return info
    switch (info) {
      case 24:
        return this.#byte()
      case 25:
        return this.#take(2).readUInt16BE()
      case 26:
        return this.#take(4).readUInt32BE()
      case 27: {
        const value = this.#take(8).readBigUInt64BE()
        if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
        if (value > 0x7fff_ffff_ffff_ffffn) {
          const [type, number] = negative ? [cborTypes[1], -1n - value] : [cborTypes[0], value]
          throw new CborError(
            `cbor: cannot unmarshal ${type} into Go value of type int64 (${number} overflows Go's int64)`,
          )
        }
        return value
      }
      default:
        throw new CborError(`cbor: invalid additional information ${info}`)
    }
  }

  /** A length; each of what is counted takes so many bytes at least. */
  #count(info: number, least: number): number {
    const count = Number(this.#argument(info))
    if (count * least > this.bytes.length - this.at) throw cutOff()
    return count
  }

  #byte(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw cutOff()
    return byte
  }

  #take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw cutOff()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }
}

const laterEncodings: ReadonlyMap<number, BufferEncoding> = new Map([
  [21, 'base64url'],
  [22, 'base64'],
  [23, 'hex'],
])

const duplicateKey = (key: unknown, index: number): CborError =>
  new CborError(
    `cbor: found duplicate map key ${typeof key === 'string' ? quote(key) : String(key)} at map element index ${index}`,
  )

const cutOff = (): CborError => new CborError('unexpected EOF')

function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
