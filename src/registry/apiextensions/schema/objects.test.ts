import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FieldErrors } from '../../../api/index.js'
import { CheckResult, tellErrors } from './check-result.js'
import { compileChecks } from './checks.js'
import { fillSchemaDefaults } from './defaults.js'
import { coerceEmbedded, validateEmbedded } from './embedded.js'
import type { JsonSchema } from './json-schema.js'
import { Link } from './link.js'
import { validateLists } from './list-types.js'
import { compileNode } from './node.js'
import { prune, pruneFields, sortKeys } from './prune.js'

const str: JsonSchema = { type: 'string' }
const int: JsonSchema = { type: 'integer' }
const obj = (properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
})
const arr = (items: JsonSchema, more: JsonSchema = {}): JsonSchema => ({ type: 'array', items, ...more })
const keep = { 'x-kubernetes-preserve-unknown-fields': true }

describe('prune', () => {
  test('lets nulls of merged objects be', () => {
    const node = compileNode(obj({ a: str }))
    expect(prune({ a: null, b: 1 }, node)).toEqual({})
    expect(pruneFields({ a: null, b: 1 }, node)).toEqual({ a: null })
  })

  const rows: { schema: JsonSchema; value: unknown; want: unknown; unknown?: string[] }[] = [
    { schema: obj({ a: str }), value: { a: 'x', b: 1 }, want: { a: 'x' }, unknown: ['b'] },
    {
      schema: obj({ l: arr(obj({ a: str })) }),
      value: { l: [{ b: 1 }, {}] },
      want: { l: [{}, {}] },
      unknown: ['l[0].b'],
    },
    { schema: obj({}, keep), value: { any: { x: null } }, want: { any: { x: null } } },
    {
      schema: obj({ inner: obj({ a: str }) }, keep),
      value: { inner: { a: '1', b: 2 }, other: [{}] },
      want: { inner: { a: '1' }, other: [{}] },
      unknown: ['inner.b'],
    },
    { schema: { type: 'object', additionalProperties: true }, value: { a: 1, b: [2] }, want: { a: 1, b: [2] } },
    {
      schema: { type: 'object', additionalProperties: true },
      value: { a: { b: 1 } },
      want: { a: {} },
      unknown: ['a.b'],
    },
    { schema: obj({ a: str, n: { type: 'string', nullable: true } }), value: { a: null, n: null }, want: { n: null } },
    { schema: obj({ a: { type: 'string', default: 'd' } }), value: { a: null }, want: { a: null } },
    { schema: obj({ l: arr(str) }), value: { l: [null] }, want: { l: [null] } },
  ]
  for (const { schema, value, want, unknown = [] } of rows)
    test(JSON.stringify(value), () => {
      const paths: string[] = []
      expect(prune(value, compileNode(schema), (path) => paths.push(path))).toEqual(want)
      expect(paths).toEqual(unknown)
    })

  test('__proto__ is data', () => {
    const value = JSON.parse('{"a":{"__proto__":{"polluted":true},"b":"x"}}') as unknown
    const pruned = prune(value, compileNode(obj({ a: { type: 'object', additionalProperties: str } }))) as {
      a: Record<string, unknown>
    }
    expect(Object.keys(pruned.a)).toEqual(['__proto__', 'b'])
    expect((pruned.a as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('pruning twice is pruning once, and leaves what it is given alone', () => {
    const node = compileNode(
      obj({ a: str, b: obj({ c: arr(obj({ d: int })) }), e: { type: 'object', additionalProperties: str } }),
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.jsonValue({ maxDepth: 4 })),
        (value) => {
          const before = JSON.stringify(value)
          const once = prune(value, node)
          expect(prune(once, node)).toEqual(once)
          expect(JSON.stringify(value)).toBe(before)
        },
      ),
    )
  })

  test('sorting keys changes nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown
        expect(sortKeys(plain)).toEqual(plain)
      }),
    )
    expect(Object.keys(sortKeys({ '\u{1F600}': 1, '\uFFFD': 2, b: 3, a: 4, aa: 5 }))).toEqual([
      'a',
      'aa',
      'b',
      '\uFFFD',
      '\u{1F600}',
    ])
  })
})

