import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalQuantity, parseQuantity, quantityOf } from './quantity.js'

const canonical: readonly (readonly [string | number, string])[] = [
  ['0', '0'],
  ['0Ki', '0'],
  ['.', '0'],
  ['-', '0'],
  ['k', '0'],
  ['1', '1'],
  [1, '1'],
  [0.5, '500m'],
  [1e21, '1e+21'],
  [' 1Gi ', '1Gi'],
  ['1Ki', '1Ki'],
  ['+1Ki', '+1Ki'],
  ['1024Ki', '1Mi'],
  ['0.5Mi', '512Ki'],
  ['0.5Ki', '512'],
  ['1.5Ki', '1536'],
  ['100.035Ki', '102435840m'],
  ['0.025Ti', '27487790694400m'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['1.5', '1500m'],
  ['1.500', '1.500'],
  ['100.035k', '100.035k'],
  ['0.0001', '100u'],
  ['3.001n', '4n'],
  ['-3.001n', '-4n'],
  ['0.0000000001', '1n'],
  ['1e-1000000', '1e-9'],
  ['1e1000000', '10e999999'],
  ['1.3E+6', '1300e3'],
  ['0.5e-1', '50e-3'],
  ['1E', '1E'],
  ['12E', '12E'],
  ['9Ei', '9223372036854775807'],
  ['0.000000000001Ki', '2n'],
  ['123456789012345678901', '123456789012345678901'],
  ['1.G', '1.G'],
  ['10000000', '10M'],
]
describe('canonicalQuantity', () => {
  for (const [input, want] of canonical) test(String(input), () => expect(canonicalQuantity(input)).toBe(want))

  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const refused: readonly (readonly [string, string])[] = [
    ['', format],
    ['aoeu', format],
    ['1.1.M', format],
    ['1 Ki', format],
    ['--1', "unable to parse quantity's suffix"],
    ['1K', "unable to parse quantity's suffix"],
    ['1e', "unable to parse quantity's suffix"],
    ['1e99999999999999999999', "unable to parse quantity's suffix"],
    ['toString', format],
    ['Pi', 'unable to parse numeric part of quantity'],
    ['9'.repeat(5000), 'unable to parse numeric part of quantity'],
  ]
  for (const [input, want] of refused) {
    test(`refuses ${input.slice(0, 20)}`, () => expect(() => canonicalQuantity(input)).toThrow(new Error(want)))
  }
})

describe('arithmetic', () => {
  const cases: readonly (readonly [string, 'add' | 'sub', string, string])[] = [
    ['100m', 'add', '0', '100m'],
    ['0', 'add', '1Gi', '1Gi'],
    ['1Gi', 'add', '512Mi', '1536Mi'],
    ['1', 'sub', '1', '0'],
    ['0', 'sub', '1Gi', '-1Gi'],
    ['9223372036854775807', 'add', '1', '9223372036854775808'],
    ['1Ki', 'add', '100m', '1024100m'],
  ]
  for (const [a, operation, b, want] of cases) {
    test(`${a} ${operation} ${b}`, () => expect(parseQuantity(a)[operation](parseQuantity(b)).toString()).toBe(want))
  }

  const values: readonly (readonly [string, number | bigint, number | bigint])[] = [
    ['0', 0, 0],
    ['1.5', 2, 1500],
    ['-1.5', -2, -1500],
    ['1n', 1, 1],
    ['1Ki', 1024, 1024000],
    ['9Ei', 9223372036854775807n, 9223372036854775807n],
  ]
  for (const [text, value, milli] of values) {
    test(`value of ${text}`, () =>
      expect([parseQuantity(text).value(), parseQuantity(text).milliValue()]).toEqual([value, milli]))
  }

  test('rounding keeps the text of what is already round', () => {
    expect(parseQuantity('1.500').roundUp(-3).toString()).toBe('1.500')
    expect(parseQuantity('100u').roundUp(-3).toString()).toBe('1m')
  })

  test('an int64 is given only for what is held as one', () => {
    const of = (text: string) => parseQuantity(text).asInt64()
    expect([of('5k'), of('1000m'), of('0.5Mi'), of('50000000000000G')]).toEqual([
      5000n,
      undefined,
      undefined,
      undefined,
    ])
  })

  test('a huge exponent costs nothing', () => {
    const huge = parseQuantity('1e2000000000')
    expect(huge.compare(quantityOf(1))).toBe(1)
    expect(huge.value()).toBe((1n << 63n) - 1n)
  })
})

describe('laws', () => {
  const number = fc.integer({ min: -1_000_000, max: 1_000_000 })
  const text = fc
    .tuple(
      number,
      fc.option(fc.nat(99999)),
      fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'T', 'Ki', 'Mi', 'Ti', 'e3', 'e-4'),
    )
    .map(([whole, part, suffix]) => `${whole}${part === null ? '' : `.${part}`}${suffix}`)

  test('the canonical form is canonical and means the same', () => {
    fc.assert(
      fc.property(text, (t) => {
        const once = canonicalQuantity(t)
        expect(canonicalQuantity(once)).toBe(once)
        expect(parseQuantity(once).compare(parseQuantity(t))).toBe(0)
      }),
    )
  })
  test('order is that of numbers', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(parseQuantity(`${a}m`).compare(parseQuantity(`${b}e-3`))).toBe(a === b ? 0 : a < b ? -1 : 1)
      }),
    )
  })
  test('addition is commutative and undone by subtraction', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [x, y] = [parseQuantity(a), parseQuantity(b)]
        expect(x.add(y).equals(y.add(x))).toBe(true)
        expect(x.add(y).sub(y).equals(x)).toBe(true)
      }),
    )
  })
  test('junk is refused, never misread or fatal', () => {
    fc.assert(
      fc.property(fc.string(), (t) => {
        try {
          parseQuantity(t)
        } catch (error) {
          expect((error as Error).message).toMatch(/^(quantities must match|unable to parse)/)
        }
      }),
    )
  })
})

test.each([
  ['1', true],
  ['1500m', false],
  ['1000m', true],
  // Thousandths, rounded away from zero.
  ['0.9999', true],
  ['1.0001', false],
  // Too many thousandths for an int64, which a big decimal does not notice.
  ['1Ei', false],
  ['16Pi', false],
  ['8Pi', true],
  ['1E', true],
])('%s is whole to upstream: %s', (text, whole) => expect(parseQuantity(text).isWhole).toBe(whole))

test('decimal notation has no suffix beyond E, and loses what it would say', () => {
  expect(parseQuantity('1000E').toString()).toBe('1')
  expect(parseQuantity('1e21').toString()).toBe('1e21')
})
