import { type Cursor, isBlankOrEnd, isBreak } from './cursor.js'
import { scanBlockScalar, scanPlainScalar, scanQuotedScalar } from './scan-scalar.js'
import { scanAnchor, scanDirective, scanTag } from './scan-tag.js'

export type TokenKind =
  | 'stream-end'
  | 'version'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence'
  | 'block-mapping'
  | 'block-end'
  | 'entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'
  | FlowMark

type FlowMark = '[' | ']' | '{' | '}' | ','

export interface Token {
  readonly kind: TokenKind
  /** Where it begins, from 0. */
  readonly line: number
  /** Of an anchor or alias the name, of a tag or tag directive the handle, of a version its number, of a scalar its text. */
  readonly text: string
  /** Of a tag what follows its handle, of a tag directive the prefix. */
  readonly suffix: string
  /** A scalar without quotes that is no block. */
  readonly plain: boolean
}

/** A token that turns out to be a key if a `:` follows soon enough. */
interface SimpleKey {
  readonly at: number
  readonly line: number
  readonly column: number
  /** The number of the token in the whole stream. */
  readonly token: number
  /** Nothing else can stand there. */
  readonly required: boolean
  possible: boolean
}

/** A key stands on one line and is no longer than this. */
const maxKey = 1024

/** Collections within one another, of either style. */
const maxDepth = 10_000

/**
 * The tokens of a stream, as go-yaml cuts it, which reads no further ahead than it must: errors come in its order.
 * Source: go.yaml.in/yaml/v2 scannerc.go.
 */
export class Scanner {
  readonly #cursor: Cursor
  readonly #queue: Token[] = []
  /** Tokens that were taken. */
  #taken = 0
  #ended = false
  #indent = -1
  readonly #indents: number[] = []
  #flowLevel = 0
  #keyAllowed = true
  /** The last possible key of each flow level. */
  readonly #keys: (SimpleKey | undefined)[] = [undefined]
  /** The flow level of a key by the number of its token. */
  readonly #keyLevels = new Map<number, number>()

  constructor(cursor: Cursor) {
    this.#cursor = cursor
  }

  peek(): Token {
    while (this.#mustRead()) this.#fetch()
    return this.#queue[0]!
  }

  skip(): void {
    this.#queue.shift()
    this.#taken++
  }

  /** The first token may have to wait for one that says whether it is a key. */
  #mustRead(): boolean {
    if (this.#queue.length === 0) return true
    if (this.#ended) return false
    const level = this.#keyLevels.get(this.#taken)
    return level !== undefined && this.#isPossible(this.#keys[level])
  }

  #fetch(): void {
    const cursor = this.#cursor
    this.#skipToToken()
    this.#unroll(cursor.column)
    cursor.ensure(4)
    const code = cursor.peek()
    if (code === 0) this.#streamEnd()
    else if (cursor.column === 0 && code === 0x25) this.#directive()
    else if (cursor.atDocumentMark()) this.#documentMark(code === 0x2d ? 'document-start' : 'document-end')
    else if (!this.#indicator(String.fromCharCode(code))) this.#plain(String.fromCharCode(code))
  }

  /** @returns whether it is one here */
  #indicator(char: string): boolean {
    const spaceBehind = isBlankOrEnd(this.#cursor.peek(1))
    const flow = this.#flowLevel > 0
    switch (char) {
      case '-':
        if (spaceBehind) this.#blockEntry()
        return spaceBehind
      case '?':
      case ':':
        if (!flow && !spaceBehind) return false
        if (char === '?') this.#key()
        else this.#value()
        return true
      case '|':
      case '>':
        if (!flow) this.#blockScalar()
        return !flow
      default:
        this.#marks[char]?.()
        return this.#marks[char] !== undefined
    }
  }

  /** What means the same everywhere. */
  readonly #marks: Readonly<Record<string, () => void>> = {
    '[': () => this.#flowStart('['),
    '{': () => this.#flowStart('{'),
    ']': () => this.#flowEnd(']'),
    '}': () => this.#flowEnd('}'),
    ',': () => this.#flowEntry(),
    '*': () => this.#word('alias', () => ({ text: scanAnchor(this.#cursor) })),
    '&': () => this.#word('anchor', () => ({ text: scanAnchor(this.#cursor) })),
    '!': () => this.#word('tag', () => this.#tag()),
    "'": () => this.#word('scalar', () => ({ text: scanQuotedScalar(this.#cursor) })),
    '"': () => this.#word('scalar', () => ({ text: scanQuotedScalar(this.#cursor) })),
  }

  #tag(): { text: string; suffix: string } {
    const { handle, suffix } = scanTag(this.#cursor)
    return { text: handle, suffix }
  }

  #flowEntry(): void {
    this.#removeKey()
    this.#keyAllowed = true
    this.#mark(',', 1)
  }

  #skipToToken(): void {
    const cursor = this.#cursor
    for (;;) {
      const tabs = this.#flowLevel > 0 || !this.#keyAllowed
      while (cursor.peek() === 0x20 || (tabs && cursor.peek() === 0x09)) cursor.skip()
      cursor.skipComment()
      if (!isBreak(cursor.peek())) return
      cursor.skipLine()
      if (this.#flowLevel === 0) this.#keyAllowed = true
    }
  }

