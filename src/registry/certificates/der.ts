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
export function readDer(bytes: Buffer): DerElement {
  if (bytes.length === 0) throw syntax('sequence truncated')
  const first = bytes[0]!
  const tag = first & 0x1f
  if (tag === 0x1f) throw syntax('invalid base 128 integer')
  if (bytes.length < 2) throw syntax('truncated tag or length')
  const { length, head } = readLength(bytes)
  if (head + length > bytes.length) throw syntax('data truncated')
  return {
    tagClass: first >> 6,
    tag,
    constructed: (first & 0x20) !== 0,
    content: bytes.subarray(head, head + length),
    raw: bytes.subarray(0, head + length),
    rest: bytes.subarray(head + length),
  }
}

/** Reads an element with the tag that is wanted; `type` is the name Go gives what is read. @throws DerError */
export function expectDer(bytes: Buffer, wanted: number, type: string): DerElement {
  const element = readDer(bytes)
  const { tagClass, tag, constructed, content, raw } = element
  const compound = wanted === sequence || wanted === set
  if (tagClass === 0 && tag === wanted && constructed === compound) return element
  const found = `{class:${tagClass} tag:${tag} length:${content.length} isCompound:${constructed}}`
  throw structure(`tags don't match (${wanted} vs ${found}) ${parameters} ${type} @${raw.length - content.length}`)
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

function readLength(bytes: Buffer): { readonly length: number; readonly head: number } {
  const short = bytes[1]!
  if (short < 0x80) return { length: short, head: 2 }
  const count = short & 0x7f
  if (count === 0) throw syntax('indefinite length found (not DER)')
  if (count > 4) throw structure('length too large')
  if (bytes.length < 2 + count) throw syntax('truncated tag or length')
  const length = bytes.readUIntBE(2, count)
  if (bytes[2] === 0) throw structure('superfluous leading zeros in length')
  if (length < 0x80) throw structure('non-minimal length')
  return { length, head: 2 + count }
}
