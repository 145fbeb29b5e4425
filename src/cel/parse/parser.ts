import type { CallExpr, Expr, ListExpr, MapEntry, MapExpr, StructExpr, StructField } from '../ast.js'
import { type Macro, MacroError } from '../macro.js'
import { IssueList, Source } from '../source.js'
import { CelError } from '../values.js'
import { MacroExpander } from './expander.js'
import {
  after,
  beginsExpression,
  beginsField,
  beginsItem,
  beginsMember,
  expected,
  identifiers,
  isLiteral,
  type Next,
  productOperators,
  relationOperators,
  reserved,
  sumOperators,
} from './grammar.js'
import { tokenize } from './lexer.js'
import { literalValue } from './literal.js'
import { GiveUp, TokenReader } from './recovery.js'
import { T, type Token } from './tokens.js'

/** What cel-go bounds: characters of an expression, and rules within one another. */
const maxCodePoints = 100_000
const maxDepth = 250
const tooDeep = `expression recursion limit exceeded: ${maxDepth}`
/** Macros may double what they are given; cel-go lets them. */
const maxNodes = 150_000

export interface Parsed {
  readonly expr: Expr
  /** Where each expression stands in the text, by its id. */
  readonly offsets: readonly (number | undefined)[]
}

/** Parses an expression and expands its macros. What is wrong is added to the issues. */
export function parse(text: string, macros: MacroTable, issues = new IssueList(new Source(text))): Parsed {
  // A code point has at most two units.
  const size = text.length > maxCodePoints ? Array.from(text).length : text.length
  if (size > maxCodePoints) {
    issues.add(`expression code point size exceeds limit: size: ${size}, limit ${maxCodePoints}`, undefined)
    return { expr: { kind: 'unspecified', id: 1 }, offsets: [] }
  }
  return new Parser(text, macros, issues).parse()
}

/** Macros by name, number of arguments and style. */
export type MacroTable = ReadonlyMap<string, Macro>

export const macroKey = (name: string, args: number, member: boolean): string => `${name}:${args}:${member}`

type Rule = 'expr' | 'relation' | 'calc' | 'member'

/** Recursive descent over cel-go's grammar. Rules, and the order in which ids are given, are cel-go's. */
class Parser {
  readonly #reader: TokenReader
  readonly #offsets: (number | undefined)[] = [undefined]
  readonly #expander: MacroExpander
  readonly #depths: Record<Rule, number> = { expr: 0, relation: 0, calc: 0, member: 0 }
  /** How deep the expression parsed last is. */
  #height = 0

  constructor(
    readonly text: string,
    readonly macros: MacroTable,
    readonly issues: IssueList,
  ) {
    this.#reader = new TokenReader(text, tokenize(text, issues), issues)
    this.#expander = new MacroExpander((offset) => this.#id(offset), this.#offsets)
  }

  parse(): Parsed {
    let expr: Expr = { kind: 'unspecified', id: 0 }
    try {
      this.#reader.rule(
        'start',
        after.tail,
        () => {
          expr = this.#expr(after.start)
          this.#reader.match(T.eof, after.tail)
        },
        () => {},
      )
    } catch (error) {
      // Levels of all rules together may be more than the stack holds.
      if (error instanceof RangeError) this.issues.add(tooDeep, undefined)
      else if (!(error instanceof GiveUp)) throw error
      else if (error.message !== undefined) this.issues.add(error.message, undefined)
    }
    return { expr, offsets: this.#offsets }
  }