describe('defaults', () => {
  const schema = obj({
    s: { type: 'string', default: 'ds' },
    n: { type: 'string', nullable: true, default: 'dn' },
    od: obj({ a: { type: 'integer', default: 4 } }, { default: {} }),
    l: arr(obj({ a: { type: 'string', default: 'la' } })),
    m: { type: 'object', additionalProperties: obj({ a: { type: 'boolean', default: true } }) },
    sl: arr({ type: 'string', default: 'nul' }),
  })
  const rows = [
    { value: {}, want: { s: 'ds', n: 'dn', od: { a: 4 } } },
    { value: { s: null, n: null }, want: { s: 'ds', n: null, od: { a: 4 } } },
    { value: { s: 'x', n: 'y', od: { a: 9 } }, want: { s: 'x', n: 'y', od: { a: 9 } } },
    {
      value: { l: [{}, { a: 'x' }], m: { k: {} } },
      want: { s: 'ds', n: 'dn', od: { a: 4 }, l: [{ a: 'la' }, { a: 'x' }], m: { k: { a: true } } },
    },
    { value: { sl: ['a', null] }, want: { s: 'ds', n: 'dn', od: { a: 4 }, sl: ['a', 'nul'] } },
  ]
  for (const { value, want } of rows)
    test(JSON.stringify(value), () => {
      const filled = structuredClone(value)
      fillSchemaDefaults(filled, compileNode(schema))
      expect(filled).toEqual(want)
    })

  test('are copies: one object does not see what happens to another', () => {
    const node = compileNode(schema)
    const [one, two] = [{}, {}] as { od?: { a: number } }[]
    fillSchemaDefaults(one, node)
    fillSchemaDefaults(two, node)
    one!.od!.a = 77
    expect(two!.od!.a).toBe(4)
  })
})

