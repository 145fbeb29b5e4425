import { BlockWriter, FieldWriter, mostOfField, mostSizeChange } from './field-writer.js'
import { defaultTable, type HeaderField, HeaderTable, type ReceivedField, sizeOfField } from './header-table.js'
import { decodeHuffman } from './huffman.js'

/** Somebody's header block cannot be understood, and with it none that comes later on the connection. */
export class HeaderBlockError extends Error {
  override readonly name = 'HeaderBlockError'
}

/** How much of a header block is kept. */
export interface HeaderLimits {
  readonly fields: number
  /** Names, values and 32 for each field. */
  readonly bytes: number
}

/** Reads the header blocks of one connection, in the order in which they come. RFC 7541. */
export class HeaderDecoder {
  readonly #table = new HeaderTable(defaultTable)
  readonly #limits: HeaderLimits
  /** The last block had more in it than is kept. */
  truncated = false

  constructor(limits: HeaderLimits) {
    this.#limits = limits
  }

  /** @returns its fields, up to the first that is beyond the limits. Throws HeaderBlockError. */
  decode(block: Buffer): ReceivedField[] {
    const fields: ReceivedField[] = []
    const cursor: Cursor = { block, at: 0 }
    let bytes = 0
    let first = true
    this.truncated = false
    while (cursor.at < block.length) {
      const byte = block[cursor.at]!
      let field: ReceivedField
      if (byte >= 0x80) field = this.#indexed(readInteger(cursor, 7))
      else if (byte >= 0x40) {
        field = this.#literal(cursor, 6)
        this.#table.add(field)
      } else if (byte >= 0x20) {
        const size = readInteger(cursor, 5)
        if (!first || size > defaultTable) throw new HeaderBlockError('a table size that may not be')
        this.#table.resize(size)
        continue
      } else field = this.#literal(cursor, 4)
      first = false
      bytes += sizeOfField(field.name, field.value)
      if (fields.length < this.#limits.fields && bytes <= this.#limits.bytes) fields.push(field)
      else this.truncated = true
    }
    return fields
  }

  #indexed(index: number): ReceivedField {
    const field = this.#table.at(index)
    if (field === undefined) throw new HeaderBlockError('an index without a field')
    return field
  }

  #literal(cursor: Cursor, bits: number): ReceivedField {
    const index = readInteger(cursor, bits)
    const known = index === 0 ? undefined : this.#indexed(index)
    const name = known === undefined ? readText(cursor) : known.name
    const value = readText(cursor)
    const badName = known === undefined ? !nameForm.test(name) : known.malformed && !nameForm.test(name)
    return { name, value, malformed: badName || badValue.test(value) }
  }
}

const nameForm = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const badValue = /[\0-\x08\x0a-\x1f\x7f]|^[ \t]|[ \t]$/

/**
 * Writes header blocks for one connection. Every field is remembered by both sides: what is sent again is a byte or two, and
 * the whole block of fields that are the same list again is known.
 */
export class HeaderEncoder {
  readonly #fields = new FieldWriter()
  readonly #blocks = new Map<readonly HeaderField[], { readonly block: Buffer; readonly version: number }>()

  /** What the other side is ready to remember. */
  limit(size: number): void {
    this.#fields.limit(size)
  }

  encode(fields: readonly HeaderField[]): Buffer {
    const known = this.#blocks.get(fields)
    const before = this.#fields.version
    if (known?.version === before) return known.block
    const out = new BlockWriter(fields.reduce((sum, { name, value }) => sum + mostOfField(name, value), mostSizeChange))
    this.#fields.begin(out)
    for (const { name, value } of fields) this.#fields.write(out, name, value, true)
    const block = out.bytes()
    if (this.#fields.version !== before) this.#blocks.clear()
    else if (block[0]! >= 0x80) this.#blocks.set(fields, { block, version: before })
    return block
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
  const start = cursor.at
  const end = start + length
  if (end > block.length) throw new HeaderBlockError('a text is longer than its block')
  cursor.at = end
  if (!packed) return block.toString('latin1', start, end)
  const text = decodeHuffman(block.subarray(start, end))
  if (text === undefined) throw new HeaderBlockError('a text is in no code')
  return text.toString('latin1')
}
