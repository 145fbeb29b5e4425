import { YamlError } from './errors.js'

/** From where on a text cannot be read, and why. The reader notices when it comes near. */
export interface Unreadable {
  readonly from: number
  readonly problem: string
}

/** A place in a text: lines and columns from 0. Behind the end there are zeros, which no text has. */
export class Cursor {
  at = 0
  line = 0
  column = 0

  constructor(
    readonly text: string,
    readonly unreadable: Unreadable | undefined,
  ) {}

  peek(offset = 0): number {
    return this.text.charCodeAt(this.at + offset) || 0
  }

  /** Not over line breaks. */
  skip(count = 1): void {
    this.at += count
    this.column += count
  }

  /** Over one line break. */
  skipLine(): void {
    this.at += this.peek() === 0x0d && this.peek(1) === 0x0a ? 2 : 1
    this.line++
    this.column = 0
  }

  /** One line break as it counts in a scalar. */
  readLine(): string {
    const code = this.peek()
    this.skipLine()
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : '\n'
  }

  skipBlanks(): void {
    while (isBlank(this.peek())) this.skip()
  }

  /** What is on the line from a `#` on. */
  skipComment(): void {
    if (this.peek() !== 0x23) return
    while (!isBreakOrEnd(this.peek())) this.skip()
  }

  /** `---` or `...` on a line of its own begins here. */
  atDocumentMark(): boolean {
    const code = this.peek()
    if (this.column !== 0 || (code !== 0x2d && code !== 0x2e)) return false
    return this.peek(1) === code && this.peek(2) === code && isBlankOrEnd(this.peek(3))
  }

  /** Throws if the next characters are among those that cannot be read. */
  ensure(ahead: number): void {
    const { unreadable } = this
    if (unreadable !== undefined && this.at + ahead > unreadable.from) throw new YamlError(unreadable.problem)
  }

  /** Lines are told from the second one on, and counted from 1. */
  fail(problem: string): never {
    this.ensure(1)
    throw new YamlError(this.line > 0 ? `line ${this.line + 1}: ${problem}` : problem)
  }
}

export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09

export const isBreak = (code: number): boolean =>
  code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029

export const isBreakOrEnd = (code: number): boolean => code === 0 || isBreak(code)

export const isBlankOrEnd = (code: number): boolean => isBlank(code) || isBreakOrEnd(code)

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

export const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x5f || code === 0x2d

/** The value of a hexadecimal digit, -1 if it is none. */
export function hexValue(code: number): number {
  if (isDigit(code)) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
