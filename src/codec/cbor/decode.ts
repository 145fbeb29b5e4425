import { isUtf8 } from 'node:buffer'
import { JsonNumber, quote } from '../../api/index.js'
import { CborError } from './error.js'
import { taggedTime } from './time.js'
import { cborTypes, checkWellFormed, itemEnd, notAccepted } from './well-formed.js'

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
  return new Reader(bytes, exactNumbers).value()
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

/** Of bytes that are well-formed: nothing is cut off, too deep or where it cannot be. */
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
      const key = this.value()
      if (seen.has(key)) throw duplicateKey(key, i)
      seen.add(key)
      if (key === 'kind' || key === 'apiVersion') meta[key] = this.#metaText(key)
      else this.at = itemEnd(this.bytes, this.at)
    }
    return meta
  }

  #metaText(key: string): string {
    const type = this.bytes[this.at]! >> 5
    const value = this.value()
    if (value === null) return ''
    if (typeof value === 'string') return value
    throw new CborError(
      `cbor: cannot unmarshal ${cborTypes[type]} into Go struct field v1.TypeMeta.${key} of type string`,
    )
  }

  /** An item, or the break that ends a list or a map of indefinite length. */
  value(): unknown {
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
        // Nobody asks whether these are UTF-8.
        return this.#string(info).toString('utf8')
      case 3:
        return this.#text(info)
      case 4:
        return this.#list(info)
      case 5:
        return this.#map(info)
      case 6:
        return this.#tagged(Number(this.#argument(info)))
      default:
        return this.#simple(info)
    }
  }

  #list(info: number): unknown[] {
    const items: unknown[] = []
    if (info === 31) {
      for (let item = this.value(); item !== breakCode; item = this.value()) items.push(item)
      return items
    }
    const length = Number(this.#argument(info))
    for (let i = 0; i < length; i++) items.push(this.value())
    return items
  }

  #map(info: number): Record<string, unknown> {
    const members: Record<string, unknown> = {}
    const length = info === 31 ? Number.POSITIVE_INFINITY : Number(this.#argument(info))
    for (let i = 0; i < length; i++) {
      const key = this.value()
      if (key === breakCode) break
      if (typeof key !== 'string') throw new CborError('cbor: invalid map key type')
      if (Object.hasOwn(members, key)) throw duplicateKey(key, i)
      const value = this.value()
      if (key === '__proto__')
        Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true })
      else members[key] = value
    }
    return members
  }

  #text(info: number): string {
    const bytes = this.#string(info)
    if (!isUtf8(bytes)) throw new CborError('cbor: invalid UTF-8 string')
    return bytes.toString('utf8')
  }

  #string(info: number): Buffer {
    if (info !== 31) {
      const length = Number(this.#argument(info))
      this.at += length
      return this.bytes.subarray(this.at - length, this.at)
    }
    const parts: Buffer[] = []
    for (;;) {
      const first = this.#byte()
      if (first === 0xff) return Buffer.concat(parts)
      parts.push(this.#string(first & 0x1f))
    }
  }

  #tagged(tag: number): unknown {
    const encoding = laterEncodings.get(tag)
    const first = this.bytes[this.at]!
    if (encoding !== undefined && first >> 5 === 2) {
      this.at++
      return this.#string(first & 0x1f).toString(encoding)
    }
    if (tag === 0 && first >> 5 !== 3) throw new CborError(notText(first >> 5))
    const content = this.value()
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
      default: {
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
    }
  }

  #byte(): number {
    return this.bytes[this.at++]!
  }

  #take(length: number): Buffer {
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }
}

const laterEncodings: ReadonlyMap<number, BufferEncoding> = new Map([
  [21, 'base64url'],
  [22, 'base64'],
  [23, 'hex'],
])

const notText = (major: number): string => `cbor: tag number 0 must be followed by text string, got ${cborTypes[major]}`

const duplicateKey = (key: unknown, index: number): CborError =>
  new CborError(
    `cbor: found duplicate map key ${typeof key === 'string' ? quote(key) : String(key)} at map element index ${index}`,
  )

function fromHalf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