  #streamEnd(): void {
    const cursor = this.#cursor
    if (cursor.column !== 0) {
      cursor.column = 0
      cursor.line++
    }
    this.#endBlocks()
    this.#ended = true
    this.#mark('stream-end', 0)
  }

  #directive(): void {
    this.#endBlocks()
    const { line } = this.#cursor
    const directive = scanDirective(this.#cursor)
    const { kind } = directive
    if (kind === 'version') this.#push({ kind, line, text: directive.version })
    else this.#push({ kind, line, text: directive.handle, suffix: directive.prefix })
  }

  #documentMark(kind: TokenKind): void {
    this.#endBlocks()
    this.#mark(kind, 3)
  }

  #endBlocks(): void {
    this.#unroll(-1)
    this.#removeKey()
    this.#keyAllowed = false
  }

  #flowStart(kind: FlowMark): void {
    this.#saveKey()
    this.#keys.push(undefined)
    this.#flowLevel++
    if (this.#flowLevel > maxDepth) this.#tooDeep()
    this.#keyAllowed = true
    this.#mark(kind, 1)
  }

  #flowEnd(kind: FlowMark): void {
    this.#removeKey()
    if (this.#flowLevel > 0) {
      this.#flowLevel--
      this.#keys.pop()
    }
    this.#keyAllowed = false
    this.#mark(kind, 1)
  }

  #blockEntry(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) this.#cursor.fail('block sequence entries are not allowed in this context')
      this.#roll('block-sequence', this.#cursor.column, this.#cursor.line)
    }
    this.#removeKey()
    this.#keyAllowed = true
    this.#mark('entry', 1)
  }

  #key(): void {
    if (this.#flowLevel === 0) {
      if (!this.#keyAllowed) this.#cursor.fail('mapping keys are not allowed in this context')
      this.#roll('block-mapping', this.#cursor.column, this.#cursor.line)
    }
    this.#removeKey()
    this.#keyAllowed = this.#flowLevel === 0
    this.#mark('key', 1)
  }

  #value(): void {
    const key = this.#keys.at(-1)
    if (key !== undefined && this.#isPossible(key)) {
      this.#insert({ kind: 'key', line: key.line }, key.token)
      this.#roll('block-mapping', key.column, key.line, key.token)
      key.possible = false
      this.#keyLevels.delete(key.token)
      this.#keyAllowed = false
    } else {
      if (this.#flowLevel === 0) {
        if (!this.#keyAllowed) this.#cursor.fail('mapping values are not allowed in this context')
        this.#roll('block-mapping', this.#cursor.column, this.#cursor.line)
      }
      this.#keyAllowed = this.#flowLevel === 0
    }
    this.#mark('value', 1)
  }

  #word(kind: TokenKind, scan: () => { text: string; suffix?: string }): void {
    this.#saveKey()
    this.#keyAllowed = false
    const { line } = this.#cursor
    this.#push({ kind, line, ...scan() })
  }

  #blockScalar(): void {
    this.#removeKey()
    this.#keyAllowed = true
    const { line } = this.#cursor
    this.#push({ kind: 'scalar', line, text: scanBlockScalar(this.#cursor, this.#indent) })
  }

  #plain(first: string): void {
    if (noPlain.has(first)) this.#cursor.fail('found character that cannot start any token')
    this.#saveKey()
    this.#keyAllowed = false
    const { line } = this.#cursor
    const { text, broken } = scanPlainScalar(this.#cursor, this.#flowLevel > 0, this.#indent)
    if (broken) this.#keyAllowed = true
    this.#push({ kind: 'scalar', line, text, plain: true })
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return
    const { at, line, column } = this.#cursor
    this.#removeKey()
    const token = this.#taken + this.#queue.length
    const required = this.#flowLevel === 0 && this.#indent === column
    this.#keys[this.#keys.length - 1] = { at, line, column, token, required, possible: true }
    this.#keyLevels.set(token, this.#keys.length - 1)
  }

  #removeKey(): void {
    const key = this.#keys.at(-1)
    if (key?.possible !== true) return
    if (key.required) this.#cursor.fail("could not find expected ':'")
    key.possible = false
    this.#keyLevels.delete(key.token)
  }

  /** What is too far back is no key any more. */
  #isPossible(key: SimpleKey | undefined): boolean {
    if (key?.possible !== true) return false
    const { line, at } = this.#cursor
    if (key.line === line && key.at + maxKey >= at) return true
    if (key.required) this.#cursor.fail("could not find expected ':'")
    key.possible = false
    return false
  }

  /** A block collection begins where something is further to the right than what is around it. */
  #roll(kind: TokenKind, column: number, line: number, token?: number): void {
    if (this.#flowLevel > 0 || this.#indent >= column) return
    this.#indents.push(this.#indent)
    this.#indent = column
    if (this.#indents.length > maxDepth) this.#tooDeep()
    this.#insert({ kind, line }, token)
  }

  #unroll(column: number): void {
    if (this.#flowLevel > 0) return
    while (this.#indent > column) {
      this.#push({ kind: 'block-end', line: this.#cursor.line })
      this.#indent = this.#indents.pop()!
    }
  }

  #tooDeep(): never {
    this.#cursor.fail(`exceeded max depth of ${maxDepth}`)
  }

  #mark(kind: TokenKind, length: number): void {
    this.#push({ kind, line: this.#cursor.line })
    this.#cursor.skip(length)
  }

  #push(token: PartialToken): void {
    this.#queue.push(whole(token))
  }

  /** @param number of the token before which it goes; default: at the end */
  #insert(token: PartialToken, number?: number): void {
    if (number === undefined) this.#push(token)
    else this.#queue.splice(number - this.#taken, 0, whole(token))
  }
}

type PartialToken = Pick<Token, 'kind' | 'line'> & Partial<Token>

const whole = ({ kind, line, text = '', suffix = '', plain = false }: PartialToken): Token => ({
  kind,
  line,
  text,
  suffix,
  plain,
})

/** What no plain scalar begins with, apart from `-?:` before no space. */
const noPlain: ReadonlySet<string> = new Set([...',[]{}#&*!|>\'"%@`\t'])
