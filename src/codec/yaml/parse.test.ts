import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseYaml } from './parse.js'

const value = async (text: string | Buffer) => (await parseYaml(Buffer.from(text as string))).value

describe('scalars are YAML 1.1', () => {
  const cases: Readonly<Record<string, unknown>> = {
    yes: true,
    Off: false,
    y: true,
    N: false,
    '"yes"': 'yes',
    '~': null,
    '': null,
    '0777': 511,
    '0o17': 15,
    '0x1F': 31,
    '0b101': 5,
    '-0x10': -16,
    '1_000': 1000,
    '09': 9,
    '+12': 12,
    '1.5': 1.5,
    '.5': 0.5,
    '1e3': 1000,
    '1:30': '1:30',
    '2020-01-01': '2020-01-01',
    '2020-01-01T00:00:00Z': '2020-01-01T00:00:00Z',
    '9007199254740993': 9007199254740993n,
    '18446744073709551616': 2 ** 64,
    '1e999': '1e999',
    '!!str 5': '5',
    '!!int "5"': 5,
    '!!float 5': 5,
    '!!binary aGVsbG8=': 'hello',
    '!custom x': 'x',
    '|\n  a\n  b\n': 'a\nb\n',
    '>-\n  a\n  b\n': 'a b',
  }
  for (const [text, want] of Object.entries(cases)) {
    test(JSON.stringify(text), async () => expect(await value(`a: ${text}`)).toEqual({ a: want }))
  }
})

test('keys become text', async () => {
  const text = 'y: 1\nno: 2\n5: 3\n1.5: 4\n0x10: 5\n"q": 6\n1e30: 7\n'
  expect(await value(text)).toEqual({ true: 1, false: 2, 5: 3, 1.5: 4, 16: 5, q: 6, '1e+30': 7 })
})

test('keys are sorted, as Go’s maps are written', async () => {
  expect(Object.keys((await value('c: 1\na: 1\nb: 1\n')) as object)).toEqual(['a', 'b', 'c'])
  expect(Object.keys((await value('{"c": 1, "a": 1}')) as object)).toEqual(['a', 'c'])
})

test('only the first document counts', async () => {
  expect(await value('# c\n---\na: 1\n---\nb: [\n')).toEqual({ a: 1 })
  expect(await value('')).toBe(null)
})

test('anchors and merge keys', async () => {
  expect(await value('a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\nc: {<<: [{p: 5}, *x]}\n')).toEqual({
    a: { p: 1, q: 2 },
    b: { p: 1, q: 3 },
    c: { p: 5, q: 2 },
  })
})

test('repeated keys are told by line and the last one counts', async () => {
  const parsed = await parseYaml(Buffer.from('a: 1\nb: 2\na: 3\n5: x\n5: z\n'))
  expect(parsed.value).toEqual({ a: 3, b: 2, 5: 'z' })
  expect(parsed.duplicates).toBe(
    'yaml: unmarshal errors:\n  line 3: key "a" already set in map\n  line 5: key 5 already set in map',
  )
})

test('__proto__ is a key like any other', async () => {
  for (const text of ['__proto__: {x: 1}', '{"__proto__": {"x": 1}}']) {
    const parsed = (await value(text)) as Record<string, unknown>
    expect(Object.hasOwn(parsed, '__proto__')).toBe(true)
    expect(parsed.x).toBeUndefined()
  }
})

test('what stands behind a flow collection is not read', async () => {
  expect(await value('{"a": 1}x')).toEqual({ a: 1 })
  expect(await value('{"a": 1}{')).toEqual({ a: 1 })
})

test.each(['{', '[1', '{a: {b: 1}', '{a: [1}', '{apiVersion: v1, metadata: {name: a}', '[{a: 1}, '])(
  'a flow collection without its end is refused: %s',
  (text) => expect(value(text)).rejects.toThrow(/^yaml: /),
)