describe('checks', () => {
  const complain = (schema: JsonSchema, value: unknown, old?: unknown): string => {
    const result = new CheckResult()
    const link = old === undefined ? undefined : new Link(value, old, compileNode(schema))
    compileChecks(schema)(value, '', result, link)
    const errors = new FieldErrors()
    tellErrors(result, '', errors)
    return errors.list.map(({ field, message }) => `${field}: ${message}`).join(' & ')
  }
  const f = (schema: JsonSchema) => obj({ f: schema })
  const rows: [schema: JsonSchema, value: unknown, want: string][] = [
    [str, 'ok', ''],
    [str, 1, 'f: Invalid value: "integer": f in body must be of type string: "integer"'],
    [arr(str), ['x', null], 'f[1]: Invalid value: "null": f[1] in body must be of type string: "null"'],
    [
      int,
      1.5,
      'f: Invalid value: "number": f in body must be of type integer: "number" & <nil>: Invalid value: "": Checked value must be of type integer (default format) in f',
    ],
    [
      { type: 'integer', format: 'int32' },
      2 ** 31,
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in f',
    ],
    [
      { type: 'integer', minimum: 2, exclusiveMinimum: true },
      2,
      'f: Invalid value: 2: f in body should be greater than 2',
    ],
    [{ type: 'number', multipleOf: 0.5 }, 0.75, 'f: Invalid value: 0.75: f in body should be a multiple of 0.5'],
    [{ type: 'string', minLength: 2 }, 'é', 'f: Invalid value: "é": f in body should be at least 2 chars long'],
    [{ type: 'string', maxLength: 3 }, '日本語', ''],
    [{ type: 'string', maxLength: 1 }, '😀', ''],
    [{ type: 'string', maxLength: 1 }, '😀a', 'f: Too long: may not be more than 1 byte'],
    [{ type: 'string', pattern: '^a+$' }, 'ab', 'f: Invalid value: "ab": f in body should match \'^a+$\''],
    [
      { type: 'string', enum: ['red', 'green'] },
      'blue',
      'f: Unsupported value: "blue": supported values: "red", "green"',
    ],
    [{ type: 'integer', enum: [1, 2] }, 3, 'f: Unsupported value: 3: supported values: "1", "2"'],
    [{ type: 'number', enum: [1, 2] }, 1.5, ''],
    [{ type: 'number', enum: [1.5] }, 1, 'f: Unsupported value: 1: supported values: "1.5"'],
    [{ type: 'integer', enum: ['a'] }, 97, ''],
    [
      { type: 'object', enum: ['a'] },
      { k: 1, a: { d: 1, c: 2 } },
      'f: Unsupported value: {"a":{"c":2,"d":1},"k":1}: supported values: "a"',
    ],
    [arr(int, { maxItems: 2 }), [1, 2, 3], 'f: Too many: 3: must have at most 2 items'],
    [obj({ x: str }, { required: ['x'] }), {}, 'f.x: Required value'],
    [
      { 'x-kubernetes-int-or-string': true },
      1.5,
      'f: Invalid value: "number": f in body must be of type integer,string: "number"',
    ],
    [
      { type: 'string', format: 'date' },
      '2023-02-29',
      'f: Invalid value: "2023-02-29": f in body must be of type date: "2023-02-29"',
    ],
    [{ type: 'string', format: 'nobody-knows' }, 'anything', ''],
    [
      obj({ a: str, b: str }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
      { a: '', b: '' },
      '<nil>: Invalid value: "": "f" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
    [
      obj({ a: str }, { not: { required: ['a'] } }),
      { a: '' },
      '<nil>: Invalid value: "": "f" must not validate the schema (not)',
    ],
    [
      { type: 'integer', oneOf: [{ minimum: 10 }, { multipleOf: 2 }] },
      3,
      '<nil>: Invalid value: "": "f" must validate one and only one schema (oneOf). Found none valid & f: Invalid value: 3: f in body should be greater than or equal to 10',
    ],
  ]
  for (const [schema, value, want] of rows)
    test(`${JSON.stringify(schema)} of ${JSON.stringify(value)}`, () =>
      expect(complain(f(schema), { f: value })).toBe(want))

  test('an expression that would take for ever elsewhere is answered at once', () => {
    const began = performance.now()
    complain(f({ type: 'string', pattern: '^(a+)+$' }), { f: `${'a'.repeat(5_000)}!` })
    expect(performance.now() - began).toBeLessThan(1_000)
  })

  describe('what was wrong before may stay', () => {
    const schema = obj({
      s: { type: 'string', maxLength: 4 },
      l: arr({ type: 'string', enum: ['good'] }),
      m: arr(obj({ k: str, v: { type: 'string', enum: ['good'] } }), {
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      }),
    })
    const old = { s: 'long value', l: ['bad', 'good'], m: [{ k: 'one', v: 'bad' }] }
    const cases: [change: object, ok: boolean][] = [
      [{ n: 1 }, true],
      [{ s: 'longer value' }, false],
      [{ l: ['bad', 'good', 'good'] }, false],
      [
        {
          m: [
            { k: 'two', v: 'good' },
            { k: 'one', v: 'bad' },
          ],
        },
        true,
      ],
      [{ m: [{ k: 'other', v: 'bad' }] }, false],
    ]
    test('not in objects with members that the schema does not name', () => {
      const open = obj({ f: obj({ a: str }, { minProperties: 3, 'x-kubernetes-preserve-unknown-fields': true }) })
      expect(complain(open, { f: { a: '1' } }, { f: { a: '1' } })).toBe('')
      expect(complain(open, { f: { b: '1' } }, { f: { b: '1' } })).not.toBe('')
    })
    test('items of map lists where they have moved to, those without a key nowhere', () => {
      const bad = { k: 'a', v: 'bad' }
      const good = { k: 'b', v: 'good' }
      const list = { m: schema.properties!.m! }
      const tight = obj({ m: { ...list.m, maxItems: 1 } })
      expect(complain(tight, { m: [bad, good] }, { m: [good, bad] })).toBe('')
      expect(complain(schema, { m: [{ v: 'bad' }] }, { m: [{ v: 'bad' }] })).not.toBe('')
    })
    for (const [change, ok] of cases)
      test(JSON.stringify(change), () => expect(complain(schema, { ...old, ...change }, old) === '').toBe(ok))
  })
})

describe('lists', () => {
  const set = compileNode(arr(str, { 'x-kubernetes-list-type': 'set' }))
  const map = compileNode(
    arr(obj({ k: str, p: int }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k', 'p'] }),
  )
  const complain = (value: unknown, node: typeof set): string[] => {
    const errors = new FieldErrors()
    validateLists(value, node, 'l', errors)
    return errors.list.map(({ field, message }) => `${field}: ${message}`)
  }
  test('sets hold an item once', () => {
    expect(complain(['a', 'b'], set)).toEqual([])
    expect(complain(['a', 'b', 'a', 'a'], set)).toEqual(['l[2]: Duplicate value: "a"'])
  })
  test('maps hold a key once', () => {
    expect(
      complain(
        [
          { k: 'a', p: 1 },
          { k: 'a', p: 2 },
        ],
        map,
      ),
    ).toEqual([])
    expect(
      complain(
        [
          { k: 'a', p: 1, v: 1 },
          { p: 1, k: 'a', v: 2 },
        ],
        map,
      ),
    ).toEqual(['l[1]: Duplicate value: {"k":"a","p":1}'])
  })
})

describe('embedded resources', () => {
  const node = compileNode(obj({ e: obj({}, { 'x-kubernetes-embedded-resource': true, ...keep }) }))
  test('unknown metadata goes, and is told', () => {
    const value = { e: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', bogus: 1 } } }
    const paths: string[] = []
    coerceEmbedded(value, node, (path) => paths.push(path))
    expect(value.e.metadata).toEqual({ name: 'p' })
    expect(paths).toEqual(['e.metadata.bogus'])
  })
  test('type and metadata have to make sense', () => {
    const complain = (e: object): string[] => {
      const errors = new FieldErrors()
      validateEmbedded({ e }, node, '', errors)
      return errors.list.map(({ field }) => field)
    }
    expect(complain({ apiVersion: 'v1', kind: 'Pod' })).toEqual([])
    expect(complain({})).toEqual(['e.apiVersion', 'e.kind'])
    expect(complain({ apiVersion: 'a/b/c', kind: 'Bad Kind' })).toEqual(['e.apiVersion', 'e.kind'])
  })
  test('metadata of another type is refused', () => {
    expect(() => coerceEmbedded({ e: { metadata: 'x' } }, node)).toThrow(
      'e.metadata: Invalid value: "x": json: cannot unmarshal string into Go value of type v1.ObjectMeta',
    )
  })
})
