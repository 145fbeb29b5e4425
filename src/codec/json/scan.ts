/** What a JSON text holds that `JSON.parse` would not tell. The text need not be valid. */
export interface Scan {
  /** Colons outside strings: the number of keys, however often each is there. */
  readonly keys: number
  readonly depth: number
  /** Any byte above 0x7f. */
  readonly highBytes: boolean
  /** An integer of 16 digits or more. */
  readonly longIntegers: boolean
  /** A number with a fraction or an exponent, or `-0`. */
  readonly oddNumbers: boolean
  /** An escaped UTF-16 surrogate, paired or not. */
  readonly surrogates: boolean
}

/** One pass over the bytes. */
export function scanJson(bytes: Uint8Array): Scan {
  const end = bytes.length
  let keys = 0
  let depth = 0
  let open = 0
  let highBytes = false
  let longIntegers = false
  let oddNumbers = false
  let surrogates = false
  for (let i = 0; i < end; i++) {
    const byte = bytes[i]!
    if (byte === 0x22) {
      for (i++; i < end; i++) {
        const inside = bytes[i]!
        if (inside === 0x22) break
        if (inside === 0x5c) {
          i++
          if (bytes[i] === 0x75 && (bytes[i + 1]! | 0x20) === 0x64) surrogates = true
        } else if (inside > 0x7f) highBytes = true
      }
    } else if (byte === 0x3a) keys++
    else if (byte === 0x7b || byte === 0x5b) {
      if (++open > depth) depth = open
    } else if (byte === 0x7d || byte === 0x5d) open--
    else if (byte <= 0x39 && byte >= 0x30) {
      const start = i
      let next = bytes[i + 1]!
      while (next <= 0x39 && next >= 0x30) next = bytes[++i + 1]!
      if (i - start >= 15) longIntegers = true
      if (next === 0x2e || (next | 0x20) === 0x65) oddNumbers = true
    } else if (byte === 0x2d) {
      if (bytes[i + 1] === 0x30) oddNumbers = true
    } else if (byte > 0x7f) highBytes = true
  }
  return { keys, depth, highBytes, longIntegers, oddNumbers, surrogates }
}

/** Counts the keys of a parsed value, in all its objects. */
export function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += countKeys(item)
    return count
  }
  const object = value as Record<string, unknown>
  for (const key in object) {
    count++
    const held = object[key]
    if (typeof held === 'object') count += countKeys(held)
  }
  return count
}
