/** JSON as bytes; bigint as an integer, keys that are undefined left out. */
export function encodeJson(value: unknown): Buffer {
  return Buffer.from(stringifyJson(value), 'utf8')
}

export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    // The only thing in JSON data that JSON.stringify cannot write is a bigint.
    return write(value)
  }
}

function write(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  const members: string[] = []
  for (const [key, held] of Object.entries(value)) {
    if (held !== undefined) members.push(`${JSON.stringify(key)}:${write(held)}`)
  }
  return `{${members.join(',')}}`
}
