import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pathItemV3, schemaV3 } from './gnostic-v3.js'
import { entries, field, message, text, Writer, wrapped } from './wire.js'

type Fields = [number: number, value: number | Buffer][]

/** The fields of a message, read forwards. */
function read(bytes: Buffer): Fields {
  const fields: Fields = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * shift
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const wire = tag % 8
    const number = Math.floor(tag / 8)
    if (wire === 0) fields.push([number, varint()])
    else if (wire === 1) {
      fields.push([number, bytes.readDoubleLE(at)])
      at += 8
    } else {
      const length = varint()
      fields.push([number, bytes.subarray(at, at + length)])
      at += length
    }
  }
  return fields
}

const encode = (codec: Parameters<typeof field>[2], value: unknown): Buffer => {
  const out = new Writer()
  codec(value, out)
  return out.take()
}
const get = (bytes: Buffer, ...path: number[]): Buffer =>
  path.reduce((inside, number) => read(inside).find(([n]) => n === number)![1] as Buffer, bytes)

test('what was written is read again, whatever its size', () => {
  const strings = wrapped(3, text, 'repeated')
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 300 })), (values) => {
      const got = read(encode(strings, values)).map(([number, value]) => [number, String(value)])
      expect(got).toEqual(values.map((value) => [3, Buffer.from(value).toString()]))
    }),
  )
  const long = 'x'.repeat(100_000)
  expect(String(get(encode(strings, [long]), 3))).toBe(long)
})

test('a writer can be used again', () => {
  const out = new Writer()
  field(1, 'a', text, out)
  expect(out.take().toString('latin1')).toBe('\n\x01a')
  field(2, 'b', text, out)
  expect(out.take().toString('latin1')).toBe('\x12\x01b')
})

test('fields go by number, extensions last, unknown keys and false nowhere', () => {
  const codec = message(
    () => [
      ['name', 1, text],
      ['on', 2, 'boolean'],
      ['off', 3, 'boolean'],
      ['list', 4, text, 'repeated'],
    ],
    9,
  )
  const bytes = encode(codec, { 'x-a': { b: 1 }, list: ['p', 'q'], off: false, on: true, name: 'n', other: 1 })
  expect(read(bytes).map(([number]) => number)).toEqual([1, 2, 4, 4, 9])
  expect(String(get(bytes, 9, 2, 2))).toBe('{"b":1}')
})

test('an object becomes named entries', () => {
  const bytes = encode(entries(text), { a: 'x', b: 'y' })
  expect(read(bytes).map(([, entry]) => read(entry as Buffer).map(([, value]) => String(value)))).toEqual([
    ['a', 'x'],
    ['b', 'y'],
  ])
})

test('schemas and references are told apart, defaults by their type', () => {
  expect(read(encode(schemaV3, { $ref: '#/x' })).map(([number]) => number)).toEqual([2])
  expect(read(get(encode(schemaV3, { default: 1.5 }), 1, 33))).toEqual([[1, 1.5]])
  expect(read(get(encode(schemaV3, { default: false }), 1, 33))).toEqual([[2, 0]])
  expect(String(get(encode(schemaV3, { default: '' }), 1, 33, 3))).toBe('')
  expect(read(get(encode(schemaV3, { default: {} }), 1, 33))).toEqual([])
})

test('what kubectl looks for before it sends fieldValidation', () => {
  const item = {
    patch: {
      parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
      'x-kubernetes-group-version-kind': { group: '', kind: 'Pod', version: 'v1' },
    },
  }
  const operation = get(encode(pathItemV3, item), 10)
  expect(String(get(operation, 6, 1, 1))).toBe('fieldValidation')
  expect(String(get(operation, 13, 1))).toBe('x-kubernetes-group-version-kind')
  expect(JSON.parse(String(get(operation, 13, 2, 2)))).toEqual({ group: '', kind: 'Pod', version: 'v1' })
})
