import { isUtf8 } from 'node:buffer'
import { negativeLength, overflow, truncated, WireError } from './wire-error.js'

/** Below this many bytes all text is turned into one string whose parts are the strings of a message. */
const sharedTextBytes = 64 * 1024

/** Reads protobuf bytes of untrusted origin. Nothing is allocated by what a length claims, only by what is there. */
export class Reader {
  readonly bytes: Buffer
  at = 0
  end: number
  /** Messages that the one being read lies in. */
  depth = 0
  /** Bytes that have been put together for the messages around the one being read. */
  copied = 0
  /** Where fields wait until their message is whole; see `decode.ts`. */
  readonly slots: unknown[] = new Array(64).fill(undefined)
  top = 0
  /** The last time that was read, and its text. */
  seconds: number | bigint | undefined
  time = ''
  #latin: string | undefined

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.end = bytes.length
  }

  /** A tag, or an enum or length that fits: unsigned and below 2^53; larger ones are Infinity. */
  varint(): number {
    const { bytes } = this
    if (this.at < this.end) {
      const first = bytes[this.at]!
      if (first < 0x80) {
        this.at++
        return first
      }
    }
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      if (this.at >= this.end) throw truncated()
      const byte = bytes[this.at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : Number.POSITIVE_INFINITY
      scale *= 128
    }
    throw overflow()
  }

  bool(): boolean {
    return this.varint() !== 0
  }

  int32(): number {
    const value = this.varint()
    return value <= 0x7fffffff ? value : Number(BigInt.asIntN(32, this.#again()))
  }

  /** A bigint where a number could not say it exactly. */
  int64(): number | bigint {
    const value = this.varint()
    if (value <= Number.MAX_SAFE_INTEGER) return value
    const exact = BigInt.asIntN(64, this.#again())
    const number = Number(exact)
    return Number.isSafeInteger(number) ? number : exact
  }

  double(): number {
    const at = this.at
    if (at + 8 > this.end) throw truncated()
    this.at = at + 8
    return this.bytes.readDoubleLE(at)
  }

  /** Reads a length and gives the position after that many bytes. */
  limit(): number {
    const length = this.varint()
    if (length > Number.MAX_SAFE_INTEGER) throw negativeLength()
    const limit = this.at + length
    if (limit > this.end) throw truncated()
    return limit
  }

  string(): string {
    const limit = this.limit()
    const start = this.at
    if (start === limit) return ''
    this.at = limit
    const { bytes } = this
    for (let i = start; i < limit; i++) if (bytes[i]! > 0x7f) return this.#wide(start, limit)
    if (bytes.length > sharedTextBytes) return bytes.toString('latin1', start, limit)
    this.#latin ??= bytes.toString('latin1')
    return this.#latin.substring(start, limit)
  }

  /** The bytes of a length-delimited field, as a view. */
  chunk(): Buffer {
    const limit = this.limit()
    const chunk = this.bytes.subarray(this.at, limit)
    this.at = limit
    return chunk
  }

  /** `skip` for the fields of a message, which may be anything. `name` of the message is told in errors. */
  skipUnknown(tag: number, name: string): void {
    if ((tag & 7) === 4) throw new WireError(`proto: ${name}: wiretype end group for non-group`)
    if (tag < 8 || tag > 0xffffffff)
      throw new WireError(`proto: ${name}: illegal tag ${tag < 8 ? 0 : -1} (wire type ${tag})`)
    this.skip(tag)
  }

  /** Goes over a field that is not known. Groups, which nobody writes any more, may hold groups. */
  skip(tag: number): void {
    let groups = 0
    let wire = tag & 7
    for (;;) {
      if (wire === 0) this.varint()
      else if (wire === 1) this.#over(8)
      else if (wire === 2) this.at = this.limit()
      else if (wire === 5) this.#over(4)
      else if (wire === 3) groups++
      else if (wire === 4) {
        if (groups === 0) throw new WireError('proto: unexpected end of group')
        groups--
      } else throw new WireError(`proto: illegal wireType ${wire}`)
      if (groups === 0) return
      wire = this.varint() % 8
    }
  }

  #over(count: number): void {
    if (this.at + count > this.end) throw truncated()
    this.at += count
  }

  /** The varint that was just read, in full. */
  #again(): bigint {
    let from = this.at - 1
    while (from > 0 && this.bytes[from - 1]! > 0x7f && this.at - from < 10) from--
    let value = 0n
    for (let i = this.at - 1; i >= from; i--) value = (value << 7n) | BigInt(this.bytes[i]! & 0x7f)
    return value
  }

  #wide(start: number, limit: number): string {
    const view = this.bytes.subarray(start, limit)
    if (!isUtf8(view)) throw new WireError('proto: string field contains invalid UTF-8')
    return view.toString()
  }
}
