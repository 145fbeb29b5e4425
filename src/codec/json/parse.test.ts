import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonNumber } from '../../api/index.js'
import { encodeJson, stringifyJson } from './encode.js'
import { parseJson } from './parse.js'
import { JsonError, readStrict } from './reader.js'

const parse = (text: string | Buffer) => parseJson(Buffer.from(text as string)).value

describe('values as Go reads them', () => {
  const cases: readonly (readonly [text: string, value: unknown])[] = [
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['9223372036854775808', 2 ** 63],
    ['-0', 0],
    ['1.0', 1],
    ['1e3', 1000],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud800"', '\ufffd'],
    ['"\\ud800\\u0041"', '\ufffdA'],
    ['"\\udc00\\ud800x"', '\ufffd\ufffdx'],
    [' [ 1 , {"a" : null} ] ', [1, { a: null }]],
  ]
  for (const [text, value] of cases) test(text, () => expect(parse(text)).toEqual(value))
})

describe('errors in Go’s words', () => {
  const cases: Readonly<Record<string, string>> = {
    '': 'unexpected end of JSON input',
    '{': 'unexpected end of JSON input',
    '"a': 'unexpected end of JSON input',
    '}': "invalid character '}' looking for beginning of value",
    hello: "invalid character 'h' looking for beginning of value",
    '{} trailing': "invalid character 't' after top-level value",
    '{"a":1,}': "invalid character '}' looking for beginning of object key string",
    "{'a'": "invalid character '\\'' looking for beginning of object key string",
    '{"a" 1}': "invalid character '1' after object key",
    '{"a":1 "b"': `invalid character '"' after object key:value pair`,
    '[1 2]': "invalid character '2' after array element",
    '"a\nb"': "invalid character '\\n' in string literal",
    '"\\x"': "invalid character 'x' in string escape code",
    '"\\u00g0"': "invalid character 'g' in \\u hexadecimal character escape",
    '-x': "invalid character 'x' in numeric literal",
    '01': "invalid character '1' after top-level value",
    '1.': "invalid character ' ' after decimal point in numeric literal",
    '1.x': "invalid character 'x' after decimal point in numeric literal",
    '1ex': "invalid character 'x' in exponent of numeric literal",
    trux: "invalid character 'x' in literal true (expecting 'e')",
    nul: "invalid character ' ' in literal null (expecting 'l')",
    '"\\u12': "invalid character ' ' in \\u hexadecimal character escape",
    '\ufeff{}': "invalid character 'ï' looking for beginning of value",
    '1e999': 'json: cannot unmarshal number 1e999 into Go value of type float64',
  }
  for (const [text, message] of Object.entries(cases)) {
    test(JSON.stringify(text), () => expect(() => parse(text)).toThrow(new JsonError(message)))
  }
})

test('bytes that are no UTF-8 become U+FFFD one by one', () => {
  const bytes = Buffer.concat([
    Buffer.from('{"a":"x'),
    Buffer.from([0xff, 0xe2, 0x82, 0xed, 0xa0, 0x80]),
    Buffer.from('é"}'),
  ])
  expect(parse(bytes)).toEqual({ a: 'x\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdé' })
})

test('repeated keys are noticed and the last one counts', () => {
  const { value, duplicates } = parseJson(Buffer.from('{"a":1,"b":{"c":1,"c":2},"a":3}'))
  expect(value).toEqual({ a: 3, b: { c: 2 } })
  const { a, b } = { a: duplicates!.get(value as object), b: duplicates!.get((value as { b: object }).b) }
  expect(a!.map(([key]) => key)).toEqual(['a', 'b', 'a'])
  expect(b).toEqual([
    ['c', 1],
    ['c', 2],
  ])
})

test('colons inside strings are no keys', () => {
  expect(parseJson(Buffer.from('{"a:b":"c:\\":d"}')).duplicates).toBeUndefined()
})

test('__proto__ is a key like any other', () => {
  for (const text of [
    '{"__proto__":{"x":1}}',
    '{"__proto__":{"x":1.0},"a":1.0}',
    '{"__proto__":1,"__proto__":{"x":1}}',
  ]) {
    const value = parse(text) as Record<string, unknown>
    expect(Object.hasOwn(value, '__proto__')).toBe(true)
    expect(value.x).toBeUndefined()
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  }
})

test('depth is bounded', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(() => parse(nested(1000))).not.toThrow()
  expect(() => parse(nested(1001))).toThrow(new JsonError("invalid character '[' exceeded max depth"))
  expect(() => parse('{"a":'.repeat(1_000_000))).toThrow(new JsonError("invalid character '{' exceeded max depth"))
})

test('numbers keep their literal on request', () => {
  const { value } = parseJson(Buffer.from('[1.0,1.5,1,99999999999999999999]'), { exactNumbers: true })
  expect(value).toEqual([new JsonNumber('1.0'), 1.5, 1, new JsonNumber('99999999999999999999')])
})

test('the strict reader gives what JSON.parse gives', () => {
  const value = fc.jsonValue().map((v) => JSON.stringify(v))
  fc.assert(
    fc.property(value, (text) => {
      const strict = readStrict(Buffer.from(text), 1000, false)
      expect(JSON.parse(stringifyJson(strict.value))).toEqual(JSON.parse(text, (_, v) => (Object.is(v, -0) ? 0 : v)))
      expect(strict.duplicates.size).toBe(0)
    }),
  )
})

const parseFinite = (text: string): unknown =>
  JSON.parse(text, (_, value) => {
    if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('beyond float64')
    return value
  })

test('the strict reader refuses exactly what JSON.parse refuses, and numbers beyond float64', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '1',
    '-',
    '.5',
    'e3',
    'true',
    'null',
    ' ',
    '\\',
    '0',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const text = pieces.join('')
      const refuses = (read: () => unknown): boolean => {
        try {
          read()
          return false
        } catch {
          return true
        }
      }
      const read = (): void => {
        if (readStrict(Buffer.from(text), 1000, false).outOfRange !== undefined) throw new RangeError('beyond float64')
      }
      expect(refuses(read)).toBe(refuses(() => parseFinite(text)))
    }),
    { numRuns: 2000, examples: [[['0', '.5', 'e3', '1', '0']]] },
  )
})

test('bigint is written exactly and read back', () => {
  const value = { a: 9007199254740993n, b: [1, null, { c: -9223372036854775808n }], d: undefined }
  expect(stringifyJson(value)).toBe('{"a":9007199254740993,"b":[1,null,{"c":-9223372036854775808}]}')
  expect(parse(encodeJson(value))).toEqual({ a: value.a, b: value.b })
})

test('strings and numbers that Go would have written otherwise are told', () => {
  const text = '{"a":"<","b":"\\u003c","c":["\\u0041","A",-0,0,1],"d":{"e":"\\/","f":"é","g":1.5},"h":"<","h":"x"}'
  const { value, literals } = parseJson(Buffer.from(text), { exactNumbers: true, literals: true })
  const object = value as { c: unknown[]; d: object }
  const told = (owner: object) => Object.fromEntries(literals!.get(owner) ?? [])
  expect(told(object)).toEqual({ a: '"<"' })
  expect(told(object.c)).toEqual({ 0: '"\\u0041"', 2: '-0' })
  expect(told(object.d)).toEqual({ e: '"\\/"' })
  expect(parseJson(Buffer.from(text)).literals).toBeUndefined()
})
