import type { OutgoingHttpHeaders } from 'node:http'
import { BlockWriter, FieldWriter, mostOfField, mostSizeChange } from './field-writer.js'
import { defaultFrame, flag, frameHead, frameType, writeHead } from './frames.js'
import { staticTable } from './header-table.js'

const hasOtherThanLatin1 = /[^\t\x20-\x7e\x80-\xff]/

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

const staticStatus = new Map(
  staticTable.flatMap(({ name, value }, i) => (name === ':status' ? [[Number(value), i + 1] as const] : [])),
)

/** Writes the heads of answers for one connection. */
export class ResponseHeaderEncoder {
  readonly #fields = new FieldWriter()

  /** What the other side is ready to remember. */
  limit(size: number): void {
    this.#fields.limit(size)
  }

  /**
   * A HEADERS frame, and the frames that continue it if it is larger than any may be.
   *
   * @param headers names in lower case, values of Latin-1
   * @throws TypeError if a value has other characters
   */
  encode(stream: number, status: number, headers: OutgoingHttpHeaders, end: boolean): Buffer {
    const out = new BlockWriter(sizeOf(headers), frameHead)
    this.#fields.begin(out)
    const known = staticStatus.get(status)
    if (known !== undefined) out.integer(known, 7, 0x80)
    else this.#fields.write(out, ':status', String(status), false)
    for (const name in headers) {
      const value = headers[name]
      if (value === undefined || leftOut.has(name)) continue
      const lasting = remembered.has(name)
      if (Array.isArray(value)) for (const one of value) this.#fields.write(out, name, one, lasting)
      else this.#fields.write(out, name, typeof value === 'string' ? value : String(value), lasting)
    }
    return framed(out.bytes(), stream, end)
  }
}

/** No less than what they come to. Throws before anything is written, and remembered, of them. */
function sizeOf(headers: OutgoingHttpHeaders): number {
  let size = mostSizeChange + mostOfField(':status', '200')
  for (const name in headers) {
    const value = headers[name]
    if (Array.isArray(value)) for (const one of value) size += mostOf(name, one)
    else size += mostOf(name, typeof value === 'string' ? value : String(value))
  }
  return size
}

function mostOf(name: string, value: string): number {
  if (hasOtherThanLatin1.test(value)) throw new TypeError(`Invalid character in header content ["${name}"]`)
  return mostOfField(name, value)
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
