import { type Cursor, hexValue, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit } from './cursor.js'

// The text of scalars. Source: go.yaml.in/yaml/v2 scannerc.go; YAML 1.1 §9.

/** @param parentIndent column of the block around; -1 if there is none */
export function scanBlockScalar(cursor: Cursor, parentIndent: number): string {
  const literal = cursor.peek() === 0x7c
  cursor.skip()
  const { chomping, increment } = blockHeader(cursor)
  cursor.skipBlanks()
  cursor.skipComment()
  if (!isBreakOrEnd(cursor.peek())) cursor.fail('did not find expected comment or line break')
  if (isBreak(cursor.peek())) cursor.skipLine()

  let indent = increment === 0 ? 0 : Math.max(parentIndent, 0) + increment
  let breaks: string
  ;({ breaks, indent } = blockBreaks(cursor, indent, parentIndent))
  let text = ''
  let leadingBreak = ''
  let leadingBlank = false
  while (cursor.column === indent && cursor.peek() !== 0) {
    const blank = isBlank(cursor.peek())
    const folds = !literal && !leadingBlank && !blank && leadingBreak === '\n'
    if (!folds) text += leadingBreak
    else if (breaks === '') text += ' '
    text += breaks
    leadingBlank = blank
    text += restOfLine(cursor)
    leadingBreak = cursor.peek() === 0 ? '' : cursor.readLine()
    ;({ breaks } = blockBreaks(cursor, indent, parentIndent))
  }
  if (chomping !== '-') text += leadingBreak
  return chomping === '+' ? text + breaks : text
}

function blockHeader(cursor: Cursor): { chomping: string; increment: number } {
  let chomping = ''
  let increment = 0
  const sign = (): void => {
    const code = cursor.peek()
    if (code !== 0x2b && code !== 0x2d) return
    chomping = String.fromCharCode(code)
    cursor.skip()
  }
  const digit = (): void => {
    if (!isDigit(cursor.peek())) return
    increment = cursor.peek() - 0x30
    if (increment === 0) cursor.fail('found an indentation indicator equal to 0')
    cursor.skip()
  }
  sign()
  digit()
  if (chomping === '') sign()
  return { chomping, increment }
}

function restOfLine(cursor: Cursor): string {
  const start = cursor.at
  while (!isBreakOrEnd(cursor.peek())) cursor.skip()
  return cursor.text.slice(start, cursor.at)
}

/** Empty lines, and the indentation before the next one; an indentation of 0 is found out from them. */
function blockBreaks(cursor: Cursor, known: number, parentIndent: number): { breaks: string; indent: number } {
  let breaks = ''
  let deepest = 0
  for (;;) {
    while ((known === 0 || cursor.column < known) && cursor.peek() === 0x20) cursor.skip()
    deepest = Math.max(deepest, cursor.column)
    if ((known === 0 || cursor.column < known) && cursor.peek() === 0x09)
      cursor.fail('found a tab character where an indentation space is expected')
    if (!isBreak(cursor.peek())) break
    breaks += cursor.readLine()
  }
  return { breaks, indent: known === 0 ? Math.max(deepest, parentIndent + 1, 1) : known }
}

export function scanQuotedScalar(cursor: Cursor): string {
  const quote = cursor.peek()
  cursor.skip()
  let text = ''
  for (;;) {
    if (cursor.atDocumentMark()) cursor.fail('found unexpected document indicator')
    if (cursor.peek() === 0) cursor.fail('found unexpected end of stream')
    const { word, joined } = quotedWord(cursor, quote)
    text += word
    if (cursor.peek() === quote) break
    text += spaceWithin(cursor, joined)
  }
  cursor.skip()
  return text
}

/** @returns joined: the word ended in an escaped line break */
function quotedWord(cursor: Cursor, quote: number): { word: string; joined: boolean } {
  let word = ''
  let start = cursor.at
  const flush = (): void => {
    word += cursor.text.slice(start, cursor.at)
  }
  for (;;) {
    const code = cursor.peek()
    if (isBlankOrEnd(code)) break
    if (code === quote) {
      if (quote !== 0x27 || cursor.peek(1) !== 0x27) break
      cursor.skip()
      flush()
      cursor.skip()
      start = cursor.at
    } else if (code === 0x5c && quote === 0x22) {
      flush()
      if (isBreak(cursor.peek(1))) {
        cursor.skip()
        cursor.skipLine()
        return { word, joined: true }
      }
      word += escaped(cursor)
      start = cursor.at
    } else cursor.skip()
  }
  flush()
  return { word, joined: false }
}

