import { describe, expect, test } from 'vitest'
import { types } from '../types.js'
import { CelError, Double, Duration, Timestamp, Uint, type Value } from '../values.js'
import { fixedPoint, scientific } from './decimal-digits.js'
import { formatString } from './format-string.js'
import { stringsLibrary } from './strings.js'

const overloads = new Map(stringsLibrary().functions!.flatMap((f) => f.overloads.map((o) => [o.id, o])))
const call = (id: string, args: readonly Value[]) => overloads.get(id)!.call(...args)

test.each<[string, Value[], Value]>([
  ['string_char_at_int', ['a😀b', 1], '😀'],
  ['string_char_at_int', ['abc', 3], ''],
  ['string_index_of_string', ['tacocat', 'ac'], 1],
  ['string_index_of_string', ['tacocat', 'none'], -1],
  ['string_index_of_string', ['😀ta', 'a'], 2],
  ['string_index_of_string', ['abc', ''], 0],
  ['string_index_of_string_int', ['tacocat', 'a', 3], 5],
  ['string_index_of_string_int', ['abc', 'a', 9], -1],
  ['string_last_index_of_string', ['tacocat', 'a'], 5],
  ['string_last_index_of_string', ['', 'a'], -1],
  ['string_last_index_of_string', ['a😀a', 'a'], 2],
  ['string_last_index_of_string', ['a😀', ''], 2],
  ['string_last_index_of_string_int', ['tacocat', 'a', 3], 1],
  ['string_lower_ascii', ['TacÄCat'], 'tacÄcat'],
  ['string_upper_ascii', ['tacäcat'], 'TACäCAT'],
  ['string_trim', [' \t\u0085x y\u2003\n'], 'x y'],
  ['string_replace_string_string', ['hello hello', 'he', 'we$&'], 'we$&llo we$&llo'],
  ['string_replace_string_string', ['aaa', '', '-'], '-a-a-a-'],
  ['string_replace_string_string_int', ['aaa', '', '-', 2], '-a-aa'],
  ['string_replace_string_string_int', ['aaa', 'a', 'z', 2], 'zza'],
  ['string_replace_string_string_int', ['aaa', 'a', 'z', 0], 'aaa'],
  ['string_replace_string_string', ['', '', 'x'], 'x'],
  ['string_split_string', ['a,b,c', ','], ['a', 'b', 'c']],
  ['string_split_string', ['😀a', ''], ['😀', 'a']],
  ['string_split_string_int', ['a,b,c', ',', 2], ['a', 'b,c']],
  ['string_split_string_int', ['a,b,c', ',', 0], []],
  ['string_split_string_int', ['abc', '', 2], ['a', 'bc']],
  ['string_split_string_int', ['a,b,c', ',', -1], ['a', 'b', 'c']],
  ['string_substring_int', ['a😀b', 1], '😀b'],
  ['string_substring_int_int', ['tacocat', 0, 4], 'taco'],
  ['list_join', [['a', 'b']], 'ab'],
  ['list_join_string', [['a', 'b'], '-'], 'a-b'],
  ['strings_quote', ['a"b\\c\n\x07é'], '"a\\"b\\\\c\\n\\aé"'],
])('%s %j', (id, args, result) => {
  expect(call(id, args)).toEqual(result)
})

test.each<[string, Value[], string]>([
  ['string_char_at_int', ['abc', 9], 'index out of range: 9'],
  ['string_substring_int', ['abc', 9], 'index out of range: 9'],
  ['string_substring_int', ['abc', -1], 'index out of range: -1'],
  ['string_substring_int_int', ['abc', 2, 1], 'invalid substring range. start: 2, end: 1'],
  ['string_substring_int_int', ['abc', 0, 9], 'index out of range: 9'],
  ['string_index_of_string_int', ['abc', 'a', -1], 'index out of range: -1'],
])('%s %j fails: %s', (id, args, message) => {
  expect(() => call(id, args)).toThrow(expect.objectContaining({ message }))
})

