/**
 * The little of ASN.1's distinguished encoding that certificates need. Every function returns a complete value: tag,
 * length, contents.
 */
export function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), length(body.length), body])
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tagged(0x30, ...items)
export const set = (...items: readonly Uint8Array[]): Buffer => tagged(0x31, ...items)
/** Context-specific and constructed: `[n] EXPLICIT`. */
export const explicit = (n: number, item: Uint8Array): Buffer => tagged(0xa0 | n, item)
/** Context-specific and primitive: `[n] IMPLICIT` of a string. */
export const implicit = (n: number, contents: Uint8Array): Buffer => tagged(0x80 | n, contents)
export const octetString = (contents: Uint8Array): Buffer => tagged(0x04, contents)
export const utf8String = (text: string): Buffer => tagged(0x0c, Buffer.from(text))
export const boolean = (value: boolean): Buffer => Buffer.from([0x01, 0x01, value ? 0xff : 0x00])

/** A positive integer given by its bytes, most significant first. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const body = bytes.subarray(start)
  return tagged(0x02, body[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), body]) : body)
}

export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer => tagged(0x03, Buffer.from([unusedBits]), bytes)

/** @param dotted for example `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** UTCTime up to 2049, GeneralizedTime from 2050, as RFC 5280 wants it. Milliseconds are cut off. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits))
}

/** The values inside a constructed one. Only for encodings that we trust: our own, and what node:crypto has parsed. */
export function children(value: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = header(value, 0).contents; at < value.length; ) {
    const { end } = header(value, at)
    found.push(value.subarray(at, end))
    at = end
  }
  return found
}

function header(bytes: Buffer, at: number): { contents: number; end: number } {
  const first = bytes[at + 1]!
  if (first < 0x80) return { contents: at + 2, end: at + 2 + first }
  const size = first & 0x7f
  const contents = at + 2 + size
  return { contents, end: contents + bytes.readUIntBE(at + 2, size) }
}

function length(n: number): Buffer {
  if (n < 0x80) return Buffer.from([n])
  const bytes: number[] = []
  for (let rest = n; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

function base128(n: number): number[] {
  const bytes = [n % 128]
  for (let rest = Math.floor(n / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(0x80 | (rest % 128))
  return bytes
}
