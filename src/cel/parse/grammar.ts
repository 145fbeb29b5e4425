import { T } from './tokens.js'

/** What may come next within a rule. */
export interface Next {
  readonly types: readonly number[]
  /** The rule may also end there. */
  readonly end: boolean
}

const next = (...types: readonly number[]): Next => ({ types, end: false })
const nextOrEnd = (...types: readonly number[]): Next => ({ types, end: true })

const literals = [T.true, T.false, T.null, T.float, T.int, T.uint, T.string, T.bytes] as const
const relations = [T.equals, T.notEquals, T.in, T.less, T.lessEquals, T.greaterEquals, T.greater] as const
const sums = [T.plus, T.minus] as const
const products = [T.star, T.slash, T.percent] as const

const expression = [
  ...[T.leftBracket, T.leftBrace, T.leftParen, T.dot, T.minus, T.exclamation],
  ...literals,
  T.identifier,
]

/** Kinds of tokens with which an expression can begin. */
export const beginsExpression: ReadonlySet<number> = new Set(expression)
/** And an item of a list, which may be optional. */
export const beginsItem: ReadonlySet<number> = new Set([...expression, T.question])
export const beginsMember: ReadonlySet<number> = new Set(expression.filter((t) => t !== T.minus && t !== T.exclamation))
export const beginsField: ReadonlySet<number> = new Set([T.question, T.identifier, T.escapedIdentifier])
export const identifiers: ReadonlySet<number> = new Set([T.identifier, T.escapedIdentifier])
export const isLiteral: ReadonlySet<number> = new Set(literals)

/** Of the places where it can be told that a token is wrong: what is expected there. */
export const expected = {
  expression: beginsExpression,
  item: beginsItem,
  field: beginsField,
  arguments: new Set([...expression, T.rightParen]),
  listItems: new Set([...beginsItem, T.comma, T.rightBracket]),
  listEnd: new Set([T.comma, T.rightBracket]),
  mapEntries: new Set([...beginsItem, T.comma, T.rightBrace]),
  mapEnd: new Set([T.comma, T.rightBrace]),
  fields: new Set([...beginsField, T.comma, T.rightBrace]),
} as const

/** Of the places where a rule goes on after another: what may come next. */
export const after = {
  start: next(T.eof),
  condition: nextOrEnd(T.question),
  ifTrue: next(T.colon),
  tail: nextOrEnd(),
  or: nextOrEnd(T.or),
  and: nextOrEnd(T.and),
  relation: nextOrEnd(...relations),
  calc: nextOrEnd(...products, ...sums),
  member: nextOrEnd(T.dot, T.leftBracket),
  parenthesis: next(T.rightParen),
  index: next(T.rightBracket),
  argument: nextOrEnd(T.comma),
  listItems: next(T.comma, T.rightBracket),
  entries: next(T.comma, T.rightBrace),
  key: next(T.colon),
  expression: next(...expression),
  fieldsOrEnd: next(...expected.fields),
} as const

/** Operators that bind alike, by token. */
export const relationOperators: ReadonlyMap<number, string> = new Map([
  [T.equals, '_==_'],
  [T.notEquals, '_!=_'],
  [T.in, '@in'],
  [T.less, '_<_'],
  [T.lessEquals, '_<=_'],
  [T.greaterEquals, '_>=_'],
  [T.greater, '_>_'],
])
export const sumOperators: ReadonlyMap<number, string> = new Map([
  [T.plus, '_+_'],
  [T.minus, '_-_'],
])
export const productOperators: ReadonlyMap<number, string> = new Map([
  [T.star, '_*_'],
  [T.slash, '_/_'],
  [T.percent, '_%_'],
])

/** Words that are no variable's name. */
export const reserved: ReadonlySet<string> = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
)