describe('format', () => {
  test.each<[string, Value[], string]>([
    ['%d|%x|%X|%o|%b|%d', [255, 255, 255, 255, 255, new Uint(255n)], '255|ff|FF|377|11111111|255'],
    ['%d|%x|%b', [-3, -3, -3], '-3|-3|-11'],
    ['%f|%.2f|%e|%.6e|%.0f', [1.5, 12345.678, 1.5, 12345.678, 2.5], '1.500000|12,345.68|1.500000×10⁰⁰|1.234568×10⁰⁴|2'],
    ['%s %s %s %s', [[1, 'a'], { k: new Double(1) }, true, null], '[1, "a"] {"k":1.000000} true null'],
    ['%s %s', [new Duration(90_000_000_000n), new Timestamp(1577934245, 0)], '90s 2020-01-02T03:04:05Z'],
    ['%x %X', ['hello', 'z'], '68656c6c6f 7A'],
    ['%d%%', [5], '5%'],
    ['%s', [types.int], 'int'],
    ['%s', [{ b: [], a: new Duration(0n) }], '{"a":duration("0s"), "b":[]}'],
    ['%f', ['NaN'], 'NaN'],
    ['%e', ['-Infinity'], '    -∞'],
    ['%.1e|%.15e', [1.5, 1.5], '1.500000×10⁰⁰|  1.500000×10⁰⁰'],
    ['none', [1], 'none'],
  ])('%s', (text, args, result) => {
    expect(formatString(text, args)).toBe(result)
  })

  test.each<[string, Value[], string]>([
    ['%d', [1.5], 'error during formatting: decimal clause can only be used on integers, was given double'],
    ['%q', [1], 'could not parse formatting clause: unrecognized formatting clause "q"'],
    ['%s', [], 'index 0 out of range'],
    ['100%', [1], 'unexpected end of string'],
    [
      '%.',
      [1],
      'could not parse formatting clause: error while parsing precision: could not find end of precision specifier',
    ],
    ['%f', ['x'], 'error during formatting: fixed-point clause can only be used on doubles, was given string'],
    [
      '%.999999999f',
      [1.5],
      'could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "999999999": value out of range',
    ],
  ])('%s fails', (text, args, message) => {
    expect(() => formatString(text, args)).toThrow(expect.objectContaining({ message }))
  })
})

test.each<[number, number, string]>([
  [0.5, 0, '0'],
  [1.5, 0, '2'],
  [2.5, 0, '2'],
  [1e21, 2, '1,000,000,000,000,000,000,000.00'],
  [-1234.5678, 1, '-1,234.6'],
  [0.1, 20, '0.10000000000000000555'],
  [999.995, 2, '1,000.00'],
  [5e-324, 3, '0.000'],
  [0.5, 300, `0.5${'0'.repeat(43)}`],
])('fixed point %d %d', (value, precision, text) => {
  expect(fixedPoint(value, precision)).toBe(text)
})

test.each<[number, number, string]>([
  [1052.032911275, 6, '1.052033×10⁰³'],
  [9.999999999, 2, '1.00×10⁰¹'],
  [0.00012, 1, '1.2×10⁻⁰⁴'],
  [0, 2, '0.00×10⁰⁰'],
  [-1e100, 0, '-1×10¹⁰⁰'],
])('scientific %d %d', (value, precision, text) => {
  expect(scientific(value, precision)).toBe(text)
})

test('costs follow the sizes', () => {
  const replace = overloads.get('string_replace_string_string')!
  expect(replace.cost!(['x'.repeat(10), 'a', 'b'], '')).toBe(2)
  const node = (min: number, max: number) => ({
    type: types.string,
    expr: undefined,
    path: undefined,
    size: { min, max },
  })
  const estimate = replace.estimate!({
    target: node(0, 10),
    args: [node(1, 1), node(3, 3)],
    sizeOf: ({ size }) => size!,
    itemOf: () => undefined,
  })
  expect(estimate).toEqual({ cost: { min: 0, max: 2 }, resultSize: { min: 0, max: 30 } })
})

test('join refuses what is no text', () => {
  expect(() => call('list_join', [[1]])).toThrow(CelError)
})
