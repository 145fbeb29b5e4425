import { type Duplicates, goJson, JsonNumber, type Literals, quote, setOwn } from '../../api/index.js'
import { goText } from './utf8.js'

/** Malformed JSON, or a number no 64-bit type holds. The message is Go's. */
export class JsonError extends Error {
  override readonly name = 'JsonError'
}

export interface StrictJson {
  readonly value: unknown
  readonly duplicates: Duplicates
  /** The value holds a JsonNumber. */
  readonly exact: boolean
  /** Where they are asked for: strings and numbers that are written otherwise than Go writes them. */
  readonly literals: Literals | undefined
  /** The first number that no float64 holds: its value is infinite. Undefined where numbers are kept as JsonNumber. */
  readonly outOfRange: string | undefined
}

/**
 * Reads JSON exactly as Go's decoder does: errors in its words, bytes that are no UTF-8 and lone surrogates replaced by
 * U+FFFD, integers beyond 2^53 as bigint as long as they fit int64. Of repeated keys the last one counts.
 *
 * @param exactNumbers numbers that JavaScript would write otherwise (`1.0`) become JsonNumber
 * @throws JsonError
 */
export function readStrict(bytes: Buffer, maxDepth: number, exactNumbers: boolean, literals = false): StrictJson {
  const reader = new Reader(bytes, maxDepth, exactNumbers, literals ? new Map() : undefined)
  const value = reader.document()
  const { duplicates, exact, outOfRange } = reader
  return { value, duplicates, exact, outOfRange, literals: reader.literals }
}

type Entry = readonly [key: string, value: unknown]

class Reader {
  readonly duplicates = new Map<object, readonly Entry[]>()
  exact = false
  outOfRange: string | undefined
  readonly #bytes: Buffer
  readonly #maxDepth: number
  readonly #exact: boolean
  #at = 0
  #depth = 0

  constructor(
    bytes: Buffer,
    maxDepth: number,
    exact: boolean,
    readonly literals: Map<object, Map<string, string>> | undefined,
  ) {
    this.#bytes = bytes
    this.#maxDepth = maxDepth
    this.#exact = exact
  }

  document(): unknown {
    const value = this.#value()
    if (this.#space() !== undefined) this.#fail('after top-level value')
    return value
  }

  #value(): unknown {
    const byte = this.#space()
    switch (byte) {
      case 0x7b:
        return this.#object()
      case 0x5b:
        return this.#array()
      case 0x22:
        return this.#string()
      case 0x74:
        return this.#literal('true', true)
      case 0x66:
        return this.#literal('false', false)
      case 0x6e:
        return this.#literal('null', null)
    }
    if (byte === 0x2d || isDigit(byte)) return this.#number()
    return this.#fail('looking for beginning of value')
  }

