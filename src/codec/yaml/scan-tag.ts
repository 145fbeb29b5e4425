import { type Cursor, hexValue, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, isWord } from './cursor.js'

// Tags, anchors and directives. Source: go.yaml.in/yaml/v2 scannerc.go.

export interface ScannedTag {
  /** `!`, `!!`, `!name!`; empty: the suffix is the whole tag. */
  readonly handle: string
  readonly suffix: string
}

export function scanTag(cursor: Cursor): ScannedTag {
  const tag = cursor.peek(1) === 0x3c ? verbatimTag(cursor) : shortTag(cursor)
  if (!isBlankOrEnd(cursor.peek())) cursor.fail('did not find expected whitespace or line break')
  return tag
}

function verbatimTag(cursor: Cursor): ScannedTag {
  cursor.skip(2)
  const suffix = tagUri(cursor, '')
  if (cursor.peek() !== 0x3e) cursor.fail("did not find the expected '>'")
  cursor.skip()
  return { handle: '', suffix }
}

function shortTag(cursor: Cursor): ScannedTag {
  const handle = tagHandle(cursor, false)
  if (handle.length > 1 && handle.endsWith('!')) return { handle, suffix: tagUri(cursor, '') }
  const suffix = tagUri(cursor, handle)
  return suffix === '' ? { handle: '', suffix: '!' } : { handle: '!', suffix }
}

function tagHandle(cursor: Cursor, directive: boolean): string {
  if (cursor.peek() !== 0x21) cursor.fail("did not find expected '!'")
  const start = cursor.at
  cursor.skip()
  while (isWord(cursor.peek())) cursor.skip()
  if (cursor.peek() === 0x21) cursor.skip()
  else if (directive && cursor.at - start > 1) cursor.fail("did not find expected '!'")
  return cursor.text.slice(start, cursor.at)
}

/** @param head what was read of it; its first character, the `!`, is not part of it */
function tagUri(cursor: Cursor, head: string): string {
  const octets: number[] = [...Buffer.from(head.slice(1))]
  let some = head !== ''
  for (;;) {
    const code = cursor.peek()
    if (code === 0x25) uriEscape(cursor, octets)
    else if (isWord(code) || uriMarks.has(code)) {
      octets.push(code)
      cursor.skip()
    } else break
    some = true
  }
  if (!some) cursor.fail('did not find expected tag URI')
  return Buffer.from(octets).toString('utf8')
}

const uriMarks: ReadonlySet<number> = new Set([...";/?:@&=+$,.!~*'()[]"].map((mark) => mark.charCodeAt(0)))

/** One character, each of its bytes escaped. */
function uriEscape(cursor: Cursor, octets: number[]): void {
  for (let left = -1; left !== 0; left--) {
    const high = hexValue(cursor.peek(1))
    const low = hexValue(cursor.peek(2))
    if (cursor.peek() !== 0x25 || high < 0 || low < 0) cursor.fail('did not find URI escaped octet')
    const octet = high * 16 + low
    if (left < 0) {
      left = widthOf(octet)
      if (left === 0) cursor.fail('found an incorrect leading UTF-8 octet')
    } else if ((octet & 0xc0) !== 0x80) cursor.fail('found an incorrect trailing UTF-8 octet')
    octets.push(octet)
    cursor.skip(3)
  }
}

function widthOf(octet: number): number {
  if (octet < 0x80) return 1
  if (octet >> 5 === 0b110) return 2
  if (octet >> 4 === 0b1110) return 3
  return octet >> 3 === 0b11110 ? 4 : 0
}

/** @param what the cursor stands on: `&` or `*` */
export function scanAnchor(cursor: Cursor): string {
  cursor.skip()
  const start = cursor.at
  while (isWord(cursor.peek())) cursor.skip()
  const code = cursor.peek()
  if (cursor.at === start || !(isBlankOrEnd(code) || behindAnchor.has(code)))
    cursor.fail('did not find expected alphabetic or numeric character')
  return cursor.text.slice(start, cursor.at)
}

const behindAnchor: ReadonlySet<number> = new Set([...'?:,]}%@`'].map((mark) => mark.charCodeAt(0)))

export type Directive =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'tag-directive'; readonly handle: string; readonly prefix: string }

export function scanDirective(cursor: Cursor): Directive {
  cursor.skip()
  const directive = directiveOf(cursor, directiveName(cursor))
  cursor.skipBlanks()
  cursor.skipComment()
  if (!isBreakOrEnd(cursor.peek())) cursor.fail('did not find expected comment or line break')
  if (isBreak(cursor.peek())) cursor.skipLine()
  return directive
}

function directiveName(cursor: Cursor): string {
  const start = cursor.at
  while (isWord(cursor.peek())) cursor.skip()
  if (cursor.at === start) cursor.fail('could not find expected directive name')
  if (!isBlankOrEnd(cursor.peek())) cursor.fail('found unexpected non-alphabetical character')
  return cursor.text.slice(start, cursor.at)
}

function directiveOf(cursor: Cursor, name: string): Directive {
  if (name === 'YAML') {
    cursor.skipBlanks()
    const major = versionNumber(cursor)
    if (cursor.peek() !== 0x2e) cursor.fail("did not find expected digit or '.' character")
    cursor.skip()
    return { kind: 'version', version: `${major}.${versionNumber(cursor)}` }
  }
  if (name !== 'TAG') cursor.fail('found unknown directive name')
  cursor.skipBlanks()
  const handle = tagHandle(cursor, true)
  if (!isBlank(cursor.peek())) cursor.fail('did not find expected whitespace')
  cursor.skipBlanks()
  const prefix = tagUri(cursor, '')
  if (!isBlankOrEnd(cursor.peek())) cursor.fail('did not find expected whitespace or line break')
  return { kind: 'tag-directive', handle, prefix }
}

function versionNumber(cursor: Cursor): number {
  let value = 0
  let length = 0
  for (; isDigit(cursor.peek()); cursor.skip()) {
    if (++length > 2) cursor.fail('found extremely long version number')
    value = value * 10 + cursor.peek() - 0x30
  }
  if (length === 0) cursor.fail('did not find expected version number')
  return value
}
