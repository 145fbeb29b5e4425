import { defaultTable, sizeOfField, staticTable } from './header-table.js'

/** Bytes before a text: its length, and the index of its name. */
const mostAround = 8
/** What a block begins with if the table's size has changed. */
export const mostSizeChange = 2 * mostAround

const staticNames = new Map(staticTable.map(({ name }, i) => [name, i + 1] as const).reverse())
const staticFields = new Map<string, Map<string, number>>()
for (const [i, { name, value }] of staticTable.entries()) {
  if (value !== '') staticFields.set(name, (staticFields.get(name) ?? new Map<string, number>()).set(value, i + 1))
}

/** Room for a field, however it is written. */
export const mostOfField = (name: string, value: string): number => name.length + value.length + 2 * mostAround

/** One header block as it is written. */
export class BlockWriter {
  at: number
  readonly #out: Buffer

  /** @param head bytes that are left free in front */
  constructor(size: number, head = 0) {
    this.#out = Buffer.allocUnsafe(head + size)
    this.at = head
  }

  /** An integer whose first bits share a byte with something else: RFC 7541, 5.1. */
  integer(value: number, bits: number, flags: number): void {
    const most = (1 << bits) - 1
    if (value < most) {
      this.#out[this.at++] = flags | value
      return
    }
    this.#out[this.at++] = flags | most
    let rest = value - most
    for (; rest >= 0x80; rest >>>= 7) this.#out[this.at++] = (rest & 0x7f) | 0x80
    this.#out[this.at++] = rest
  }

  /** Without Huffman's code, which takes more time than it spares. */
  text(text: string): void {
    this.integer(text.length, 7, 0)
    this.at += this.#out.write(text, this.at, 'latin1')
  }

  /** What was written, and the head. */
  bytes(): Buffer {
    return this.#out.subarray(0, this.at)
  }
}

/** Writes fields into the blocks of one connection, and knows what the other side remembers of them. RFC 7541. */
export class FieldWriter {
  /** By name and value: the number of the entry, counted from the first ever made. */
  readonly #numbers = new Map<string, Map<string, number>>()
  /** The oldest first. */
  readonly #entries: { readonly name: string; readonly value: string }[] = []
  #made = 0
  #size = 0
  #limit = defaultTable
  #resized: number | undefined
  #lowest = defaultTable

  /** Changes with everything that is remembered or forgotten. */
  version = 0

  /** What the other side is ready to remember. Not more is used than it had at first. */
  limit(size: number): void {
    this.#limit = Math.min(size, defaultTable)
    this.#resized = this.#limit
    this.#lowest = Math.min(this.#limit, this.#lowest)
    this.#fit(this.#limit)
    this.version++
  }

  /** Begins a block. */
  begin(out: BlockWriter): void {
    if (this.#resized === undefined) return
    // The other side has to know of the lowest, at which fields were forgotten.
    if (this.#lowest < this.#resized) out.integer(this.#lowest, 5, 0x20)
    out.integer(this.#resized, 5, 0x20)
    this.#resized = undefined
    this.#lowest = defaultTable
  }

  /** @param remembered by both sides: sent again it is a byte or two */
  write(out: BlockWriter, name: string, value: string, remembered: boolean): void {
    const index = remembered ? this.#indexOf(name, value) : undefined
    if (index !== undefined) {
      out.integer(index, 7, 0x80)
      return
    }
    const nameIndex = staticNames.get(name) ?? 0
    if (remembered) out.integer(nameIndex, 6, 0x40)
    else out.integer(nameIndex, 4, 0)
    if (nameIndex === 0) out.text(name)
    out.text(value)
    if (remembered) this.#remember(name, value)
  }

  #indexOf(name: string, value: string): number | undefined {
    const number = this.#numbers.get(name)?.get(value)
    return number === undefined ? staticFields.get(name)?.get(value) : staticTable.length + this.#made - number
  }

  #remember(name: string, value: string): void {
    const size = sizeOfField(name, value)
    this.#fit(this.#limit - size)
    this.version++
    if (size > this.#limit) return
    const values = this.#numbers.get(name)
    if (values === undefined) this.#numbers.set(name, new Map([[value, this.#made]]))
    else values.set(value, this.#made)
    this.#made++
    this.#entries.push({ name, value })
    this.#size += size
  }

  #fit(size: number): void {
    while (this.#entries.length > 0 && this.#size > size) {
      const { name, value } = this.#entries.shift()!
      this.#numbers.get(name)!.delete(value)
      this.#size -= sizeOfField(name, value)
    }
  }
}
