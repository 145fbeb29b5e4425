/** JSON as bytes, as Go writes it: bigint as an integer, keys that are undefined left out, `<>&` escaped. */
export function encodeJson(value: unknown): Buffer {
  return Buffer.from(stringifyJson(value), 'utf8')
}

export function stringifyJson(value: unknown): string {
  return stringify(value, '')
}

/** The same with every member and item on a line of its own, two spaces further in than what holds it. */
export function indentJson(value: unknown): string {
  return stringify(value, '  ')
}

function stringify(value: unknown, step: string): string {
  try {
    return escapeHtml(JSON.stringify(value, undefined, step))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // The only thing in JSON data that JSON.stringify cannot write is a bigint.
    return escapeHtml(write(value, step, ''))
  }
}

/** Go escapes what a browser could take for markup, and the line breaks that JavaScript once did not have in strings. */
function escapeHtml(json: string): string {
  // Nearly nothing has any of them, and each search for one character is as fast as memory.
  if (!special.some((char) => json.includes(char))) return json
  return json.replaceAll(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const special = ['<', '>', '&', '\u2028', '\u2029']

function write(value: unknown, step: string, outer: string): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const inner = outer + step
  if (Array.isArray(value))
    return enclosed(
      '[',
      ']',
      value.map((item) => write(item, step, inner)),
      step,
      outer,
    )
  const colon = step === '' ? ':' : ': '
  const members: string[] = []
  for (const [key, held] of Object.entries(value)) {
    if (held !== undefined) members.push(`${JSON.stringify(key)}${colon}${write(held, step, inner)}`)
  }
  return enclosed('{', '}', members, step, outer)
}

function enclosed(open: string, close: string, parts: readonly string[], step: string, outer: string): string {
  if (step === '' || parts.length === 0) return open + parts.join(',') + close
  return `${open}\n${outer}${step}${parts.join(`,\n${outer}${step}`)}\n${outer}${close}`
}
