/** An element of DER: class and number of its tag, its content and where it lies. */
export interface DerElement {
  readonly tagClass: number
  readonly tag: number
  readonly constructed: boolean
  readonly content: Buffer
  /** The element with its head. */
  readonly raw: Buffer
  /** What comes behind it. */
  readonly rest: Buffer
}

/** What is wrong with DER, in the words of Go's encoding/asn1. */
export class DerError extends Error {}

const syntax = (text: string): DerError => new DerError(`asn1: syntax error: ${text}`)
const structure = (text: string): DerError => new DerError(`asn1: structure error: ${text}`)

/** Reads the element that `bytes` begin with. @throws DerError */
export const readDer = (bytes: Buffer): DerElement => elementOf(bytes, readHead(bytes))

/** Reads an element with the tag that is wanted; `type` is the name Go gives what is read. @throws DerError */
export function expectDer(bytes: Buffer, wanted: number, type: string): DerElement {
  const head = readHead(bytes)
  const { tagClass, tag, constructed, length, size } = head
  const compound = wanted === sequence || wanted === set
  if (tagClass === 0 && tag === wanted && constructed === compound) return elementOf(bytes, head)
  const found = `{class:${tagClass} tag:${tag} length:${length} isCompound:${constructed}}`
  throw structure(`tags don't match (${wanted} vs ${found}) ${parameters} ${type} @${size}`)
}

/** The bytes of a bit string; none where it is not made of whole ones. @throws DerError */
export function wholeBytes(content: Buffer): Buffer {
  if (content.length === 0) throw syntax('zero length BIT STRING')
  const padding = content[0]!
  const wrong = padding > 7 || (content.length === 1 && padding > 0) || (content.at(-1)! & ((1 << padding) - 1)) !== 0
  if (wrong) throw syntax('invalid padding bits in BIT STRING')
  return padding === 0 ? content.subarray(1) : Buffer.alloc(0)
}

export const trailingData = (): DerError => syntax('trailing data')

export const sequence = 16
export const set = 17
export const bitString = 3
export const integer = 2
export const objectIdentifier = 6

const parameters =
  '{optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}'

/** The numbers of an object identifier, dotted. */
export function oidText(content: Buffer): string {
  const numbers: number[] = []
  let value = 0
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f)
    if (byte & 0x80) continue
    if (numbers.length > 0) numbers.push(value)
    else numbers.push(Math.min(Math.floor(value / 40), 2), value < 80 ? value % 40 : value - 80)
    value = 0
  }
  return numbers.join('.')
}

interface Head {
  readonly tagClass: number
  readonly tag: number
  readonly constructed: boolean
  readonly length: number
  /** Bytes of the head itself. */
  readonly size: number
}

function elementOf(bytes: Buffer, { tagClass, tag, constructed, length, size }: Head): DerElement {
  const end = size + length
  if (end > bytes.length) throw syntax('data truncated')
  const content = bytes.subarray(size, end)
  return { tagClass, tag, constructed, content, raw: bytes.subarray(0, end), rest: bytes.subarray(end) }
}

function readHead(bytes: Buffer): Head {
  if (bytes.length === 0) throw syntax('sequence truncated')
  const first = bytes[0]!
  let at = 1
  let tag = first & 0x1f
  if (tag === 0x1f) {
    tag = 0
    let byte: number
    do {
      if (at >= bytes.length) throw syntax('truncated base 128 integer')
      if (at > 4) throw structure('base 128 integer too large')
      byte = bytes[at++]!
      tag = tag * 128 + (byte & 0x7f)
    } while (byte & 0x80)
    if (tag < 0x1f) throw syntax('non-minimal tag')
  }
  if (at >= bytes.length) throw syntax('truncated tag or length')
  let length = bytes[at++]!
  if (length & 0x80) {
    const count = length & 0x7f
    if (count === 0) throw syntax('indefinite length found (not DER)')
    length = 0
    for (let i = 0; i < count; i++) {
      if (at >= bytes.length) throw syntax('truncated tag or length')
      if (length >= 1 << 23) throw structure('length too large')
      length = length * 256 + bytes[at++]!
      if (length === 0) throw structure('superfluous leading zeros in length')
    }
    if (length < 0x80) throw structure('non-minimal length')
  }
  return { tagClass: first >> 6, tag, constructed: (first & 0x20) !== 0, length, size: at }
}