  #member(owner: object, key: string): unknown {
    if (this.literals === undefined) return this.#value()
    this.#space()
    const start = this.#at
    const value = this.#value()
    const notes = this.literals.get(owner)
    // Of a repeated key the last one counts.
    notes?.delete(key)
    if (typeof value !== 'string' && typeof value !== 'number') return value
    const text = this.#bytes.toString('utf8', start, this.#at)
    if (text === goJson(value)) return value
    if (notes === undefined) this.literals.set(owner, new Map([[key, text]]))
    else notes.set(key, text)
    return value
  }

  #object(): Record<string, unknown> {
    this.#open()
    const object: Record<string, unknown> = {}
    const entries: Entry[] = []
    let repeated = false
    let next = this.#space()
    if (next !== 0x7d) {
      for (;;) {
        if (next !== 0x22) this.#fail('looking for beginning of object key string')
        const key = this.#string()
        if (this.#space() !== 0x3a) this.#fail('after object key')
        this.#at++
        const value = this.#member(object, key)
        repeated ||= Object.hasOwn(object, key)
        setOwn(object, key, value)
        entries.push([key, value])
        next = this.#space()
        if (next === 0x7d) break
        if (next !== 0x2c) this.#fail('after object key:value pair')
        this.#at++
        next = this.#space()
      }
    }
    this.#close()
    if (repeated) this.duplicates.set(object, entries)
    return object
  }

  #array(): unknown[] {
    this.#open()
    const items: unknown[] = []
    if (this.#space() !== 0x5d) {
      for (;;) {
        items.push(this.#member(items, String(items.length)))
        const next = this.#space()
        if (next === 0x5d) break
        if (next !== 0x2c) this.#fail('after array element')
        this.#at++
      }
    }
    this.#close()
    return items
  }

  #open(): void {
    if (++this.#depth > this.#maxDepth) this.#fail('exceeded max depth')
    this.#at++
  }

  #close(): void {
    this.#depth--
    this.#at++
  }

  #string(): string {
    const bytes = this.#bytes
    let out = ''
    let start = ++this.#at
    for (;;) {
      const byte = bytes[this.#at]
      if (byte === 0x22) break
      if (byte === undefined || byte < 0x20) this.#fail('in string literal')
      if (byte !== 0x5c) {
        this.#at++
        continue
      }
      out += goText(bytes, start, this.#at)
      this.#at++
      out += this.#escape()
      start = this.#at
    }
    out += goText(bytes, start, this.#at)
    this.#at++
    return out
  }

  #escape(): string {
    const byte = this.#bytes[this.#at]
    if (byte !== 0x75) {
      const char = byte === undefined ? undefined : escapes.get(byte)
      if (char === undefined) return this.#failInside('in string escape code')
      this.#at++
      return char
    }
    this.#at++
    const unit = this.#hex()
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit)
    // A high surrogate wants a low one right behind it; whatever else comes is read on its own.
    if (unit < 0xdc00 && this.#bytes[this.#at] === 0x5c && this.#bytes[this.#at + 1] === 0x75) {
      const before = this.#at
      this.#at += 2
      const low = this.#hex()
      if (low >= 0xdc00 && low <= 0xdfff) return String.fromCharCode(unit, low)
      this.#at = before
    }
    return '\ufffd'
  }

  #hex(): number {
    let unit = 0
    for (let i = 0; i < 4; i++) {
      const digit = hexDigit(this.#bytes[this.#at])
      if (digit < 0) this.#failInside('in \\u hexadecimal character escape')
      unit = unit * 16 + digit
      this.#at++
    }
    return unit
  }

  #literal<T>(word: string, value: T): T {
    for (let i = 1; i < word.length; i++) {
      this.#at++
      if (this.#bytes[this.#at] !== word.charCodeAt(i)) this.#failInside(`in literal ${word} (expecting '${word[i]}')`)
    }
    this.#at++
    return value
  }

  #number(): unknown {
    const start = this.#at
    if (this.#bytes[this.#at] === 0x2d) this.#at++
    if (this.#bytes[this.#at] === 0x30) this.#at++
    else this.#digits('in numeric literal')
    let integer = true
    if (this.#bytes[this.#at] === 0x2e) {
      integer = false
      this.#at++
      this.#digits('after decimal point in numeric literal')
    }
    if ((this.#bytes[this.#at]! | 0x20) === 0x65) {
      integer = false
      this.#at++
      if (this.#bytes[this.#at] === 0x2b || this.#bytes[this.#at] === 0x2d) this.#at++
      this.#digits('in exponent of numeric literal')
    }
    const literal = this.#bytes.toString('latin1', start, this.#at)
    return integer ? this.#integer(literal) : this.#float(literal)
  }

  #integer(literal: string): unknown {
    const number = Number(literal)
    if (Number.isSafeInteger(number)) return number === 0 ? 0 : number
    if (literal.length <= 20) {
      const exact = BigInt(literal)
      if (BigInt.asIntN(64, exact) === exact) return exact
    }
    return this.#float(literal)
  }

  #float(literal: string): unknown {
    const number = Number(literal)
    if (!Number.isFinite(number) && !this.#exact) this.outOfRange ??= literal
    if (!this.#exact || literal === String(number)) return number
    this.exact = true
    return new JsonNumber(literal)
  }

  #digits(context: string): void {
    if (!isDigit(this.#bytes[this.#at])) this.#failInside(context)
    while (isDigit(this.#bytes[this.#at])) this.#at++
  }

  /** Skips white space. @returns the byte behind it, undefined at the end */
  #space(): number | undefined {
    let byte = this.#bytes[this.#at]
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = this.#bytes[++this.#at]
    return byte
  }

  /** In the middle of a literal Go takes the end of the text for a space. */
  #failInside(context: string): never {
    if (this.#at >= this.#bytes.length) throw new JsonError(`invalid character ' ' ${context}`)
    return this.#fail(context)
  }

  #fail(context: string): never {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new JsonError('unexpected end of JSON input')
    throw new JsonError(`invalid character ${quoteByte(byte)} ${context}`)
  }
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte <= 0x39 && byte >= 0x30

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

const escapes = new Map([
  [0x22, '"'],
  [0x5c, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
])

/** Go takes the byte for a code point here. */
function quoteByte(byte: number): string {
  if (byte === 0x27) return "'\\''"
  if (byte === 0x22) return "'\"'"
  return `'${quote(String.fromCharCode(byte)).slice(1, -1)}'`
}
