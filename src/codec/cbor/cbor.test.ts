import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import {
  decodeObject,
  facts,
  factsIndex,
  type KubeObject,
  normalizeStored,
  type StructShape,
  shapeOf,
} from '../../api/index.js'
import { stringifyJson } from '../json/encode.js'
import { randomObject, randomOf } from '../protobuf/random-object.js'
import { decodeCbor } from './decode.js'
import { cborWatchEvent, encodeCbor } from './encode.js'
import { CborError } from './error.js'

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const hexOf = (value: unknown): string =>
  encodeCbor(value)
    .toString('hex')
    .replace(/^d9d9f7/, '')

describe('the examples of RFC 8949, appendix A, that JSON can say', () => {
  it.each<[hex: string, value: unknown]>([
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['1b7fffffffffffffff', 9_223_372_036_854_775_807n],
    ['20', -1],
    ['3903e7', -1000],
    ['f90000', 0],
    ['f93e00', 1.5],
    ['f97bff', 65_504],
    ['fa47c35000', 100_000],
    ['fb3ff199999999999a', 1.1],
    ['f90001', 2 ** -24],
    ['f90400', 0.00006103515625],
    ['f9c400', -4],
    ['fbc010666666666666', -4.1],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['6161', 'a'],
    ['62c3bc', 'ü'],
    ['44f0908591', '\u{10151}'],
    ['d64401020304', 'AQIDBA=='],
    ['c074323031332d30332d32315432303a30343a30305a', '2013-03-21T20:04:00Z'],
    ['c11a514b67b0', '2013-03-21T20:04:00Z'],
    ['c1fb41d452d9ec200000', '2013-03-21T20:04:00.5Z'],
    ['c1fbbff0000000000000', '1969-12-31T23:59:59Z'],
    ['c1fbbfe0000000000000', '1969-12-31T23:59:59.5Z'],
    ['c07819323031332d30332d32315432303a30343a30302b30303a3030', '2013-03-21T20:04:00Z'],
    ['80', []],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    ['a0', {}],
    ['a26161016162820203', { a: 1, b: [2, 3] }],
    ['5f42010243030405ff', '\u0001\u0002\u0003\u0004\u0005'],
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
    ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
    ['d9d9f7a1616101', { a: 1 }],
  ])('%s', (hex, value) => {
    expect(decodeCbor(bytes(hex))).toEqual(value)
  })
})

describe('what is written', () => {
  it.each<[value: unknown, hex: string]>([
    [{ a: 'b' }, 'a1 4161 4162'],
    [[24, -500, 2 ** 32, null, true], '85 1818 3901f3 1b0000000100000000 f6 f5'],
    [1.5, 'f93e00'],
    [1.1, 'fb3ff199999999999a'],
    [0.5 ** 24, 'f90001'],
    [2 ** -140, 'fa00000200'],
    [-(2n ** 63n), '3b7fffffffffffffff'],
    [{ a: undefined, b: 1 }, 'a1 4162 01'],
  ])('%o', (value, hex) => {
    expect(hexOf(value)).toBe(hex.replaceAll(' ', ''))
  })

  it('begins with the tag that says what it is', () => {
    expect(encodeCbor({}).toString('hex')).toBe('d9d9f7a0')
  })

  it('bytes of a kind are bytes, in lists too', () => {
    const secret = { kind: 'Secret', apiVersion: 'v1', data: { k: 'AQID' }, stringData: { k: 'AQID' } }
    expect(hexOf(secret)).toContain('416bd643010203')
    expect(hexOf(secret)).toContain(`416b44${Buffer.from('AQID').toString('hex')}`)
    const list = { kind: 'SecretList', apiVersion: 'v1', items: [{ data: { k: 'AQID' } }] }
    expect(hexOf(list)).toContain('416bd643010203')
  })

  it('an event has its object in an envelope of its own', () => {
    expect(cborWatchEvent('ADDED', {}).toString('hex')).toBe(
      bytes('d9d9f7 a2 4474797065 454144444544 466f626a656374 d9d9f7a0').toString('hex'),
    )
  })
})