describe('structure is go-yaml’s', () => {
  const cases: Readonly<Record<string, unknown>> = {
    'a:\n- 1\n- - 2\n  - 3\nb: {c, d: }': { a: [1, [2, 3]], b: { c: null, d: null } },
    '? a\n: b\n? c': { a: 'b', c: null },
    '[a: b, ? c : d, e]': [{ a: 'b' }, { c: 'd' }, 'e'],
    'a: >\n  one\n  two\n\n  three\n   more\n  end\nb: |+\n  x\n\n': { a: 'one two\nthree\n more\nend\n', b: 'x\n\n' },
    'a: "one\n  two\n\n  three\\\n  four"': { a: 'one two\nthreefour' },
    'a: one\n  two\n\n  three # no\nb: c#d': { a: 'one two\nthree', b: 'c#d' },
    "a: 'it''s'": { a: "it's" },
    'a: |2\n   x\n  y': { a: ' x\ny' },
    '%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 5\nb: !<tag:yaml.org,2002:int> "5"': { a: '5', b: 5 },
    'a: ! 5\nb: !!str\nc: &x\nd: *x': { a: '5', b: '', c: null, d: null },
    'a: b\n...\n@': { a: 'b' },
    '--- # nothing\n...': null,
    '\ufeffa: b\r\nc: "d\r\n e"': { a: 'b', c: 'd e' },
    '{"a":"\\U0001F600\\N\\_\\L", "b":1}#': { a: '\u{1f600}\u0085\u00a0\u2028', b: 1 },
  }
  for (const [text, want] of Object.entries(cases)) {
    test(JSON.stringify(text), async () => expect(await value(text)).toEqual(want))
  }
})

test('the next line character breaks lines', async () => {
  expect(await value('a: b\u0085c: d')).toEqual({ a: 'b', c: 'd' })
})

