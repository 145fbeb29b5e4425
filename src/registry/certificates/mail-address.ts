import { parseIp } from '../../api/index.js'

const space = /^[ \t]*/
const atom = '[^\\0-\\x20()<>\\[\\]:;@\\\\,".\\x7f]+'
const dotAtom = `${atom}(?:\\.${atom})*(?![^\\0-\\x20()<>\\[\\]:;@\\\\,"\\x7f])`
const quoted = '"(?:[^\\0-\\x08\\x0a-\\x1f"\\\\\\x7f]|\\\\[\\t\\x20-\\x7e])*"'
const plainAddress = new RegExp(`^(?:${dotAtom}|(?!"")${quoted})@[ \\t]*(?:${dotAtom}|\\[([!-Z^-~]*)\\])`)
const word = new RegExp(`^(?:${quoted}|[^\\0-\\x20()<>\\[\\]:;@\\\\,"\\x7f]+)`)

/**
 * Whether Go's net/mail reads ASCII text as one address: `jane@example.com`, `Jane <jane@example.com>`, comments and groups of
 * one and all. Encoded words in names are not looked into.
 */
export function isMailAddress(text: string): boolean {
  try {
    const reader = new Reader(text)
    return reader.address(true) === 1 && reader.atEnd()
  } catch (error) {
    if (error instanceof Mismatch) return false
    throw error
  }
}

class Mismatch extends Error {}

class Reader {
  #rest: string

  constructor(text: string) {
    this.#rest = text
  }

  atEnd(): boolean {
    this.#skipComments()
    return this.#rest === ''
  }

  /** How many addresses there are: one, or those of a group. */
  address(groups: boolean): number {
    this.#take(space)
    if (this.#plain()) {
      this.#skipComments()
      return 1
    }
    if (!this.#rest.startsWith('<')) this.#phrase()
    this.#take(space)
    if (groups && this.#skip(':')) return this.#group()
    if (!this.#skip('<') || !this.#plain() || !this.#skip('>')) throw new Mismatch()
    return 1
  }

  #group(): number {
    this.#take(space)
    let count = 0
    while (count > 0 || !this.#rest.startsWith(';')) {
      count += this.address(false)
      this.#skipComments()
      if (!this.#skip(',')) break
    }
    if (!this.#skip(';')) throw new Mismatch()
    return count
  }

  #plain(): boolean {
    const before = this.#rest
    this.#take(space)
    const found = plainAddress.exec(this.#rest)
    const literal = found?.[1]
    if (found === null || (literal !== undefined && parseIp(literal) === undefined)) {
      this.#rest = before
      return false
    }
    this.#rest = this.#rest.slice(found[0].length)
    return true
  }

  /** One word at least. */
  #phrase(): void {
    if (!this.#take(word)) throw new Mismatch()
    do this.#skipComments()
    while (this.#take(word))
  }

  #skipComments(): void {
    this.#take(space)
    while (this.#rest.startsWith('(')) {
      let depth = 0
      let at = 0
      do {
        const char = this.#rest[at]
        if (char === undefined) throw new Mismatch()
        if (char === '\\' && at + 1 < this.#rest.length) at++
        else if (char === '(') depth++
        else if (char === ')') depth--
        at++
      } while (depth > 0)
      this.#rest = this.#rest.slice(at)
      this.#take(space)
    }
  }

  #take(pattern: RegExp): boolean {
    const found = pattern.exec(this.#rest)
    if (found === null) return false
    this.#rest = this.#rest.slice(found[0].length)
    return true
  }

  #skip(text: string): boolean {
    if (!this.#rest.startsWith(text)) return false
    this.#rest = this.#rest.slice(text.length)
    return true
  }
}
