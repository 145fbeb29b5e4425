import { CborError } from './error.js'

/** Names of the major types in errors. */
export const cborTypes = [
  'positive integer',
  'negative integer',
  'byte string',
  'UTF-8 text string',
  'array',
  'map',
  'tag',
  'primitives',
] as const

/** Objects, lists and tags within one another, as for JSON. */
const maxDepth = 1_000

/**
 * Checks that bytes are one data item and nothing else, whatever it means: this is told before all else.
 * Source: github.com/fxamacker/cbor valid.go.
 *
 * @throws CborError
 */
export function checkWellFormed(bytes: Buffer): void {
  if (bytes.length === 0) throw new CborError('EOF')
  const end = itemEnd(bytes, 0)
  if (end < bytes.length)
    throw new CborError(`cbor: ${bytes.length - end} bytes of extraneous data starting at index ${end}`)
}

/** Where the item that begins at `at` is over. Throws CborError. */
export function itemEnd(bytes: Buffer, at: number): number {
  const walk = new Walk(bytes, at)
  walk.item(0)
  return walk.at
}

export const notAccepted = (type: string, what: string): CborError =>
  new CborError(`cbor: data item of cbor type ${type} is not accepted by protocol: ${what}`)

const cutOff = (): CborError => new CborError('unexpected EOF')

class Walk {
  constructor(
    readonly bytes: Buffer,
    public at: number,
  ) {}

  item(depth: number): void {
    const first = this.#peek()
    const major = first >> 5
    const length = this.#head()
    switch (major) {
      case 2:
      case 3:
        if (length === undefined) this.#pieces(major, depth)
        else this.#skip(length, major)
        return
      case 4:
      case 5:
        this.#deeper(depth + 1)
        if (length === undefined) this.#open(major, depth + 1)
        else this.#items(major === 5 ? 2 : 1, length, major, depth + 1)
        return
      case 6:
        this.#tagged(length!, depth)
    }
  }

  #items(each: number, count: bigint, major: number, depth: number): void {
    if (count > 0x7fff_ffff_ffff_ffffn)
      throw new CborError(`cbor: ${cborTypes[major]} length ${count} is too large, it would cause integer overflow`)
    if (major === 4 && count > 0x7fff_ffffn)
      throw new CborError('cbor: exceeded max number of elements 2147483647 for CBOR array')
    if (major === 5 && count > 2_097_152n)
      throw new CborError('cbor: exceeded max number of key-value pairs 2097152 for CBOR map')
    for (let i = 0; i < each * Number(count); i++) this.item(depth)
  }

  #open(major: number, depth: number): void {
    let count = 0
    for (; this.#peek() !== breakCode; count++) this.item(depth)
    this.at++
    if (major === 5 && count % 2 === 1) throw new CborError('cbor: unexpected "break" code')
  }

  #pieces(major: number, depth: number): void {
    const type = cborTypes[major]
    for (let first = this.#peek(); first !== breakCode; first = this.#peek()) {
      if (first >> 5 !== major)
        throw new CborError(`cbor: wrong element type ${cborTypes[first >> 5]} for indefinite-length ${type}`)
      if ((first & 0x1f) === 31) throw new CborError(`cbor: indefinite-length ${type} chunk is not definite-length`)
      this.item(depth)
    }
    this.at++
  }

  #tagged(first: bigint, outer: number): void {
    let depth = outer
    for (let tag = first; ; ) {
      const next = this.#peek()
      if (tag === 2n || tag === 3n) throw notAccepted('tag', 'bignum')
      if (next >> 5 !== 6) break
      tag = this.#head()!
      this.#deeper(++depth)
    }
    this.item(depth)
  }

  #deeper(depth: number): void {
    if (depth > maxDepth) throw new CborError(`cbor: exceeded max nested level ${maxDepth}`)
  }

  #skip(length: bigint, major: number): void {
    if (length > 0x7fff_ffff_ffff_ffffn)
      throw new CborError(`cbor: ${cborTypes[major]} length ${length} is too large, causing integer overflow`)
    if (length > BigInt(this.bytes.length - this.at)) throw cutOff()
    this.at += Number(length)
  }

  /** @returns the number in the head of an item; undefined: of indefinite length */
  #head(): bigint | undefined {
    const first = this.#peek()
    this.at++
    const major = first >> 5
    const info = first & 0x1f
    if (info < 24) return BigInt(info)
    const type = cborTypes[major]!
    if (info > 27) {
      if (info === 31 && major === 7) throw new CborError('cbor: unexpected "break" code')
      if (info === 31 && major >= 2 && major <= 5) return undefined
      throw new CborError(`cbor: invalid additional information ${info} for type ${type}`)
    }
    const size = 2 ** (info - 24)
    if (this.at + size > this.bytes.length) throw cutOff()
    const start = this.at
    this.at += size
    const value = size === 8 ? this.bytes.readBigUInt64BE(start) : BigInt(this.bytes.readUIntBE(start, size))
    if (major === 7 && size === 1 && value < 32n)
      throw new CborError(`cbor: invalid simple value ${value} for type ${type}`)
    if (major === 7 && size > 1) this.#checkFloat(start, size)
    return value
  }

  /** All bits of the exponent are set in what is no number. */
  #checkFloat(start: number, size: number): void {
    const [exponentBits, bits] = size === 2 ? [5, 16] : size === 4 ? [8, 32] : [11, 64]
    const value = size === 8 ? this.bytes.readBigUInt64BE(start) : BigInt(this.bytes.readUIntBE(start, size))
    const fractionBits = BigInt(bits - exponentBits - 1)
    const exponent = (value >> fractionBits) & ((1n << BigInt(exponentBits)) - 1n)
    if (exponent !== (1n << BigInt(exponentBits)) - 1n) return
    const fraction = value & ((1n << fractionBits) - 1n)
    throw notAccepted('primitives', fraction === 0n ? 'floating-point infinity' : 'floating-point NaN')
  }

  #peek(): number {
    const byte = this.bytes[this.at]
    if (byte === undefined) throw cutOff()
    return byte
  }
}

const breakCode = 0xff
