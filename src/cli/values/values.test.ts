import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCsv, writeCsv } from './csv.js'
import { parseInt64 } from './go-numbers.js'
import { duration } from './types.js'

/** What a call gives or throws, as text: the right side of the tables below was printed by Go. */
const outcome = (call: () => unknown): string => {
  try {
    return String(call())
  } catch (error) {
    return (error as Error).message
  }
}

describe('csv', () => {
  const cases: [string, string][] = [
    ['a"b', 'parse error on line 1, column 2: bare " in non-quoted-field'],
    ['"a', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
    ['"a"b', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'],
    ['a,"b', 'parse error on line 1, column 5: extraneous or missing " in quoted-field'],
    ['a,b"', 'parse error on line 1, column 4: bare " in non-quoted-field'],
    ['"a\nb"c', 'record on line 1; parse error on line 2, column 2: extraneous or missing " in quoted-field'],
    ['"a""b",c', 'a"b,c'],
    ['a,,', 'a,,'],
  ]
  for (const [text, want] of cases) test(text, () => expect(outcome(() => readCsv(text))).toBe(want))

  test('what was written is read again', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', ' ', '\n', 'é') })
    fc.assert(
      fc.property(fc.array(field, { minLength: 1 }), (fields) => {
        fc.pre(!(fields.length === 1 && fields[0] === ''))
        expect(readCsv(writeCsv(fields))).toEqual(fields)
      }),
    )
  })
})

describe('durations', () => {
  const cases: [string, string][] = [
    ['1.m', '60000'],
    ['1..s', 'time: missing unit in duration "1..s"'],
    ['.s', 'time: invalid duration ".s"'],
    ['1h-1m', 'time: unknown unit "h-" in duration "1h-1m"'],
    ['99999999h', 'time: invalid duration "99999999h"'],
    ['1e3s', 'time: unknown unit "e" in duration "1e3s"'],
    ['5µs', '0.005'],
  ]
  for (const [text, want] of cases) test(text, () => expect(outcome(() => duration.parse(text, 0))).toBe(want))

  const printed: [number, string][] = [
    [0, '0s'],
    [1.5, '1.5ms'],
    [1_234_567.890123, '20m34.567890123s'],
    [3_600_000, '1h0m0s'],
    [-60_000, '-1m0s'],
  ]
  for (const [milliseconds, want] of printed) test(want, () => expect(duration.format(milliseconds)).toBe(want))

  test('what was printed is read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8e9, max: 8e9 }), (milliseconds) => {
        expect(duration.parse(duration.format(milliseconds), 0)).toBeCloseTo(milliseconds, 6)
      }),
    )
  })
})

describe('integers', () => {
  const cases: [string, string][] = [
    ['0_1', '1'],
    ['1_', 'strconv.ParseInt: parsing "1_": invalid syntax'],
    ['0x_1', '1'],
    ['08', 'strconv.ParseInt: parsing "08": invalid syntax'],
    ['010', '8'],
    ['+5', '5'],
    ['1e3', 'strconv.ParseInt: parsing "1e3": invalid syntax'],
  ]
  for (const [text, want] of cases) test(text, () => expect(outcome(() => parseInt64(text))).toBe(want))
})
