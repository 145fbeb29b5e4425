/** Those that are understood: 2.5.29.x of RFC 5280, as Go's crypto/x509 knows them. */
const understood: ReadonlySet<number> = new Set([14, 15, 17, 19, 30, 31, 32, 33, 35, 36, 37, 54])

/**
 * Whether a certificate marks an extension critical that is not understood: it must then be refused (RFC 5280, 4.2).
 *
 * @param der a certificate that node:crypto has parsed
 */
export function hasUnknownCritical(der: Buffer): boolean {
  const [signed] = elements(contents(der))
  const last = elements(contents(signed!.bytes)).at(-1)!
  if (last.tag !== extensionsTag) return false
  const [list] = elements(contents(last.bytes))
  return elements(contents(list!.bytes)).some(({ bytes }) => {
    const [id, critical] = elements(contents(bytes))
    if (critical?.tag !== booleanTag || contents(critical.bytes)[0] === 0) return false
    const name = contents(id!.bytes)
    const isKnown = name.length === 3 && name[0] === 0x55 && name[1] === 0x1d && understood.has(name[2]!)
    return !isKnown
  })
}

const booleanTag = 0x01
/** `[3] EXPLICIT`, the last part of what is signed. */
const extensionsTag = 0xa3

interface Element {
  readonly tag: number
  readonly bytes: Buffer
}

function elements(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const { start, length } = head(bytes, at)
    found.push({ tag: bytes[at]!, bytes: bytes.subarray(at, start + length) })
    at = start + length
  }
  return found
}

function contents(bytes: Buffer): Buffer {
  const { start, length } = head(bytes, 0)
  return bytes.subarray(start, start + length)
}

function head(bytes: Buffer, at: number): { readonly start: number; readonly length: number } {
  const first = bytes[at + 1]!
  if (first < 0x80) return { start: at + 2, length: first }
  const size = first & 0x7f
  return { start: at + 2 + size, length: bytes.readUIntBE(at + 2, size) }
}
