import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '../errors.js'
import type { Json, JsonObject } from './json.js'
import { applyJsonPatch, decodeJsonPatch, type Literals } from './json-patch.js'

type Operations = JsonObject[]
const refused = 'the server rejected our request due to an error in our request'

const parse = (text: string) => JSON.parse(text) as Json
const apply = (document: Json, operations: Operations): Json =>
  applyJsonPatch(document, decodeJsonPatch(operations).operations)

/** [document, operations, result]; no result: 422. */
const cases: [Json, Operations, Json?][] = [
  // add
  [{}, [], {}],
  [{ foo: 1 }, [{ op: 'add', path: '/bar', value: 2 }], { foo: 1, bar: 2 }],
  [{ foo: 1 }, [{ op: 'add', path: '/foo', value: 2 }], { foo: 2 }],
  [{ foo: 1 }, [{ op: 'add', path: '/bar', value: null }], { foo: 1, bar: null }],
  [{ foo: 1 }, [{ op: 'add', path: '/bar' }], { foo: 1, bar: null }],
  [{ foo: 1 }, [{ op: 'add', path: '/', value: 2 }], { foo: 1, '': 2 }],
  [{ foo: {} }, [{ op: 'add', path: '/foo/', value: 2 }], { foo: { '': 2 } }],
  [{ foo: 1 }, [{ op: 'add', path: '/foo/bar', value: 2 }]],
  [{}, [{ op: 'add', path: '/a/b', value: 2 }]],
  [{ a: null }, [{ op: 'add', path: '/a/b', value: 2 }]],
  [[], [{ op: 'add', path: '/0', value: 'a' }], ['a']],
  [['a', 'c'], [{ op: 'add', path: '/1', value: 'b' }], ['a', 'b', 'c']],
  [['a'], [{ op: 'add', path: '/1', value: ['b'] }], ['a', ['b']]],
  [['a'], [{ op: 'add', path: '/-', value: 'b' }], ['a', 'b']],
  [['a'], [{ op: 'add', path: '/2', value: 'b' }]],
  [['a'], [{ op: 'add', path: '/x', value: 'b' }]],
  [['a'], [{ op: 'add', path: '/1e0', value: 'b' }]],
  [['a', 'b'], [{ op: 'add', path: '/-1', value: 'c' }], ['a', 'b', 'c']],
  [['a', 'b'], [{ op: 'add', path: '/-2', value: 'c' }], ['a', 'c', 'b']],
  [['a'], [{ op: 'add', path: '/-3', value: 'c' }]],
  [['a'], [{ op: 'add', path: '/+1', value: 'c' }], ['a', 'c']],
  [['a'], [{ op: 'add', path: '/01', value: 'c' }], ['a', 'c']],
  // What stands before the first slash does not count.
  [{ data: {} }, [{ op: 'add', path: 'data/x', value: 'x' }], { data: {}, x: 'x' }],
  [{}, [{ op: 'add', path: 'x', value: 'x' }]],
  [{}, [{ op: 'add', path: '', value: {} }]],
  [{}, [{ op: 'add', value: 'x' }]],
  [{}, [{ op: 'add', path: null, value: 'x' }]],
  // escapes
  [{}, [{ op: 'add', path: '/a~1b', value: 1 }], { 'a/b': 1 }],
  [{}, [{ op: 'add', path: '/a~0b', value: 1 }], { 'a~b': 1 }],
  [{}, [{ op: 'add', path: '/~01', value: 1 }], { '~1': 1 }],
  [{}, [{ op: 'add', path: '/~2', value: 1 }], { '~2': 1 }],
  // remove
  [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
  [{ a: null }, [{ op: 'remove', path: '/a' }], {}],
  [{ a: 1 }, [{ op: 'remove', path: '/b' }]],
  [{ a: 1 }, [{ op: 'remove', path: '' }]],
  [{ a: ['x', 'y'] }, [{ op: 'remove', path: '/a/0' }], { a: ['y'] }],
  [{ a: ['x', 'y'] }, [{ op: 'remove', path: '/a/-1' }], { a: ['x'] }],
  [{ a: ['x'] }, [{ op: 'remove', path: '/a/1' }]],
  [{ a: ['x'] }, [{ op: 'remove', path: '/a/-' }]],
  [{ a: ['x'] }, [{ op: 'remove', path: '/a/-2' }]],
  // replace
  [{ a: { b: 1 } }, [{ op: 'replace', path: '/a/b', value: [] }], { a: { b: [] } }],
  [{ a: 1 }, [{ op: 'replace', path: '/b', value: 2 }], { a: 1, b: 2 }],
  [{ a: 1 }, [{ op: 'replace', path: '/b/c', value: 2 }]],
  [['x'], [{ op: 'replace', path: '/0', value: 'y' }], ['y']],
  [['x'], [{ op: 'replace', path: '/1', value: 'y' }]],
  [['x'], [{ op: 'replace', path: '/-1', value: 'y' }], ['y']],
  [{ a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
  [{ a: 1 }, [{ op: 'replace', path: '', value: 'x' }]],
  [{ a: 1 }, [{ op: 'replace', path: '' }]],
  // move
  [{ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
  [{ a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
  [{ a: { b: 1 } }, [{ op: 'move', from: '/a', path: '/a/b' }]],
  [{ a: [1, 2, 3] }, [{ op: 'move', from: '/a/0', path: '/a/2' }], { a: [2, 3, 1] }],
  [{ a: { b: [1] }, c: [] }, [{ op: 'move', from: '/a/b/0', path: '/c/-' }], { a: { b: [] }, c: [1] }],
  [{ a: 1 }, [{ op: 'move', from: '/x', path: '/b' }]],
  [{ a: 1 }, [{ op: 'move', path: '/b' }]],
  [{ a: 1 }, [{ op: 'move', from: '/a' }]],
  // copy
  [{ a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { a: { b: 1 }, c: { b: 1 } }],
  [
    { a: { b: 1 } },
    [
      { op: 'copy', from: '/a', path: '/c' },
      { op: 'add', path: '/c/b', value: 2 },
      { op: 'add', path: '/a/x', value: 3 },
    ],
    { a: { b: 1, x: 3 }, c: { b: 2 } },
  ],
  [{ a: 1 }, [{ op: 'copy', from: '/x', path: '/b' }], { a: 1, b: null }],
  [{ a: 1 }, [{ op: 'copy', from: '/x/y', path: '/b' }]],
  [{ a: [1] }, [{ op: 'copy', from: '/a/1', path: '/b' }]],
  // test
  [
    { a: { b: [1, 'x', null] } },
    [{ op: 'test', path: '/a', value: { b: [1, 'x', null] } }],
    { a: { b: [1, 'x', null] } },
  ],
  [{ a: { b: 1, c: 2 } }, [{ op: 'test', path: '/a', value: { c: 2, b: 1 } }], { a: { b: 1, c: 2 } }],
  [{ a: 1 }, [{ op: 'test', path: '/a', value: '1' }]],
  [{ a: [] }, [{ op: 'test', path: '/a', value: {} }]],
  [{ a: 1 }, [{ op: 'test', path: '/a' }]],
  [{ a: 1 }, [{ op: 'test', path: '/b', value: null }], { a: 1 }],
  [{ a: 1 }, [{ op: 'test', path: '/b' }], { a: 1 }],
  [{ a: 1 }, [{ op: 'test', path: '/b', value: 1 }]],
  [{ a: null }, [{ op: 'test', path: '/a', value: null }], { a: null }],
  [{ a: 1 }, [{ op: 'test', path: '/constructor', value: {} }]],
  [{ a: 1 }, [{ op: 'test', path: '', value: { a: 1 } }], { a: 1 }],
  [{ a: 1 }, [{ op: 'test', path: '', value: { a: 2 } }]],
  [{ a: [1, 2] }, [{ op: 'test', path: '/a/-1', value: 2 }], { a: [1, 2] }],
  [{ a: [1, 2] }, [{ op: 'test', path: '/a/2', value: 2 }]],
  // operations
  [{}, [{ op: 'merge', path: '/a', value: 1 }]],
  [{}, [{ op: 'ADD', path: '/a', value: 1 }]],
  [{}, [{ path: '/a', value: 1 }]],
  [{}, [{ op: 'add', path: '/a', value: 1, other: 2 }], { a: 1 }],
]

describe('applyJsonPatch', () => {
  for (const [document, operations, result] of cases) {
    test(`${JSON.stringify(document)} ${JSON.stringify(operations)}`, () => {
      const before = structuredClone(document)
      if (result === undefined) expect(() => apply(document, operations)).toThrowError(refused)
      else expect(apply(document, operations)).toEqual(result)
      expect(document).toEqual(before)
    })
  }

  test('__proto__ and constructor are names like any other', () => {
    const document = parse('{"a":{"__proto__":{"x":1}}}')
    const result = apply(document, [
      { op: 'add', path: '/__proto__', value: { polluted: true } },
      { op: 'add', path: '/a/__proto__/y', value: 2 },
      { op: 'add', path: '/constructor', value: 3 },
      { op: 'copy', from: '/a', path: '/b' },
    ])
    expect(JSON.stringify(result)).toBe(
      '{"a":{"__proto__":{"x":1,"y":2}},"__proto__":{"polluted":true},"constructor":3,"b":{"__proto__":{"x":1,"y":2}}}',
    )
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
    expect(JSON.stringify(document)).toBe('{"a":{"__proto__":{"x":1}}}')
    expect(() => apply({}, [{ op: 'add', path: '/__proto__/polluted', value: 1 }])).toThrowError(refused)
    expect(() => apply({}, [{ op: 'remove', path: '/__proto__' }])).toThrowError(refused)
    expect(({} as JsonObject).polluted).toBeUndefined()
  })

  test('copies may add up to a limit', () => {
    const copy = { op: 'copy', from: '/a', path: '/b' }
    const document = { a: 'x'.repeat(98) } // 100 bytes in JSON
    expect(applyJsonPatch(document, [copy, copy], { maxCopyBytes: 200 })).toHaveProperty('b')
    expect(() => applyJsonPatch(document, [copy, copy], { maxCopyBytes: 199 })).toThrowError(refused)
    const doubling = Array.from({ length: 64 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))
    expect(() => applyJsonPatch({ a: [1, 2, 3] }, doubling)).toThrowError(refused)
  })

  describe('test holds texts against each other', () => {
    const document = { a: '<', b: ['<', 0], n: null }
    const odd = (owner: object, key: string, text: string) => new Map([[owner, new Map([[key, text]])]])
    const passes = (operations: Operations, literals?: Literals): boolean => {
      try {
        applyJsonPatch(document, operations, { literals })
        return true
      } catch {
        return false
      }
    }
    const a: JsonObject = { op: 'test', path: '/a', value: '<' }
    const b: JsonObject = { op: 'test', path: '/b', value: ['<', 0] }
    const added: JsonObject = { op: 'add', path: '/a', value: '<' }
    const cases: [string, Operations, boolean, Literals?][] = [
      ['as Go writes it', [a], true],
      ['not escaped', [a], false, odd(a, 'value', '"<"')],
      ['within a list', [b], true],
      ['within a list, not escaped', [b], false, odd(b.value as Json[], '0', '"<"')],
      ['a negative zero', [b], false, odd(b.value as Json[], '1', '-0')],
      ['put there by the patch itself', [added, a], false, odd(added, 'value', '"<"')],
      [
        'put there and tested alike',
        [added, a],
        true,
        new Map([...odd(added, 'value', '"<"'), ...odd(a, 'value', '"<"')]),
      ],
      ['replaced by what is escaped', [added, { ...added, op: 'replace' }, a], true, odd(added, 'value', '"<"')],
    ]
    for (const [name, operations, result, literals] of cases)
      test(name, () => expect(passes(operations, literals)).toBe(result))

    const nulls: [Operations, boolean][] = [
      [[{ op: 'test', path: '/n', value: null }], true],
      [[{ op: 'test', path: '/n' }], true],
      [
        [
          { op: 'add', path: '/n', value: null },
          { op: 'test', path: '/n', value: null },
        ],
        true,
      ],
      // The null of an operation is not the nothing that those of the document are.
      [
        [
          { op: 'add', path: '/n', value: null },
          { op: 'test', path: '/n' },
        ],
        false,
      ],
      [
        [
          { op: 'add', path: '/n' },
          { op: 'test', path: '/n' },
        ],
        true,
      ],
    ]
    for (const [operations, result] of nulls)
      test(JSON.stringify(operations), () => expect(passes(operations)).toBe(result))
  })

  test('the answer to a refusal is 422 and tells nothing', () => {
    const error = caught(() => apply({}, [{ op: 'remove', path: '/a' }]))
    expect(error.status).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: refused,
      reason: 'Invalid',
      details: {},
      code: 422,
    })
  })

  test('adding what differs leads from one object to another', () => {
    fc.assert(
      fc.property(flat, flat, (from, to) => {
        const operations: Operations = [
          ...Object.keys(from)
            .filter((key) => !Object.hasOwn(to, key))
            .map((key) => ({ op: 'remove', path: `/${escaped(key)}` })),
          ...Object.keys(to).map((key) => ({ op: 'add', path: `/${escaped(key)}`, value: to[key]! })),
        ]
        expect(apply(from, operations)).toEqual(to)
      }),
    )
  })
})

const flat = fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<Json>, { noNullPrototype: true })
const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

function caught(run: () => unknown): ApiError {
  try {
    run()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('ten thousand operations on one object take no longer than as many on many', () => {
  const operations = Array.from({ length: 10_000 }, (_, i) => ({ op: 'add', path: `/a/k${i}`, value: null }))
  const start = performance.now()
  expect(Object.keys((applyJsonPatch({ a: {} }, operations) as { a: object }).a)).toHaveLength(10_000)
  expect(performance.now() - start).toBeLessThan(1_500)
})

describe('decodeJsonPatch', () => {
  const refusals: [Json, 'Warn' | 'Ignore', string][] = [
    [{}, 'Warn', 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
    ['x', 'Warn', 'error decoding patch: json: cannot unmarshal string into Go value of type []handlers.jsonPatchOp'],
    [{}, 'Ignore', 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    [['x'], 'Warn', 'error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp'],
    [[1], 'Ignore', 'json: cannot unmarshal number into Go value of type jsonpatch.Operation'],
    [
      [{ op: 1 }],
      'Warn',
      'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string',
    ],
  ]
  for (const [patch, validation, message] of refusals) {
    test(`${JSON.stringify(patch)} ${validation}`, () => {
      const error = caught(() => decodeJsonPatch(patch, validation))
      expect([error.code, error.message]).toEqual([400, message])
    })
  }

  test('null is no operation at all', () => expect(decodeJsonPatch(null).operations).toEqual([]))

  test('unknown fields are told', () => {
    const patch = [{ op: 'test', path: '/a', extra: 1 }]
    expect(decodeJsonPatch(patch).strictErrors).toEqual(['json patch unknown field "[0].extra"'])
    expect(decodeJsonPatch(patch, 'Ignore').strictErrors).toEqual([])
  })

  test('more than 10,000 operations are too many', () => {
    const operations = (count: number) => Array.from({ length: count }, () => ({ op: 'test', path: '/a' }))
    expect(decodeJsonPatch(operations(10_000)).operations).toHaveLength(10_000)
    const error = caught(() => decodeJsonPatch(operations(10_001)))
    expect([error.code, error.reason, error.message]).toEqual([
      413,
      'RequestEntityTooLarge',
      'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    ])
  })
})
