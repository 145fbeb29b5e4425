import type { IssueList } from '../source.js'
import type { Next } from './grammar.js'
import type { Tokens } from './lexer.js'
import { printTypes, T, type Token } from './tokens.js'

/** A rule cannot go on. */
export class Mismatch {
  constructor(
    /** Undefined: it was told before. */
    readonly message: string | undefined,
    readonly offset: number,
  ) {}
}

/** Parsing is given up. */
export class GiveUp {
  constructor(readonly message: string | undefined) {}
}

const maxRecoveries = 30
const maxSkipped = 256

/**
 * The tokens and where one is among them, with the means to go on after a wrong one. What is reported, and in which
 * words, is what cel-go's generated parser reports: a token too many, a token missing, a token that does not fit.
 */
export class TokenReader {
  #index = 0
  #recovering = false
  #recoveries = 0
  #lastIndex = -1
  readonly #lastRules = new Set<string>()
  /** Of the rules being parsed, outermost first: what may come after the one called. */
  readonly #callers: Next[] = []

  constructor(
    readonly text: string,
    readonly source: Tokens,
    readonly issues: IssueList,
  ) {}

  get tokens(): readonly Token[] {
    return this.source.tokens
  }

  get type(): number {
    return this.tokens[this.#index]!.type
  }

  get token(): Token {
    return this.tokens[this.#index]!
  }

  /** The kind of a later token. */
  peek(distance: number): number {
    return this.tokens[Math.min(this.#index + distance, this.tokens.length - 1)]!.type
  }

  /** Takes a token that is known to fit. */
  take(): Token {
    this.#recovering = false
    return this.tokens[this.#index++]!
  }

  /** Runs a rule; if it cannot go on, skips to where its callers can. */
  rule<R>(name: string, then: Next, body: () => R, failed: () => R): R {
    this.#callers.push(then)
    try {
      return body()
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error
      this.#report(error)
      this.#recover(name)
      return failed()
    } finally {
      this.#callers.pop()
    }
  }

  /**
   * Takes a token of one kind. One too many before it is skipped, a missing one is made up.
   *
   * @throws Mismatch
   */
  match(type: number, then: Next): Token {
    if (this.type === type) return this.take()
    const expected = new Set([type])
    if (this.#deleteOne(expected)) return this.take()
    const { start } = this.token
    this.#attempt()
    if (this.#mayFollow(then).has(this.type)) {
      if (!this.#recovering) {
        this.#recovering = true
        this.#tell(`missing ${printTypes(expected)} at ${this.#shown()}`, start)
      }
      return { type, start, end: start }
    }
    throw this.mismatch(expected)
  }

  /** Makes sure that the next token is one of a set, skipping one that is too many. @throws Mismatch */
  sync(expected: ReadonlySet<number>): void {
    if (this.#recovering || expected.has(this.type)) return
    if (!this.#deleteOne(expected)) throw this.mismatch(expected)
  }

  /** The same within a loop: skips to one of the set or to where the callers can go on. */
  syncLoop(expected: ReadonlySet<number>): void {
    if (this.#recovering || expected.has(this.type)) return
    this.#tellUnwanted(expected)
    this.#skipTo(new Set([...expected, ...this.#recoverySet()]))
  }

  mismatch(expected: ReadonlySet<number>): Mismatch {
    return new Mismatch(`mismatched input ${this.#shown()} expecting ${printTypes(expected)}`, this.token.start)
  }

  /** None of a rule's forms fits. @param distance of the token that does not, from where the rule began */
  noAlternative(distance: number): Mismatch {
    const last = this.tokens[Math.min(this.#index + distance, this.tokens.length - 1)]!
    const first = this.token
    const input = first.type === T.eof ? '<EOF>' : this.source.shown(first.start, last.end)
    // Words that are no names are told apart, as before there was a generated parser.
    const word = /^.(true|false|null)/.exec(input)?.[1]
    const message =
      word === undefined || input.length !== word.length + 1
        ? `no viable alternative at input ${escaped(input)}`
        : `mismatched input '${word}' expecting IDENTIFIER`
    return new Mismatch(message, last.start)
  }

  #deleteOne(expected: ReadonlySet<number>): boolean {
    if (!expected.has(this.peek(1))) return false
    this.#attempt()
    this.#tellUnwanted(expected)
    this.#advance()
    this.#recovering = false
    return true
  }

  #tellUnwanted(expected: ReadonlySet<number>): void {
    if (this.#recovering) return
    this.#recovering = true
    this.#tell(`extraneous input ${this.#shown()} expecting ${printTypes(expected)}`, this.token.start)
  }

  #report({ message, offset }: Mismatch): void {
    if (this.#recovering || message === undefined) return
    this.#recovering = true
    this.#tell(message, offset)
  }

  #tell(message: string, offset: number): void {
    this.issues.add(`Syntax error: ${message}`, offset)
  }

  #recover(rule: string): void {
    this.#attempt()
    if (this.#lastIndex === this.#index && this.#lastRules.has(rule)) this.#advance()
    if (this.#lastIndex !== this.#index) this.#lastRules.clear()
    this.#lastIndex = this.#index
    this.#lastRules.add(rule)
    this.#skipTo(this.#recoverySet())
  }

  #attempt(): void {
    if (this.#recoveries++ < maxRecoveries) return
    const message = `error recovery attempt limit exceeded: ${maxRecoveries}`
    this.#tell(message, this.token.start)
    throw new GiveUp(undefined)
  }

  #skipTo(types: ReadonlySet<number>): void {
    for (let skipped = 0; this.type !== T.eof && !types.has(this.type); skipped++) {
      if (skipped >= maxSkipped) throw new GiveUp(`error recovery token lookahead limit exceeded: ${maxSkipped}`)
      this.#advance()
    }
  }

  #advance(): void {
    if (this.#index < this.tokens.length - 1) this.#index++
  }

  #recoverySet(): ReadonlySet<number> {
    return new Set(this.#callers.flatMap(({ types }) => types))
  }

  #mayFollow(then: Next): ReadonlySet<number> {
    const types = new Set(then.types)
    for (let i = this.#callers.length - 1, { end } = then; end && i >= 0; i--) {
      const caller = this.#callers[i]!
      for (const type of caller.types) types.add(type)
      end = caller.end
    }
    return types
  }

  #shown(): string {
    const { type, start, end } = this.token
    return escaped(type === T.eof ? '<EOF>' : this.text.slice(start, end))
  }
}

const escaped = (text: string): string =>
  `'${text.replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`