describe('errors in go-yaml’s words', () => {
  const cases: Readonly<Record<string, string>> = {
    'a: b: c: {': 'yaml: mapping values are not allowed in this context',
    'apiVersion: v1\n\tkind: x\n': 'yaml: line 2: found a tab character that violates indentation',
    'a: v1\nk: x\nmetadata:\n  name: one\n data: {}\n': 'yaml: line 4: did not find expected key',
    'a: [1,2': "yaml: line 1: did not find expected ',' or ']'",
    'a: -': 'yaml: block sequence entries are not allowed in this context',
    'a: @x': 'yaml: found character that cannot start any token',
    'a: *x': "yaml: unknown anchor 'x' referenced",
    'a: &x [*x]': "yaml: anchor 'x' value contains itself",
    '? [a]\n: b': 'yaml: invalid map key: []interface {}{"a"}',
    'a: {<<: 5}': 'yaml: map merge requires map or sequence of maps as the value',
    'a: !!int x': 'yaml: cannot decode !!str `x` as a !!int',
    'a: .inf': 'json: unsupported value: +Inf',
    'a: "\u0001"': 'yaml: control characters are not allowed',
    '{"a": "\u0080"}': 'yaml: control characters are not allowed',
    'a: b\nc: "\\ud83d\\ude00"': 'yaml: line 2: found invalid Unicode character escape code',
    '{"a": "\\ud83d\\ude00"}': 'yaml: found invalid Unicode character escape code',
    '%YAML 1.2\n---\na: b': 'yaml: found incompatible YAML document',
    'kind: x\nmetadata:\n  name:bc\n  labels:\n    a: b\n':
      'yaml: line 4: mapping values are not allowed in this context',
    'kind: x\nmetadat\n  name: a\n': "yaml: line 3: could not find expected ':'",
    'a: b\nc: d\nnn:] \n': "yaml: line 4: could not find expected ':'",
    'a:\n  - 1\n - 2\n': 'yaml: line 2: did not find expected key',
    'a:\n  - 1\n  b: 2\n': "yaml: line 2: did not find expected '-' indicator",
    'a: |0\n x': 'yaml: found an indentation indicator equal to 0',
    'a: "x\ny': 'yaml: line 2: found unexpected end of stream',
    "a: 'x\n---\n'": 'yaml: line 2: found unexpected document indicator',
    'a: !<x b': "yaml: did not find the expected '>'",
    'a: !x!y b': 'yaml: found undefined tag handle',
    'a: !y%zz b': 'yaml: did not find URI escaped octet',
    '%TAG ! tag:x,2000:\n%TAG ! y\n--- a': 'yaml: line 1: found duplicate %TAG directive',
    '%FOO\n---\na': 'yaml: found unknown directive name',
    '%YAML 1.1\na: b': 'yaml: line 1: did not find expected <document start>',
    'a: b\n? c\n? [d: ': 'yaml: line 3: did not find expected node content',
    'a: "\\xzz"': 'yaml: did not find expected hexdecimal number',
    [`k*\n x: ${'y'.repeat(600)}\u0001`]: 'yaml: line 2: mapping values are not allowed in this context',
    [`a: b\nc: ${'y'.repeat(600)}\u0001`]: 'yaml: control characters are not allowed',
    '? {a: b, c: d, b: [~]}':
      'yaml: invalid map key: map[interface {}]interface {}{"a":"b", "b":[]interface {}{interface {}(nil)}, "c":"d"}',
  }
  for (const [text, message] of Object.entries(cases)) {
    test(JSON.stringify(text), () => expect(value(text)).rejects.toThrow(message))
  }
  test('invalid UTF-8', () =>
    expect(value(Buffer.from([0x61, 0xff]))).rejects.toThrow('yaml: invalid leading UTF-8 octet'))
  test.each([
    ['61c3', 'incomplete UTF-8 octet sequence'],
    ['61c361', 'invalid trailing UTF-8 octet'],
    ['61c080', 'invalid length of a UTF-8 sequence'],
    ['61eda080', 'invalid Unicode character'],
    ['0161ff', 'control characters are not allowed'],
  ])('bytes %s', (hex, problem) => expect(value(Buffer.from(hex, 'hex'))).rejects.toThrow(`yaml: ${problem}`))
})

describe('hostile documents', () => {
  const deep: Readonly<Record<string, string>> = {
    flow: '['.repeat(1_000_000),
    maps: '{a: '.repeat(100_000),
    sequences: '- '.repeat(500_000),
    explicit: '? '.repeat(100_000),
  }
  for (const [name, text] of Object.entries(deep)) {
    test(`nested ${name}`, () => expect(value(text)).rejects.toThrow('yaml: exceeded max depth of 10000'))
  }

  test('aliases that multiply', async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}*a${i}]`)
    const text = `a0: &a0 [x]\n${levels.join('\n')}\n`
    await expect(value(text)).rejects.toThrow('yaml: document contains excessive aliasing')
  })
})

test('JSON means the same as YAML', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ noUnicodeString: true }), async (json) => {
      const text = JSON.stringify(json)
      // A comment keeps the document from being read as JSON.
      const [asJson, asYaml] = [await value(text), await value(`# yaml\n${text}`)]
      expect(asYaml).toEqual(asJson)
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['\t{"a":1}', 'yaml: found character that cannot start any token'],
  ['{"a":"\\/"}', 'yaml: found unknown escape character'],
])('JSON that is no YAML: %j', async (text, message) => {
  await expect(parseYaml(Buffer.from(text))).rejects.toThrow(message)
})

test('JSON in YAML has to be UTF-8, and its lines end where those of YAML do', async () => {
  await expect(parseYaml(Buffer.from('{"a":"\xff"}', 'latin1'))).rejects.toThrow('yaml: invalid leading UTF-8 octet')
  expect((await parseYaml(Buffer.from('{"a":"x\u0085y"}'))).value).toEqual({ a: 'x y' })
})
