import type { OutgoingHttpHeaders } from 'node:http'
import { defaultFrame, flag, frameHead, frameType, writeHead } from './frames.js'
import { staticTable } from './header-table.js'

/** What an entry is counted as beside its text: RFC 7541, 4.1. */
const entrySize = 32
const tableSize = 4_096
/** Bytes before a text: its length, and the index of its name. */
const mostAround = 8
const hasOtherThanLatin1 = /[^\t\x20-\x7e\x80-\xff]/
const statusIndex = 8

/** Headers whose value is the same in many answers: both sides remember it. */
const remembered = new Set([
  'cache-control',
  'content-encoding',
  'content-type',
  'date',
  'vary',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
])

/** Those that HTTP/2 has no use for. */
const leftOut = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

const staticNames = new Map(staticTable.map(({ name }, i) => [name, i + 1]).reverse() as [string, number][])
const staticStatus = new Map(
  staticTable.flatMap(({ name, value }, i) => (name === ':status' ? [[Number(value), i + 1] as const] : [])),
)

interface Entry {
  readonly name: string
  readonly value: string
}

/** Writes the heads of answers for one connection: RFC 7541, without Huffman's code, which takes more time than it spares. */
export class ResponseHeaderEncoder {
  /** Of name and value: the number of the entry, counted from the first ever made. */
  readonly #numbers = new Map<string, Map<string, number>>()
  /** The oldest first. */
  readonly #entries: Entry[] = []
  #made = 0
  #size = 0
  #limit = tableSize
  #resized: number | undefined
  #lowest = tableSize

  /** What the other side is ready to remember. */
  limit(size: number): void {
    this.#limit = Math.min(size, tableSize)
    this.#resized = this.#limit
    this.#lowest = Math.min(this.#limit, this.#lowest)
    this.#fit(this.#limit)
  }

  /**
   * A HEADERS frame, and the frames that continue it if it is larger than any may be.
   *
   * @param headers names in lower case, values of Latin-1
   * @throws TypeError if a value has other characters
   */
  encode(stream: number, status: number, headers: OutgoingHttpHeaders, end: boolean): Buffer {
    const out = new BlockWriter(frameHead + sizeOf(headers))
    out.at = frameHead
    this.#tellSize(out)
    const known = staticStatus.get(status)
    if (known !== undefined) out.integer(known, 7, 0x80)
    else {
      out.integer(statusIndex, 4, 0)
      out.text(String(status))
    }
    for (const name in headers) {
      const value = headers[name]
      if (value === undefined || leftOut.has(name)) continue
      if (Array.isArray(value)) for (const one of value) this.#field(out, name, one)
      else this.#field(out, name, typeof value === 'string' ? value : String(value))
    }
    return framed(out.bytes(), stream, end)
  }

  #tellSize(out: BlockWriter): void {
    if (this.#resized === undefined) return
    // The other side has to know of the lowest, at which fields were forgotten.
    if (this.#lowest < this.#resized) out.integer(this.#lowest, 5, 0x20)
    out.integer(this.#resized, 5, 0x20)
    this.#resized = undefined
    this.#lowest = tableSize
  }

  #field(out: BlockWriter, name: string, value: string): void {
    const lasting = remembered.has(name)
    const number = lasting ? this.#numbers.get(name)?.get(value) : undefined
    if (number !== undefined) {
      out.integer(staticTable.length + this.#made - number, 7, 0x80)
      return
    }
    const nameIndex = staticNames.get(name) ?? 0
    if (lasting) out.integer(nameIndex, 6, 0x40)
    else out.integer(nameIndex, 4, 0)
    if (nameIndex === 0) out.text(name)
    out.text(value)
    if (lasting) this.#remember(name, value)
  }

  #remember(name: string, value: string): void {
    const size = name.length + value.length + entrySize
    this.#fit(this.#limit - size)
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
      this.#size -= name.length + value.length + entrySize
    }
  }
}

/** No less than what they come to. Throws before anything is written, and remembered, of them. */
function sizeOf(headers: OutgoingHttpHeaders): number {
  // two changes of the table's size and the status
  let size = 3 * mostAround
  for (const name in headers) {
    const value = headers[name]
    if (Array.isArray(value)) for (const one of value) size += sizeOfField(name, one)
    else size += sizeOfField(name, typeof value === 'string' ? value : String(value))
  }
  return size
}

function sizeOfField(name: string, value: string): number {
  if (hasOtherThanLatin1.test(value)) throw new TypeError(`Invalid character in header content ["${name}"]`)
  return name.length + value.length + 2 * mostAround
}

/** @param block with room for the first frame's head in front */
function framed(block: Buffer, stream: number, end: boolean): Buffer {
  const last = end ? flag.endStream : 0
  const size = block.length - frameHead
  if (size <= defaultFrame) {
    writeHead(block, 0, size, frameType.headers, flag.endHeaders | last, stream)
    return block
  }
  const parts: Buffer[] = []
  for (let at = frameHead; at < block.length; at += defaultFrame) {
    const part = block.subarray(at, at + defaultFrame)
    const head = Buffer.allocUnsafe(frameHead)
    const isFirst = at === frameHead
    const flags = (at + defaultFrame >= block.length ? flag.endHeaders : 0) | (isFirst ? last : 0)
    writeHead(head, 0, part.length, isFirst ? frameType.headers : frameType.continuation, flags, stream)
    parts.push(head, part)
  }
  return Buffer.concat(parts)
}

class BlockWriter {
  at = 0
  readonly #out: Buffer

  constructor(size: number) {
    this.#out = Buffer.allocUnsafe(size)
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

  text(text: string): void {
    this.integer(text.length, 7, 0)
    this.at += this.#out.write(text, this.at, 'latin1')
  }

  bytes(): Buffer {
    return this.#out.subarray(0, this.at)
  }
}
