import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Reader } from './reader.js'
import { microsOf, secondsOf, timeText } from './times.js'
import { WireError } from './wire-error.js'
import { Writer, written } from './writer.js'

const roundTrip = <T>(write: (writer: Writer) => void, read: (reader: Reader) => T): T => {
  const reader = new Reader(written(write))
  const value = read(reader)
  expect(reader.at).toBe(reader.end)
  return value
}

describe('what is written is read', () => {
  test('64-bit integers', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        expect(
          BigInt(
            roundTrip(
              (w) => w.integer(value),
              (r) => r.int64(),
            ),
          ),
        ).toBe(value)
      }),
    )
  })
  test('32-bit integers, negative ones in ten bytes', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(
          roundTrip(
            (w) => w.integer(value),
            (r) => r.int32(),
          ),
        ).toBe(value)
        expect(written((w) => w.integer(value)).length === 10).toBe(value < 0)
      }),
    )
  })
  test('integers behind bytes that look like their beginning', () => {
    const reader = new Reader(Buffer.concat([Buffer.from([0x80, 0x01]), written((w) => w.integer(-5))]))
    expect([reader.varint(), reader.int64()]).toEqual([128, -5])
  })
  test('strings', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (value) => {
        expect(
          roundTrip(
            (w) => w.string(value),
            (r) => r.string(),
          ),
        ).toBe(value)
      }),
    )
  })
  test('doubles', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(
          roundTrip(
            (w) => w.double(value),
            (r) => r.double(),
          ),
        ).toBe(value)
      }),
    )
  })
})

test('a lone surrogate becomes what Go makes of it', () => {
  expect(
    roundTrip(
      (w) => w.string('a\ud800'),
      (r) => r.string(),
    ),
  ).toBe('a\ufffd')
})

test('a writer grows, whatever it is given', () => {
  const writer = new Writer(256)
  for (const size of [0, 1, 99, 100, 101, 5000]) {
    writer.reserve()
    writer.string('x'.repeat(size))
  }
  writer.reserve()
  writer.uint32(0xffffffff)
  writer.double(1.5)
  writer.raw(Buffer.from('end'))
  expect(writer.copy().subarray(0, 3).toString()).toBe('end')
  expect(writer.length).toBe(0)
})

describe('times', () => {
  test('of all years that a Date can tell', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8_640_000_000_000, max: 8_640_000_000_000 }), (seconds) => {
        expect(secondsOf(timeText(seconds))).toBe(seconds)
      }),
    )
  })
  test.each([-8_640_000_000_001, 2n ** 62n])('%s is none of them', (seconds) => {
    expect(() => timeText(seconds)).toThrow(WireError)
  })
  test.each([
    [-62_167_219_201, '-0001-12-31T23:59:59Z'],
    [253_402_300_800, '10000-01-01T00:00:00Z'],
  ])('%d is written as %s', (seconds, text) => expect(timeText(seconds)).toBe(text))
  test('with microseconds', () => {
    expect(microsOf('2024-02-29T23:59:59.000120Z')).toBe(120)
    expect(microsOf('2024-02-29T23:59:59Z')).toBe(0)
  })
})
