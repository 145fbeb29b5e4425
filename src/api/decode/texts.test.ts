import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalBase64 } from './base64.js'
import { formatDuration, parseDuration, parseMilliseconds } from './duration.js'
import { canonicalMicroTime, canonicalTime } from './time.js'

const said = (read: () => unknown): unknown => {
  try {
    return read()
  } catch (error) {
    return (error as Error).message
  }
}

describe('times', () => {
  const layout = '"2006-01-02T15:04:05Z07:00"'
  const cases: Readonly<Record<string, string | null>> = {
    '2024-02-29T23:59:59Z': '2024-02-29T23:59:59Z',
    '2024-02-29T1:59:59.999999999+01:00': '2024-02-29T00:59:59Z',
    '2024-01-31T00:00:00,5-24:00': '2024-02-01T00:00:00Z',
    '0001-01-01T00:00:00Z': null,
    '': `parsing time "" as ${layout}: cannot parse "" as "2006"`,
    '2024-01-02': `parsing time "2024-01-02" as ${layout}: cannot parse "" as "T"`,
    '2024-01-02T03:04:05': `parsing time "2024-01-02T03:04:05" as ${layout}: cannot parse "" as "Z07:00"`,
    '2024-13-02T03:04:05Z': 'parsing time "2024-13-02T03:04:05Z": month out of range',
    '2023-02-29T00:00:00Z': 'parsing time "2023-02-29T00:00:00Z": day out of range',
    '2024-01-02T03:04:05Zx': 'parsing time "2024-01-02T03:04:05Zx": extra text: "x"',
    'é"': `parsing time "\\xc3\\xa9\\"" as ${layout}: cannot parse "\\xc3\\xa9\\"" as "2006"`,
  }
  for (const [text, want] of Object.entries(cases)) test(text, () => expect(said(() => canonicalTime(text))).toBe(want))

  test('micro times want six digits', () => {
    expect(canonicalMicroTime('2024-01-02T03:04:05.000001+01:00')).toBe('2024-01-02T02:04:05.000001Z')
    expect(said(() => canonicalMicroTime('2024-01-02T03:04:05Z'))).toBe(
      'parsing time "2024-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    )
  })

  test('are their own canonical form', () => {
    const date = fc.date({ min: new Date('0002-01-01'), max: new Date('9998-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(date, (d) => {
        const text = `${d.toISOString().slice(0, 19)}Z`
        expect(canonicalTime(d.toISOString())).toBe(text)
        expect(canonicalTime(text)).toBe(text)
      }),
    )
  })
})

describe('durations', () => {
  const cases: Readonly<Record<string, string>> = {
    '1h2m3.5s': '1h2m3.5s',
    '90m': '1h30m0s',
    '-1.5ms': '-1.5ms',
    '1500us': '1.5ms',
    '.5µs': '500ns',
    '0': '0s',
    '5': 'time: missing unit in duration "5"',
    '5d': 'time: unknown unit "d" in duration "5d"',
    '': 'time: invalid duration ""',
    '.s': 'time: invalid duration ".s"',
    '9223372036854775808ns': 'time: invalid duration "9223372036854775808ns"',
    '5x': 'time: unknown unit "x" in duration "5x"',
  }
  for (const [text, want] of Object.entries(cases)) {
    test(text, () => expect(said(() => formatDuration(parseDuration(text)))).toBe(want))
  }

  test.each([
    ['1h2m3.5s', 3_723_500],
    ['0', 0],
    ['-1.5ms', -1.5],
    ['.5s', 500],
    ['100us', 0.1],
    ['1ns', 1e-6],
  ] as const)('%s is %d ms', (text, want) => expect(parseMilliseconds(text)).toBe(want))

  test('are read as they are written', () => {
    const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(int64, (ns) => {
        expect(parseDuration(formatDuration(ns))).toBe(ns)
      }),
    )
  })
})

describe('base64', () => {
  const cases: Readonly<Record<string, string>> = {
    'aGVs\r\nbG8=': 'aGVsbG8=',
    'aB==': 'aA==',
    hello: 'illegal base64 data at input byte 4',
    '!!': 'illegal base64 data at input byte 0',
    'aGk=x': 'illegal base64 data at input byte 4',
    'a===': 'illegal base64 data at input byte 1',
    'aG=': 'illegal base64 data at input byte 3',
    'aG-_': 'illegal base64 data at input byte 2',
  }
  for (const [text, want] of Object.entries(cases))
    test(text, () => expect(said(() => canonicalBase64(text))).toBe(want))
  test('what Node writes is canonical', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        expect(said(() => canonicalBase64(text))).toBe(text)
      }),
    )
  })
})