  #expr(then: Next): Expr {
    this.#enter('expr')
    const expr = this.#rule('expr', then, () => {
      const condition = this.#or(after.condition)
      if (this.#reader.type !== T.question) return condition
      const height = this.#height
      const id = this.#id(this.#reader.take().start)
      const ifTrue = this.#or(after.ifTrue)
      const heightTrue = this.#height
      this.#reader.match(T.colon, after.expression)
      const ifFalse = this.#expr(after.tail)
      this.#grow(Math.max(height, heightTrue))
      return this.#call(id, '_?_:_', undefined, [condition, ifTrue, ifFalse])
    })
    this.#depths.expr--
    return expr
  }

  #or(then: Next): Expr {
    return this.#rule('or', then, () => this.#logic(T.or, '_||_', () => this.#and(after.or)))
  }

  #and(then: Next): Expr {
    return this.#rule('and', then, () => this.#logic(T.and, '_&&_', () => this.#relation(after.and)))
  }

  /** Terms of one operator, as a balanced tree: a long chain is not deep. */
  #logic(type: number, name: string, term: () => Expr): Expr {
    const first = term()
    if (this.#reader.type !== type) return first
    const terms = [first]
    const ids: number[] = []
    let height = this.#height
    while (this.#reader.type === type) {
      const operator = this.#reader.take()
      terms.push(term())
      ids.push(this.#id(operator.start))
      height = Math.max(height, this.#height)
    }
    this.#height = height
    return this.#balanced(name, terms, ids, 0, ids.length - 1)
  }

  #balanced(name: string, terms: readonly Expr[], ids: readonly number[], low: number, high: number): Expr {
    const middle = (low + high + 1) >> 1
    const left = middle === low ? terms[middle]! : this.#balanced(name, terms, ids, low, middle - 1)
    const right = middle === high ? terms[middle + 1]! : this.#balanced(name, terms, ids, middle + 1, high)
    return { kind: 'call', id: ids[middle]!, name, target: undefined, args: [left, right] }
  }

  #relation(then: Next): Expr {
    return this.#binary('relation', then, [relationOperators], 0, (next) => this.#calc(next, 0), after.relation)
  }

  #calc(then: Next, precedence: number): Expr {
    return this.#binary('calc', then, [sumOperators, productOperators], precedence, (n) => this.#unary(n), after.calc)
  }

  /** Operators that bind to the left, the later lists more tightly. */
  #binary(
    rule: Rule,
    then: Next,
    operators: readonly ReadonlyMap<number, string>[],
    precedence: number,
    operand: (then: Next) => Expr,
    afterOperand: Next,
  ): Expr {
    const depth = this.#depths[rule]
    this.#enter(rule)
    const expr = this.#rule(rule, then, () => {
      let left = operand(afterOperand)
      for (;;) {
        const level = operators.findIndex((names, i) => i >= precedence && names.has(this.#reader.type))
        if (level < 0) return left
        this.#enter(rule)
        const token = this.#reader.take()
        const id = this.#id(token.start)
        const height = this.#height
        const right = this.#binary(rule, afterOperand, operators, level + 1, operand, afterOperand)
        this.#grow(height)
        left = this.#call(id, operators[level]!.get(token.type)!, undefined, [left, right])
      }
    })
    this.#depths[rule] = depth
    return expr
  }

  #unary(then: Next): Expr {
    return this.#rule('unary', then, () => {
      const reader = this.#reader
      reader.sync(expected.expression)
      if (reader.type === T.exclamation) return this.#prefixed(T.exclamation, '!_')
      if (!beginsExpression.has(reader.type)) throw reader.noAlternative(0)
      if (reader.type !== T.minus) return this.#member(after.tail)
      const next = reader.peek(1)
      if (next === T.int || next === T.float) return this.#member(after.tail)
      if (next !== T.minus && !beginsMember.has(next)) throw reader.noAlternative(1)
      return this.#prefixed(T.minus, '-_')
    })
  }

  /** Two of the same operator are none. */
  #prefixed(type: number, name: string): Expr {
    const reader = this.#reader
    const first = reader.token.start
    let count = 0
    do {
      if (type === T.minus && count > 0) {
        const next = reader.peek(1)
        if (next !== T.minus && !beginsMember.has(next)) throw reader.noAlternative(1)
      }
      reader.take()
      count++
      reader.syncLoop(expected.expression)
    } while (reader.type === type)
    if (count % 2 === 0) return this.#member(after.tail)
    const id = this.#id(first)
    return this.#call(id, name, undefined, [this.#member(after.tail)])
  }

  #member(then: Next): Expr {
    const depth = this.#depths.member
    this.#enter('member')
    const expr = this.#rule('member', then, () => {
      let member = this.#primary(after.member)
      for (;;) {
        const { type } = this.#reader
        if (type !== T.dot && type !== T.leftBracket) return member
        this.#enter('member')
        member = type === T.dot ? this.#selection(member) : this.#index(member)
      }
    })
    this.#depths.member = depth
    return expr
  }

  #selection(operand: Expr): Expr {
    const reader = this.#reader
    const next = reader.peek(1)
    if (next === T.identifier && reader.peek(2) === T.leftParen) return this.#methodCall(operand)
    if (next !== T.question && !identifiers.has(next)) throw reader.noAlternative(1)
    const dot = reader.take().start
    const optional = reader.type === T.question
    if (optional) reader.take()
    const at = reader.token.start
    const name = this.#rule('escapeIdent', after.member, () => {
      reader.sync(identifiers)
      return reader.take()
    })
    this.#grow(0)
    if ('kind' in name) return this.#wrong('unsupported ident kind', at)
    const field = this.#identifierText(name)
    if (!optional) return { kind: 'select', id: this.#id(dot), operand, field, test: false }
    const literal: Expr = { kind: 'literal', id: this.#id(name.start), value: field }
    return { kind: 'call', id: this.#id(dot), name: '_?._', target: undefined, args: [operand, literal] }
  }

  #methodCall(operand: Expr): Expr {
    this.#reader.take()
    const name = this.#textOf(this.#reader.take())
    const id = this.#id(this.#reader.take().start)
    const height = this.#height
    const args = this.#arguments()
    this.#grow(height)
    return this.#call(id, name, operand, args)
  }

  #index(operand: Expr): Expr {
    const reader = this.#reader
    const id = this.#id(reader.take().start)
    reader.sync(expected.item)
    const optional = reader.type === T.question
    if (optional) reader.take()
    const height = this.#height
    const index = this.#expr(after.index)
    reader.match(T.rightBracket, after.member)
    this.#grow(height)
    return this.#call(id, optional ? '_[?_]' : '_[_]', undefined, [operand, index])
  }

  /** The arguments of a call whose parenthesis is open. */
  #arguments(): readonly Expr[] {
    const reader = this.#reader
    reader.sync(expected.arguments)
    const args: Expr[] = []
    let height = 0
    if (beginsExpression.has(reader.type)) {
      this.#rule('exprList', after.parenthesis, () => {
        args.push(this.#expr(after.argument))
        height = this.#height
        while (reader.type === T.comma) {
          reader.take()
          args.push(this.#expr(after.argument))
          height = Math.max(height, this.#height)
        }
        return args[0]!
      })
    }
    reader.match(T.rightParen, after.member)
    this.#height = height
    return args
  }

  #primary(then: Next): Expr {
    return this.#rule('primary', then, () => {
      const reader = this.#reader
      reader.sync(expected.expression)
      this.#height = 0
      switch (reader.type) {
        case T.leftParen: {
          reader.take()
          const expr = this.#expr(after.parenthesis)
          reader.match(T.rightParen, after.tail)
          return expr
        }
        case T.leftBracket:
          return this.#list()
        case T.leftBrace:
          return this.#map()
        case T.identifier:
        case T.dot:
          return this.#named()
        default:
          if (isLiteral.has(reader.type)) return this.#literal(undefined)
          if (reader.type === T.minus && (reader.peek(1) === T.int || reader.peek(1) === T.float))
            return this.#literal(reader.take())
          throw reader.noAlternative(reader.type === T.minus ? 1 : 0)
      }
    })
  }

  /** A name, the call of a function, or an object. */
  #named(): Expr {
    const reader = this.#reader
    const first = reader.token.start
    const leading = reader.type === T.dot ? 1 : 0
    if (reader.peek(leading) !== T.identifier) throw reader.noAlternative(1)
    let last = leading
    while (reader.peek(last + 1) === T.dot && reader.peek(last + 2) === T.identifier) last += 2
    if (reader.peek(last + 1) === T.leftBrace) return this.#object(last + 1)
    if (leading > 0) reader.take()
    const token = reader.take()
    const id = this.#textOf(token)
    const wrong = reserved.has(id) ? this.#wrong(`reserved identifier: ${id}`, first) : undefined
    const open = reader.type === T.leftParen ? reader.take() : undefined
    const args = open === undefined ? [] : this.#arguments()
    if (wrong !== undefined) return wrong
    const name = leading > 0 ? `.${id}` : id
    if (open === undefined) return { kind: 'ident', id: this.#id(token.start), name }
    return this.#globalCall(open.start, name, args)
  }

  #globalCall(offset: number, name: string, args: readonly Expr[]): Expr {
    return this.#call(this.#id(offset), name, undefined, args)
  }

  /** @param tokens of the type's name */
  #object(tokens: number): StructExpr {
    const reader = this.#reader
    let typeName = ''
    for (let i = 0; i < tokens; i++) typeName += this.#textOf(reader.take())
    const id = this.#id(reader.take().start)
    const fields: StructField[] = []
    reader.sync(expected.fields)
    if (beginsField.has(reader.type)) {
      this.#items('fields', beginsField, after.entries, () => {
        const field = this.#field()
        if (field !== undefined) fields.push(field)
      })
    }
    reader.sync(expected.mapEnd)
    if (reader.type === T.comma) reader.take()
    reader.match(T.rightBrace, after.tail)
    return { kind: 'struct', id, typeName, fields }
  }

  #field(): StructField | undefined {
    const reader = this.#reader
    let optional = false
    let name: Token | undefined
    this.#rule('optField', after.key, () => {
      reader.sync(expected.field)
      optional = reader.type === T.question
      if (optional) reader.take()
      return this.#rule('escapeIdent', after.tail, () => {
        reader.sync(identifiers)
        if (!identifiers.has(reader.type)) throw reader.noAlternative(0)
        name = reader.take()
        return this.#nothing()
      })
    })
    const id = this.#id(reader.match(T.colon, after.expression).start)
    const value = this.#expr(after.argument)
    return name === undefined ? undefined : { id, name: this.#identifierText(name), value, optional }
  }

  #list(): ListExpr {
    const reader = this.#reader
    const id = this.#id(reader.take().start)
    const elements: Expr[] = []
    const optionals: number[] = []
    let height = 0
    reader.sync(expected.listItems)
    if (beginsItem.has(reader.type)) {
      this.#items('list', beginsItem, after.listItems, () => {
        const { expr, optional } = this.#item(after.argument)
        if (optional) optionals.push(elements.length)
        elements.push(expr)
        height = Math.max(height, this.#height)
      })
    }
    reader.sync(expected.listEnd)
    if (reader.type === T.comma) reader.take()
    reader.match(T.rightBracket, after.tail)
    this.#height = height
    return { kind: 'list', id, elements, optionals }
  }

  #map(): MapExpr {
    const reader = this.#reader
    const id = this.#id(reader.take().start)
    const entries: MapEntry[] = []
    let height = 0
    reader.sync(expected.mapEntries)
    if (beginsItem.has(reader.type)) {
      this.#items('map', beginsItem, after.entries, () => {
        const entry = this.#id(0)
        const { expr: key, optional } = this.#item(after.key)
        height = Math.max(height, this.#height)
        this.#offsets[entry] = reader.match(T.colon, after.expression).start
        const value = this.#expr(after.argument)
        height = Math.max(height, this.#height)
        entries.push({ id: entry, key, value, optional })
      })
    }
    reader.sync(expected.mapEnd)
    if (reader.type === T.comma) reader.take()
    reader.match(T.rightBrace, after.tail)
    this.#height = height
    return { kind: 'map', id, entries }
  }

  /** One item after the other, with commas between. A comma after the last is not theirs. */
  #items(rule: string, begins: ReadonlySet<number>, then: Next, item: () => void): void {
    const reader = this.#reader
    this.#rule(rule, then, () => {
      item()
      while (reader.type === T.comma && begins.has(reader.peek(1))) {
        reader.take()
        item()
      }
      return this.#nothing()
    })
  }

  #item(then: Next): { readonly expr: Expr; readonly optional: boolean } {
    const reader = this.#reader
    let optional = false
    const expr = this.#rule('optExpr', then, () => {
      reader.sync(expected.item)
      optional = reader.type === T.question
      if (optional) reader.take()
      return this.#expr(after.tail)
    })
    return { expr, optional }
  }

  #literal(sign: Token | undefined): Expr {
    const token = this.#reader.take()
    const offset = sign?.start ?? token.start
    try {
      const value = literalValue(token.type, (sign === undefined ? '' : '-') + this.#textOf(token))
      return { kind: 'literal', id: this.#id(offset), value }
    } catch (error) {
      if (!(error instanceof Error) && !(error instanceof CelError)) throw error
      return this.#wrong(error.message, offset)
    }
  }

  /** A call, or what a macro of that name makes of it. */
  #call(id: number, name: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    const call: CallExpr = { kind: 'call', id, name, target, args }
    const macro = this.macros.get(macroKey(name, args.length, target !== undefined))
    if (macro === undefined) return call
    try {
      const expanded = macro.expand(this.#expander.at(id), target, args)
      return expanded ?? call
    } catch (error) {
      if (!(error instanceof MacroError)) throw error
      return this.#wrong(error.message, this.#offsets[error.exprId])
    }
  }

  #wrong(message: string, offset: number | undefined): Expr {
    this.issues.add(message, offset)
    return { kind: 'unspecified', id: this.#id(offset) }
  }

  #identifierText(token: Token): string {
    if (token.type === T.escapedIdentifier) this.issues.add("unsupported syntax: '`'", token.start)
    return this.#textOf(token)
  }

  #textOf(token: Token): string {
    return this.text.slice(token.start, token.end)
  }

  #id(offset: number | undefined): number {
    if (this.#offsets.length > maxNodes) throw new GiveUp(`expression node limit exceeded: ${maxNodes}`)
    return this.#offsets.push(offset) - 1
  }

  #rule<R extends Expr | Token>(name: string, then: Next, body: () => R): R | Expr
  #rule(name: string, then: Next, body: () => Expr): Expr
  #rule<R>(name: string, then: Next, body: () => R): R | Expr {
    const { start } = this.#reader.token
    return this.#reader.rule<R | Expr>(name, then, body, () => this.#unspecified(start))
  }

  #unspecified(offset: number): Expr {
    return { kind: 'unspecified', id: this.#id(offset) }
  }

  #nothing(): Expr {
    return { kind: 'unspecified', id: 0 }
  }

  #enter(rule: Rule): void {
    if (++this.#depths[rule] > maxDepth) throw new GiveUp(tooDeep)
  }

  /** The expression just parsed holds others. @param height of those parsed before the last */
  #grow(height: number): void {
    this.#height = Math.max(this.#height, height) + 1
    if (this.#height > maxDepth) throw new GiveUp('max recursion depth exceeded')
  }
}
