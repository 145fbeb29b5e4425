let idle: Writer | undefined

/** Room that there always is: a string of `longestLoop`, a number and a few tags and lengths. */
const smallBytes = 256
/** Beyond this many characters the runtime writes strings faster than a loop does. */
const longestLoop = 100

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
  /** Where fields wait to be written; see `encode.ts`. */
  readonly slots: unknown[] = new Array(64).fill(undefined)
  top = 0
  /** The last time that was written, and the seconds since 1970 that it is. */
  time = '1970-01-01T00:00:00Z'
  seconds = 0
  #bytes: Buffer
  /** Where the first byte written so far lies. */
  #at: number

  /** @param size at least what `reserve` makes room for */
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
    if (this.#at < 0) throw new Error('more was written than room was made for')
    const copy = Buffer.from(this.#bytes.subarray(this.#at))
    this.#at = this.#bytes.length
    return copy
  }

  /** Makes room for what is small: bytes, tags, numbers and the lengths of what is not. Called before every field and value. */
  reserve(): void {
    if (this.#at < smallBytes) this.#grow(smallBytes)
  }

  byte(value: number): void {
    this.#bytes[--this.#at] = value
  }

  /** An integer from 0 to 2^32 - 1: tags and lengths. */
  uint32(value: number): void {
    const bytes = this.#bytes
    if (value < 0x80) {
      bytes[--this.#at] = value
      return
    }
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
    this.#at -= 8
    this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** The bytes, without their length. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes
    if (this.#at < length + smallBytes) this.#grow(length + smallBytes)
    let at = this.#at
    this.#at = at - length
    if (length > 64) this.#bytes.set(bytes, this.#at)
    else for (let i = length - 1; i >= 0; i--) this.#bytes[--at] = bytes[i]!
  }

  /** A string with its length in front, in UTF-8. */
  string(text: string): void {
    const { length } = text
    if (length > longestLoop) {
      this.#long(text)
      return
    }
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
    bytes[--at] = length
    this.#at = at
  }

  #long(text: string): void {
    const size = Buffer.byteLength(text)
    if (this.#at < size + smallBytes) this.#grow(size + smallBytes)
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
