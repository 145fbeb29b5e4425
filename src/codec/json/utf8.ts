import { isUtf8 } from 'node:buffer'

/** Bytes as text the way Go reads them: every single byte that is no UTF-8 becomes U+FFFD. */
export function goText(bytes: Buffer, start: number, end: number): string {
  const slice = bytes.subarray(start, end)
  if (isUtf8(slice)) return slice.toString('utf8')
  let out = ''
  let good = 0
  for (let i = 0; i < slice.length; ) {
    const width = runeWidth(slice, i)
    if (width === 0) {
      out += `${slice.toString('utf8', good, i)}\ufffd`
      good = ++i
    } else i += width
  }
  return out + slice.toString('utf8', good)
}

/** How many bytes the rune at `i` takes; 0 if none begins there. */
function runeWidth(bytes: Uint8Array, i: number): number {
  const first = bytes[i]!
  if (first < 0x80) return 1
  const width =
    first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0
  if (width === 0 || i + width > bytes.length) return 0
  // Overlong forms, surrogates and code points above U+10FFFF narrow what may come second.
  const second = bytes[i + 1]!
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let k = 2; k < width; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return 0
  return width
}
