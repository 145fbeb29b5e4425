import { compareKeys } from './key-order.js'
import { styleOf, unprintable } from './scalar-style.js'

/**
 * JSON data as YAML, character for character as kube-apiserver answers it: keys sorted, two spaces, lists not indented,
 * long texts folded after column 80. Source: sigs.k8s.io/yaml JSONToYAML over go-yaml v2's emitter.
 */
export function encodeYaml(value: unknown): Buffer {
  const emitter = new Emitter()
  emitter.node(value, 0, -2)
  emitter.line(0)
  return Buffer.from(emitter.text)
}

const width = 80

class Emitter {
  text = ''
  #column = 0

  /** @param indent of the collection, @param outer of the collection around it: texts continue two columns right of it */
  node(value: unknown, indent: number, outer: number): void {
    if (Array.isArray(value) && value.length > 0) this.#sequence(value, indent)
    else if (isMapping(value)) this.#mapping(value, indent)
    else this.#scalar(value, Math.max(0, outer + 2))
  }

  /** Begins a line unless one has just begun. */
  line(indent: number): void {
    if (this.#column > 0) this.#write('\n')
    this.#write(' '.repeat(indent))
  }

  #sequence(items: readonly unknown[], indent: number): void {
    items.forEach((item, i) => {
      if (i > 0) this.line(indent)
      this.#write('- ')
      this.node(item ?? null, indent + 2, indent)
    })
  }

  #mapping(object: object, indent: number): void {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined)
    entries.sort(([a], [b]) => compareKeys(a, b))
    entries.forEach(([key, value], i) => {
      if (i > 0) this.line(indent)
      if (Buffer.byteLength(key) > 128 || lineBreak.test(key)) this.#longKey(key, value, indent)
      else this.#pair(key, value, indent)
    })
  }

  #pair(key: string, value: unknown, indent: number): void {
    this.#string(key, indent + 2, true)
    this.#write(':')
    if (Array.isArray(value) && value.length > 0) {
      this.line(indent)
      this.#sequence(value, indent)
    } else if (isMapping(value)) {
      this.line(indent + 2)
      this.#mapping(value, indent + 2)
    } else {
      this.#write(' ')
      this.#scalar(value, indent + 2)
    }
  }

  #longKey(key: string, value: unknown, indent: number): void {
    this.#write('? ')
    this.#string(key, indent + 2, false)
    this.line(indent)
    this.#write(': ')
    this.node(value, indent + 2, indent)
  }

  #scalar(value: unknown, indent: number): void {
    if (typeof value === 'string') this.#string(value, indent, false)
    else if (typeof value === 'number') this.#write(numberText(value))
    else if (Array.isArray(value)) this.#write('[]')
    else this.#write(typeof value === 'object' && value !== null ? '{}' : String(value ?? null))
  }

  #string(given: string, indent: number, isKey: boolean): void {
    const text = given.includes('\u0085') ? withoutNextLines(given) : given
    switch (styleOf(text, isKey)) {
      case 'plain':
        this.#folded(text, indent, !isKey, false)
        return
      case 'single':
        this.#write("'")
        this.#folded(text.replaceAll("'", "''"), indent, !isKey, true)
        this.#write("'")
        return
      case 'double':
        this.#double(text, indent, !isKey)
        return
      case 'literal':
        this.#literal(text, indent)
    }
  }

  #folded(text: string, indent: number, fold: boolean, quoted: boolean): void {
    for (let i = 0; i < text.length; i++) {
      if (separator.test(text[i]!)) {
        this.#break(text[i]!, i + 1 < text.length && !separator.test(text[i + 1]!) ? indent : 0)
        continue
      }
      const foldable = fold && text[i] === ' ' && text[i - 1] !== ' ' && text[i + 1] !== ' '
      const inside = !quoted || (i > 0 && i < text.length - 1)
      if (foldable && inside && this.#column > width) this.line(indent)
      else this.#write(text[i]!)
    }
  }

  #double(text: string, indent: number, fold: boolean): void {
    this.#write('"')
    const chars = [...text]
    let broken = false
    chars.forEach((char, i) => {
      if (char === ' ' && fold && !broken && this.#column > width && i > 0 && i < chars.length - 1) {
        this.line(indent)
        if (chars[i + 1] === ' ') this.#write('\\')
        broken = true
        return
      }
      broken = char === ' '
      this.#write(escaped(char))
    })
    this.#write('"')
  }

  #literal(text: string, indent: number): void {
    const hint = /^[ \n\r\u0085\u2028\u2029]/.test(text) ? '2' : ''
    const ending = /[\n\u2028\u2029]*$/.exec(text)![0].length
    const chomp = ending === 0 ? '-' : ending > 1 || text.length === 1 ? '+' : ''
    this.#write(`|${hint}${chomp}\n`)
    for (const line of text.split(/(?<=[\n\u2028\u2029])/)) {
      if (!lineBreak.test(line[0]!)) this.#write(' '.repeat(indent))
      this.#write(line)
    }
    if (separator.test(text.at(-1)!)) this.#column = 0
  }

  /** A line may end with a separator of Unicode, too. */
  #break(char: string, indent: number): void {
    this.#write(char)
    this.#column = 0
    this.#write(' '.repeat(indent))
  }

  #write(text: string): void {
    if (text === '') return
    this.text += text
    const end = text.lastIndexOf('\n')
    this.#column = end < 0 ? this.#column + text.length : text.length - end - 1
  }
}

const isMapping = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).some((held) => held !== undefined)
}

const names: Readonly<Record<string, string>> = {
  '\u0000': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function escaped(char: string): string {
  const name = names[char]
  if (name !== undefined) return name
  if (!unprintable.test(char)) return char
  const code = char.codePointAt(0)!
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** Upstream reads its JSON as YAML, where U+0085 breaks a quoted text: one break is a space, of several the first one is lost. */
const withoutNextLines = (text: string): string =>
  text.replace(/ *\u0085(?: *\u0085)* */g, (found) => '\n'.repeat(found.replaceAll(' ', '').length - 1) || ' ')

/** Of the line breaks those that a text in single quotes may have. */
const separator = /[\u2028\u2029]/
const lineBreak = /[\n\r\u0085\u2028\u2029]/

/** Integers of 64 bits as they are, all else as Go's FormatFloat(value, 'g', -1, 64) has it. */
function numberText(value: number): string {
  if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 64) {
    const text = value.toString()
    const digits = BigInt(text)
    if (digits >= -(2n ** 63n) && digits < 2n ** 64n) return text
  }
  const [mantissa, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent >= -4 && exponent < 6) return value.toString()
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
