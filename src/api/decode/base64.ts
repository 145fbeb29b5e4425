/**
 * Standard, padded base64 in its canonical form.
 *
 * @throws Error with the text of Go's encoding/base64 CorruptInputError
 */
export function canonicalBase64(text: string): string {
  // Node's decoder forgives much; what it writes back unchanged was canonical.
  const canonical = Buffer.from(text, 'base64').toString('base64')
  if (canonical === text) return text
  const bytes = Buffer.from(text)
  const bad = corruptAt(bytes)
  if (bad >= 0) throw new Error(`illegal base64 data at input byte ${bad}`)
  return canonical
}

const newline = (byte: number | undefined): boolean => byte === 0x0a || byte === 0x0d
const pad = 0x3d

/** Where Go's decoder stops, or -1. Line breaks are skipped; non-zero trailing bits are accepted. */
function corruptAt(src: Uint8Array): number {
  let at = 0
  for (;;) {
    for (let j = 0; j < 4; j++) {
      if (at === src.length) return j === 0 ? -1 : at - j
      const byte = src[at++]!
      if (isDigit(byte)) continue
      if (newline(byte)) {
        j--
        continue
      }
      if (byte !== pad || j < 2) return at - 1
      if (j === 2) {
        while (newline(src[at])) at++
        if (at === src.length) return at
        if (src[at] !== pad) return at - 1
        at++
      }
      while (newline(src[at])) at++
      return at < src.length ? at : -1
    }
  }
}

const isDigit = (byte: number): boolean =>
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x30 && byte <= 0x39) ||
  byte === 0x2b ||
  byte === 0x2f
