import { expect, test } from 'vitest'
import { quote, quoteList } from './quote.js'

test('quote writes what cannot be printed as Go does', () => {
  expect(quote('\x00\x07\n\v\x7f\u0085\u200b\u{e0001}😀')).toBe('"\\x00\\a\\n\\v\\x7f\\u0085\\u200b\\U000e0001😀"')
})

test.each([
  ['', '""'],
  ['plain', '"plain"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ['é ü', '"é ü"'],
  ['\u00a0', '"\\u00a0"'],
])('%j is quoted %s', (text, quoted) => expect(quote(text)).toBe(quoted))

test('lists stand in brackets', () => {
  expect(quoteList([])).toBe('[]')
  expect(quoteList(['a', 'b"'])).toBe('["a" "b\\""]')
})
