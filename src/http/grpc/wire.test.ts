import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode, encode, type Message, WireFormatError } from './wire.js'

const inner: Message = [
  { number: 1, name: 'id', type: 'int' },
  { number: 200, name: 'name', type: 'string' },
]
const message: Message = [
  { number: 1, name: 'number', type: 'int' },
  { number: 2, name: 'flag', type: 'bool' },
  { number: 3, name: 'data', type: 'bytes' },
  { number: 4, name: 'text', type: 'string' },
  { number: 5, name: 'one', type: inner },
  { number: 6, name: 'many', type: inner, repeated: true },
]

const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const nested = fc.record({ id: positive, name: fc.string({ minLength: 1, unit: 'grapheme' }) })
const whole = fc.record({
  number: positive,
  flag: fc.constant(true),
  data: fc.uint8Array({ minLength: 1 }).map((array) => Buffer.from(array)),
  text: fc.string({ minLength: 1, unit: 'grapheme' }),
  one: nested,
  many: fc.array(nested),
})

test('what is written is read', () => {
  fc.assert(
    fc.property(whole, (value) => {
      expect(decode(message, encode(message, value))).toEqual(value)
    }),
  )
})

test('numbers of 64 bits keep their sign and all their digits', () => {
  const one: Message = [{ number: 1, name: 'value', type: 'int64' }]
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(decode(one, encode(one, { value }))).toEqual(value === 0n ? {} : { value })
    }),
  )
  expect(encode(one, { value: -1n }).toString('hex')).toBe('08ffffffffffffffffff01')
})

test('what is empty is left out, but not an empty message', () => {
  expect(encode(message, { number: 0, flag: false, text: '', one: {} })).toEqual(Buffer.from([0x2a, 0]))
})

test('bytes as protoc writes them', () => {
  const bytes = encode(message, { number: 300, text: 'hi', many: [{ id: 1 }] })
  expect(bytes.toString('hex')).toBe('08ac02' + '22026869' + '32020801')
})

test('fields that nobody knows are skipped', () => {
  const bytes = encode(message, { number: 7, text: 'x', one: { id: 3 } })
  expect(decode([{ number: 4, name: 'text', type: 'string' }], bytes)).toEqual({ text: 'x' })
})

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        decode(message, Buffer.from(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(WireFormatError)
      }
    }),
  )
})