const escapes: ReadonlyMap<number, string> = new Map(
  Object.entries({
    0: '\0',
    a: '\x07',
    b: '\b',
    t: '\t',
    '\t': '\t',
    n: '\n',
    v: '\v',
    f: '\f',
    r: '\r',
    e: '\x1b',
    ' ': ' ',
    '"': '"',
    "'": "'",
    '\\': '\\',
    N: '\u0085',
    _: '\u00a0',
    L: '\u2028',
    P: '\u2029',
  }).map(([key, value]) => [key.charCodeAt(0), value]),
)

const codeLengths: ReadonlyMap<number, number> = new Map([
  [0x78, 2],
  [0x75, 4],
  [0x55, 8],
])

function escaped(cursor: Cursor): string {
  const code = cursor.peek(1)
  const known = escapes.get(code)
  const length = codeLengths.get(code)
  if (known === undefined && length === undefined) cursor.fail('found unknown escape character')
  cursor.skip(2)
  if (known !== undefined) return known
  let value = 0
  for (let i = 0; i < length!; i++) {
    const digit = hexValue(cursor.peek(i))
    if (digit < 0) cursor.fail('did not find expected hexdecimal number')
    value = value * 16 + digit
  }
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
    cursor.fail('found invalid Unicode character escape code')
  cursor.skip(length)
  return String.fromCodePoint(value)
}

/** Space and line breaks between two words: what they come to in the text. */
function spaceWithin(cursor: Cursor, joined: boolean): string {
  const { blanks, first, more } = readSpace(cursor, joined)
  if (first === undefined && !joined) return blanks
  if (first === '\n') return more === '' ? ' ' : more
  return (first ?? '') + more
}

interface Space {
  readonly blanks: string
  /** The first line break; undefined: there is none. */
  readonly first: string | undefined
  readonly more: string
}

/** @param tabsFrom the column before which a tab may not stand on a new line */
function readSpace(cursor: Cursor, broken: boolean, tabsFrom = 0): Space {
  const start = cursor.at
  while (!broken && isBlank(cursor.peek())) cursor.skip()
  const blanks = cursor.text.slice(start, cursor.at)
  let first: string | undefined
  let more = ''
  for (;;) {
    const code = cursor.peek()
    if (isBreak(code)) {
      const text = cursor.readLine()
      if (first === undefined && !broken) first = text
      else more += text
    } else if (isBlank(code)) {
      if (code === 0x09 && cursor.column < tabsFrom) cursor.fail('found a tab character that violates indentation')
      cursor.skip()
    } else break
  }
  return { blanks, first, more }
}

/** @returns broken: it ended with its line, so that a key may follow */
export function scanPlainScalar(
  cursor: Cursor,
  flow: boolean,
  parentIndent: number,
): { text: string; broken: boolean } {
  const indent = parentIndent + 1
  let text = ''
  let space: Space = { blanks: '', first: undefined, more: '' }
  let broken = false
  while (!cursor.atDocumentMark() && cursor.peek() !== 0x23) {
    const start = cursor.at
    while (!endsPlain(cursor, flow)) cursor.skip()
    if (cursor.at > start) {
      if (space.first === undefined) text += space.blanks
      else if (space.first === '\n') text += space.more === '' ? ' ' : space.more
      else text += space.first + space.more
      text += cursor.text.slice(start, cursor.at)
      broken = false
      space = { blanks: '', first: undefined, more: '' }
    }
    const code = cursor.peek()
    if (!isBlank(code) && !isBreak(code)) break
    space = readSpace(cursor, false, indent)
    broken = space.first !== undefined
    if (!flow && cursor.column < indent) break
  }
  return { text, broken }
}

function endsPlain(cursor: Cursor, flow: boolean): boolean {
  const code = cursor.peek()
  if (isBlankOrEnd(code)) return true
  if (code === 0x3a && isBlankOrEnd(cursor.peek(1))) return true
  return flow && flowEnds.has(code)
}

/** `,?[]{}` */
const flowEnds: ReadonlySet<number> = new Set([0x2c, 0x3f, 0x5b, 0x5d, 0x7b, 0x7d])