describe('what is refused', () => {
  it.each<[why: string, hex: string, message: string]>([
    ['nothing', '', 'EOF'],
    ['what is cut off', '820', 'unexpected EOF'],
    ['a length that lies', '5bffffffffffffffff', 'overflow'],
    ['a list longer than its bytes', '9a7fffffff00', 'unexpected EOF'],
    ['more than one', '0101', 'extraneous data'],
    ['a key twice', 'a2616101616102', 'duplicate map key "a" at map element index 1'],
    ['a key that is no text', 'a10101', 'invalid map key'],
    [
      'a number beyond int64',
      '1bffffffffffffffff',
      'positive integer into Go value of type int64 (18446744073709551615 overflows',
    ],
    ['a number below int64', '3bffffffffffffffff', '(-18446744073709551616 overflows'],
    ['what is behind it, before what it means', 'a10101ff', '1 bytes of extraneous data starting at index 3'],
    ['pieces of another kind', '5f6161ff', 'wrong element type UTF-8 text string for indefinite-length byte string'],
    ['an odd map', 'bf6161ff', 'unexpected "break" code'],
    ['a reserved simple value', 'f818', 'invalid simple value 24 for type primitives'],
    ['a reserved length', '1c', 'invalid additional information 28 for type positive integer'],
    ['big numbers', 'c249010000000000000000', 'bignum'],
    ['NaN', 'f97e00', 'NaN'],
    ['infinity', 'f97c00', 'infinity'],
    ['undefined', 'f7', 'simple value 23 is not recognized'],
    ['a simple value', 'f8ff', 'simple value 255 is not recognized'],
    ['text that is none', '62c328', 'invalid UTF-8'],
    ['an end without a beginning', 'ff', 'break'],
    ['a time beyond the years', 'c1fa55000000', 'year outside of range [0,9999]'],
    ['a time beyond int64', 'c1fa7f000000', 'year outside of range [0,9999]'],
    ['a time that is none', 'c06474657874', 'cbor: cannot set text for time.Time: parsing time "text" as'],
    ['a time of nothing', 'c1f6', 'cannot unmarshal primitives into Go value of type time.Time'],
    ['depth', `${'81'.repeat(1100)}00`, 'max nested level'],
  ])('%s', (_, hex, message) => {
    expect(() => decodeCbor(bytes(hex))).toThrow(message)
    expect(() => decodeCbor(bytes(hex))).toThrow(CborError)
  })

  // A night has the time for a million.
  const numRuns = Number(process.env.KATS_FUZZ_INPUTS ?? 20_000)

  test('whatever comes, it is read or refused in words', { timeout: 30_000 + numRuns }, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (input) => {
        try {
          decodeCbor(Buffer.from(input))
        } catch (error) {
          expect(error).toBeInstanceOf(CborError)
        }
      }),
      { numRuns },
    )
  })
})

describe('every kind goes there and back', () => {
  const kinds = factsIndex().groupVersions.flatMap(({ group, version, name }) =>
    Object.keys(facts(name).kinds)
      .filter((kind) => kind !== 'Status')
      .map((kind) => ({
        kind,
        apiVersion: group === '' ? version : `${group}/${version}`,
        ref: `${name}.${kind}`,
      })),
  )

  it('knows some', () => expect(kinds.length).toBeGreaterThan(100))

  it.each(kinds)('$apiVersion $kind', ({ kind, apiVersion, ref }) => {
    const shape = shapeOf(ref) as StructShape
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const raw = { ...randomObject(shape, randomOf(seed)), kind, apiVersion }
        const object = normalizeStored(decodeObject(raw, shape) as KubeObject, shape)
        expect(stringifyJson(decodeCbor(encodeCbor(object)))).toBe(stringifyJson(object))
      }),
      { numRuns: 5 },
    )
  })
})

test('byte strings need not be UTF-8, texts of times must be texts', () => {
  expect(decodeCbor(Buffer.from('42c328', 'hex'))).toBe('\ufffd(')
  expect(() => decodeCbor(Buffer.from('62c328', 'hex'))).toThrow('cbor: invalid UTF-8 string')
  expect(() => decodeCbor(Buffer.from('c04178', 'hex'))).toThrow(
    'cbor: tag number 0 must be followed by text string, got byte string',
  )
})
