const named: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 0x5c],
  ["'", 0x27],
  ['"', 0x22],
  ['`', 0x60],
  ['?', 0x3f],
])

/**
 * The text that a string literal stands for.
 *
 * @throws Error with cel-go's message
 */
export function unescapeString(literal: string): string {
  const { body, raw } = unquote(literal)
  if (raw || !body.includes('\\')) return body
  let out = ''
  for (let i = 0; i < body.length; ) {
    const start = body.indexOf('\\', i)
    if (start < 0) return out + body.slice(i)
    const { code, length } = escapeAt(body, start)
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new Error('invalid unicode code point')
    out += body.slice(i, start) + String.fromCodePoint(code)
    i = start + length
  }
  return out
}

/**
 * The bytes that a bytes literal stands for.
 *
 * @param literal with its `b`
 * @throws Error with cel-go's message
 */
export function unescapeBytes(literal: string): Uint8Array {
  const { body, raw } = unquote(literal.slice(1))
  if (raw || !body.includes('\\')) return Uint8Array.from(Buffer.from(body, 'utf8'))
  const parts: number[] = []
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      const char = String.fromCodePoint(body.codePointAt(i)!)
      for (const byte of Buffer.from(char, 'utf8')) parts.push(byte)
      i += char.length
      continue
    }
    const { code, length } = escapeAt(body, i)
    if (length > 4) throw new Error('unable to unescape string')
    parts.push(code & 0xff)
    i += length
  }
  return Uint8Array.from(parts)
}

function unquote(literal: string): { readonly body: string; readonly raw: boolean } {
  const text = literal.replace(/\r\n?/g, '\n')
  const raw = text[0] === 'r' || text[0] === 'R'
  const quoted = raw ? text.slice(1) : text
  const triple = quoted.length >= 6 && (quoted.startsWith('"""') || quoted.startsWith("'''"))
  return { body: triple ? quoted.slice(3, -3) : quoted.slice(1, -1), raw }
}

function escapeAt(text: string, at: number): { readonly code: number; readonly length: number } {
  const char = text[at + 1]!
  const code = named.get(char)
  if (code !== undefined) return { code, length: 2 }
  if (char >= '0' && char <= '3') return { code: Number.parseInt(text.slice(at + 1, at + 4), 8), length: 4 }
  const digits = char === 'u' ? 4 : char === 'U' ? 8 : 2
  return { code: Number.parseInt(text.slice(at + 2, at + 2 + digits), 16), length: 2 + digits }
}
