let idle: Writer | undefined

/** A scratch buffer that has grown beyond this is given up. */
const keptBytes = 256 * 1024

/** The bytes that `write` writes, in a buffer of their size. One writer serves all calls, and one that is called within another gets its own. */
export function written(write: (writer: Writer) => void): Buffer {
  const writer = idle ?? new Writer(16 * 1024)
  idle = undefined
  write(writer)
  const bytes = writer.copy()
  if (writer.capacity <= keptBytes) idle = writer
  return bytes
}

/**
 * Protobuf bytes written from the end to the front, so that the length of a message is known when its prefix is due:
 * a message's fields, a list's items and a map's entries are written last one first.
 */
export class Writer {
  #bytes: Buffer
  /** Where the first byte written so far lies. */
  #at: number

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size)
    this.#at = size
  }

  /** Bytes written so far: the difference of two marks is the length of what was written between them. */
  get length(): number {
    return this.#bytes.length - this.#at
  }

  get capacity(): number {
    return this.#bytes.length
  }

  /** What was written; the writer begins anew. */
  copy(): Buffer {
    const copy = Buffer.from(this.#bytes.subarray(this.#at))
    this.#at = this.#bytes.length
    return copy
  }

  byte(value: number): void {
    if (this.#at === 0) this.#grow(1)
    this.#bytes[--this.#at] = value
  }

  /** A number that is a non-negative integer below 2^32: tags and lengths. */
  uint32(value: number): void {
    if (value < 0x80) {
      this.byte(value)
      return
    }
    if (this.#at < 5) this.#grow(5)
    const bytes = this.#bytes
    const size = value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5
    let at = this.#at - size
    this.#at = at
    let rest = value
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[at] = rest
  }

  /** Any integer of 64 bits, negative ones in ten bytes. */
  integer(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) {
      this.uint32(value)
      return
    }
    let rest = BigInt.asUintN(64, BigInt(value))
    const digits: number[] = []
    do {
      digits.push(Number(rest & 0x7fn))
      rest >>= 7n
    } while (rest !== 0n)
    for (let i = digits.length - 1; i >= 0; i--) this.byte(i === digits.length - 1 ? digits[i]! : digits[i]! | 0x80)
  }

  double(value: number): void {
    if (this.#at < 8) this.#grow(8)
    this.#at -= 8
    this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** The bytes, without their length. */
  raw(bytes: Uint8Array): void {
    if (this.#at < bytes.length) this.#grow(bytes.length)
    this.#at -= bytes.length
    this.#bytes.set(bytes, this.#at)
  }

  /** A string with its length in front, in UTF-8. */
  string(text: string): void {
    const { length } = text
    if (length > 40) {
      this.#long(text)
      return
    }
    if (this.#at < length) this.#grow(length)
    const bytes = this.#bytes
    let at = this.#at
    for (let i = length - 1; i >= 0; i--) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) {
        this.#long(text)
        return
      }
      bytes[--at] = unit
    }
    this.#at = at
    this.byte(length)
  }

  #long(text: string): void {
    const size = Buffer.byteLength(text)
    if (this.#at < size) this.#grow(size)
    this.#at -= size
    this.#bytes.write(text, this.#at, size)
    this.uint32(size)
  }

  #grow(wanted: number): void {
    const { length } = this
    const size = Math.max(this.#bytes.length * 2, length + wanted)
    const bytes = Buffer.allocUnsafeSlow(size)
    this.#bytes.copy(bytes, size - length, this.#at)
    this.#bytes = bytes
    this.#at = size - length
  }
}
