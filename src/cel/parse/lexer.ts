import type { IssueList } from '../source.js'
import { T, type Token } from './tokens.js'

const symbols: readonly (readonly [text: string, type: number])[] = [
  ['==', T.equals],
  ['!=', T.notEquals],
  ['<=', T.lessEquals],
  ['>=', T.greaterEquals],
  ['&&', T.and],
  ['||', T.or],
  ['<', T.less],
  ['>', T.greater],
  ['[', T.leftBracket],
  [']', T.rightBracket],
  ['{', T.leftBrace],
  ['}', T.rightBrace],
  ['(', T.leftParen],
  [')', T.rightParen],
  ['.', T.dot],
  [',', T.comma],
  ['-', T.minus],
  ['!', T.exclamation],
  ['?', T.question],
  [':', T.colon],
  ['+', T.plus],
  ['*', T.star],
  ['/', T.slash],
  ['%', T.percent],
]
const words = new Map<string, number>([
  ['in', T.in],
  ['true', T.true],
  ['false', T.false],
  ['null', T.null],
])
const blank = /(?:[\t \r\n\f]|\/\/[^\n]*)+/y
const word = /[A-Za-z_][A-Za-z0-9_]*/y
const escapedWord = /`[A-Za-z0-9_.\-/ ]+`/y
const number =
  /(?:0x[0-9a-fA-F]+[uU]?|[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|[0-9]+[uU]?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y
const escapeSequence = String.raw`\\(?:[abfnrtv"'\\?\x60]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`
const string = new RegExp(
  [
    String.raw`[bB]?(?:[rR](?:"""[^]*?"""|'''[^]*?'''|"[^"\n\r]*"|'[^'\n\r]*')`,
    String.raw`"""(?:${escapeSequence}|[^\\])*?"""|'''(?:${escapeSequence}|[^\\])*?'''`,
    String.raw`"(?:${escapeSequence}|[^\\"\n\r])*"|'(?:${escapeSequence}|[^\\'\n\r])*')`,
  ].join('|'),
  'y',
)
/** As much of a string as is one, if its end is missing. */
const brokenString = new RegExp(
  String.raw`(?:"(?:${escapeSequence}|[^\\"\n\r])*|'(?:${escapeSequence}|[^\\'\n\r])*)(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?`,
  'y',
)

export interface Tokens {
  readonly tokens: readonly Token[]
  /** The text with what belongs to no token cut out: what messages show of it. */
  shown(start: number, end: number): string
}

/** The tokens of a text, the end among them. What is none is reported and left out. */
export function tokenize(text: string, issues: IssueList): Tokens {
  const tokens: Token[] = []
  const broken: (readonly [start: number, end: number])[] = []
  let at = skip(blank, text, 0)
  while (at < text.length) {
    const token = tokenAt(text, at)
    if (token !== undefined) {
      tokens.push(token)
      at = token.end
    } else {
      const end = brokenEnd(text, at)
      issues.add(`Syntax error: token recognition error at: '${text.slice(at, end)}'`, at)
      broken.push([at, end])
      at = end
    }
    at = skip(blank, text, at)
  }
  tokens.push({ type: T.eof, start: text.length, end: text.length })
  return { tokens, shown: (start, end) => withoutBroken(text, start, end, broken) }
}

function withoutBroken(
  text: string,
  start: number,
  end: number,
  broken: readonly (readonly [start: number, end: number])[],
): string {
  let shown = ''
  let at = start
  for (const [from, to] of broken) {
    if (from < at || from >= end) continue
    shown += text.slice(at, from)
    at = to
  }
  return shown + text.slice(at, end)
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

function tokenAt(text: string, start: number): Token | undefined {
  const char = text.charCodeAt(start)
  const isLetter = (char >= 0x61 && char <= 0x7a) || (char >= 0x41 && char <= 0x5a) || char === 0x5f
  if (char === 0x22 || char === 0x27 || isLetter) {
    const end = skip(string, text, start)
    if (end > start) return { type: (char | 0x20) === 0x62 ? T.bytes : T.string, start, end }
  }
  if (isLetter) {
    const end = skip(word, text, start)
    return { type: words.get(text.slice(start, end)) ?? T.identifier, start, end }
  }
  if ((char >= 0x30 && char <= 0x39) || char === 0x2e) {
    const end = skip(number, text, start)
    if (end > start) return { type: numberType(text.slice(start, end)), start, end }
  }
  if (char === 0x60) {
    const end = skip(escapedWord, text, start)
    return end > start ? { type: T.escapedIdentifier, start, end } : undefined
  }
  for (const [symbol, type] of symbols) {
    if (text.startsWith(symbol, start)) return { type, start, end: start + symbol.length }
  }
  return undefined
}

function numberType(text: string): number {
  if (/[uU]$/.test(text)) return T.uint
  return text.startsWith('0x') || !/[.eE]/.test(text) ? T.int : T.float
}

/** The longest beginning of a token, and the character that does not go on with it. */
function brokenEnd(text: string, start: number): number {
  const char = text[start]!
  let end = start
  if (char === '"' || char === "'") end = skip(brokenString, text, start)
  else if (char === '`') end = skip(/`[A-Za-z0-9_.\-/ ]*/y, text, start)
  else if (char === '=' || char === '&' || char === '|') end = start + 1
  const next = text.codePointAt(end)
  return next === undefined ? text.length : end + (next > 0xffff ? 2 : 1)
}
