/** One block of PEM text. Source of the reading: Go's encoding/pem, whose leniency and strictness clients rely on. */
export interface PemBlock {
  readonly type: string
  readonly hasHeaders: boolean
  readonly bytes: Buffer
}

const begin = '-----BEGIN '
const end = '-----END '
const dashes = '-----'
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** All blocks of a text, in order; what is between them and what is no block is passed over. */
export function* pemBlocks(text: string): Generator<PemBlock> {
  let at = 0
  // Where the next end is: looked for once, so that a text of beginnings without an end takes no longer than its length.
  let bodyEnd = -1
  for (;;) {
    const start = text.startsWith(begin, at) ? at : after(text, `\n${begin}`, at)
    if (start < 0) return
    const typeLine = line(text, start + begin.length)
    at = typeLine.next
    if (!typeLine.text.endsWith(dashes)) continue
    const type = typeLine.text.slice(0, -dashes.length)

    let hasHeaders = false
    let header = line(text, at)
    while (header.text.includes(':')) {
      hasHeaders = true
      at = header.next
      if (at >= text.length) return
      header = line(text, at)
    }
    if (at >= text.length) return

    if (bodyEnd < at || (bodyEnd === at && hasHeaders)) bodyEnd = after(text, `\n${end}`, hasHeaders ? at + 1 : at)
    if (bodyEnd < 0) return
    const inner = after(text, `\n${begin}`, at)
    if (inner >= 0 && inner < bodyEnd) continue // no base64
    const trailer = line(text, bodyEnd + end.length)
    if (trailer.text !== type + dashes) continue
    const body = text.slice(at, bodyEnd).replace(/[ \t\r\n]/g, '')
    if (!base64.test(body)) continue
    at = trailer.next
    yield { type, hasHeaders, bytes: Buffer.from(body, 'base64') }
  }
}

/** The first block of a text, or undefined. */
export const firstPemBlock = (text: string): PemBlock | undefined => pemBlocks(text).next().value ?? undefined

/** Where the line that a newline introduces begins, or below 0. */
function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, Math.max(from - 1, 0))
  return found < 0 ? -1 : found + 1
}

/** A line without the white space at its end, and where the next one begins. */
function line(text: string, from: number): { readonly text: string; readonly next: number } {
  const newline = text.indexOf('\n', from)
  const to = newline < 0 ? text.length : newline
  return { text: text.slice(from, to).replace(/[ \t\r]+$/, ''), next: newline < 0 ? text.length : newline + 1 }
}
