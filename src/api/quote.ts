/** Go's %q of a string. */
export function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`
  let out = '"'
  for (const char of text) {
    const code = char.codePointAt(0)!
    if (char === '"' || char === '\\') out += `\\${char}`
    else if (named.has(char)) out += named.get(char)
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`
    else if (char === ' ' || !unprintable.test(char)) out += char
    else out += code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
  }
  return `${out}"`
}

/** Go's %q of a list of strings. */
export const quoteList = (texts: readonly string[]): string => `[${texts.map(quote).join(' ')}]`

const named = new Map(
  Object.entries({ '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' }),
)
/** What unicode.IsPrint refuses, and the space, which it does not. */
const unprintable = /^[\p{C}\p{Z}]$/u
