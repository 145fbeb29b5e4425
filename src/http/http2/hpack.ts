import { type HeaderField, HeaderTable } from './header-table.js'
import { decodeHuffman } from './huffman.js'

/** Somebody's header block cannot be understood, and with it none that comes later on the connection. */
export class HeaderBlockError extends Error {
  override readonly name = 'HeaderBlockError'
}

/** What both sides begin with. */
const tableSize = 4_096
const mostFields = 512

/** Reads the header blocks of one connection, in the order in which they come. RFC 7541. */
export class HeaderDecoder {
  readonly #table = new HeaderTable(tableSize)

  /** Throws HeaderBlockError. */
  decode(block: Buffer): HeaderField[] {
    const fields: HeaderField[] = []
    const cursor: Cursor = { block, at: 0 }
    while (cursor.at < block.length) {
      const byte = block[cursor.at]!
      if (fields.length >= mostFields) throw new HeaderBlockError('too many fields')
      if (byte >= 0x80) fields.push(this.#indexed(readInteger(cursor, 7)))
      else if (byte >= 0x40) {
        const field = this.#literal(cursor, 6)
        this.#table.add(field)
        fields.push(field)
      } else if (byte >= 0x20) {
        const size = readInteger(cursor, 5)
        if (fields.length > 0 || size > tableSize) throw new HeaderBlockError('a table size that may not be')
        this.#table.resize(size)
      } else fields.push(this.#literal(cursor, 4))
    }
    return fields
  }

  #indexed(index: number): HeaderField {
    const field = this.#table.at(index)
    if (field === undefined) throw new HeaderBlockError('an index without a field')
    return field
  }

  #literal(cursor: Cursor, bits: number): HeaderField {
    const index = readInteger(cursor, bits)
    const name = index === 0 ? readText(cursor) : this.#indexed(index).name
    return { name, value: readText(cursor) }
  }
}

/**
 * Writes header blocks for one connection. Every field is remembered by both sides: what is sent again is a byte or two, and
 * the whole block of fields that are the same list again is known.
 */
export class HeaderEncoder {
  readonly #table = new HeaderTable(tableSize)
  readonly #blocks = new Map<readonly HeaderField[], { readonly block: Buffer; readonly version: number }>()
  #resized: number | undefined
  #lowest = tableSize

  /** What the other side is ready to remember. */
  limit(size: number): void {
    this.#resized = Math.min(size, tableSize)
    this.#lowest = Math.min(this.#resized, this.#lowest)
    this.#table.resize(this.#resized)
  }

  encode(fields: readonly HeaderField[]): Buffer {
    const known = this.#blocks.get(fields)
    if (known?.version === this.#table.version) return known.block
    const out: number[] = []
    if (this.#resized !== undefined) {
      // The other side has to know of the lowest, at which fields were forgotten.
      if (this.#lowest < this.#resized) writeInteger(out, this.#lowest, 5, 0x20)
      writeInteger(out, this.#resized, 5, 0x20)
      this.#resized = undefined
      this.#lowest = tableSize
    }
    const before = this.#table.version
    for (const field of fields) this.#write(out, field)
    const block = Buffer.from(out)
    if (this.#table.version !== before) this.#blocks.clear()
    else if (block[0]! >= 0x80) this.#blocks.set(fields, { block, version: before })
    return block
  }

  #write(out: number[], field: HeaderField): void {
    const { index, nameIndex } = this.#table.find(field)
    if (index > 0) {
      writeInteger(out, index, 7, 0x80)
      return
    }
    writeInteger(out, nameIndex, 6, 0x40)
    if (nameIndex === 0) writeText(out, field.name)
    writeText(out, field.value)
    this.#table.add(field)
  }
}

interface Cursor {
  readonly block: Buffer
  at: number
}

/** An integer whose first bits share a byte with something else: RFC 7541, 5.1. */
function readInteger(cursor: Cursor, bits: number): number {
  const { block } = cursor
  const most = (1 << bits) - 1
  let value = (block[cursor.at++] ?? 0) & most
  if (value < most) return value
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = block[cursor.at++]
    if (byte === undefined) throw new HeaderBlockError('an integer ends too soon')
    value += (byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
  throw new HeaderBlockError('an integer is too large')
}

function readText(cursor: Cursor): string {
  const { block } = cursor
  if (cursor.at >= block.length) throw new HeaderBlockError('a text is missing')
  const packed = block[cursor.at]! >= 0x80
  const length = readInteger(cursor, 7)
  const end = cursor.at + length
  if (end > block.length) throw new HeaderBlockError('a text is longer than its block')
  const bytes = block.subarray(cursor.at, end)
  cursor.at = end
  const text = packed ? decodeHuffman(bytes) : bytes
  if (text === undefined) throw new HeaderBlockError('a text is in no code')
  return text.toString('latin1')
}

function writeInteger(out: number[], value: number, bits: number, flags: number): void {
  const most = (1 << bits) - 1
  if (value < most) {
    out.push(flags | value)
    return
  }
  out.push(flags | most)
  let rest = value - most
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80)
  out.push(rest)
}

function writeText(out: number[], text: string): void {
  writeInteger(out, text.length, 7, 0)
  for (const byte of Buffer.from(text, 'latin1')) out.push(byte)
}
