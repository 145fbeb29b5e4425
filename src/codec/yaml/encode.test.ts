import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeYaml } from './encode.js'
import { parseYaml } from './parse.js'

const yaml = (value: unknown): string => encodeYaml(value).toString()

// What JSONToYAML of sigs.k8s.io/yaml v1.6 writes.
const cases: readonly (readonly [value: unknown, text: string])[] = [
  [{ b: 1, a: [], c: {}, d: null }, 'a: []\nb: 1\nc: {}\nd: null\n'],
  [{ items: [{ a: 1, b: [2, [3]] }] }, 'items:\n- a: 1\n  b:\n  - 2\n  - - 3\n'],
  [
    ['yes', '1', '~', '', '12:30', '2020-01-01', '0x1g', '<<'],
    '- "yes"\n- "1"\n- "~"\n- ""\n- "12:30"\n- "2020-01-01"\n- 0x1g\n- <<\n',
  ],
  [
    ['a: b', "it's: x", '#', 'a #', ' x', '- ', '{', 'a{'],
    `- 'a: b'\n- 'it''s: x'\n- '#'\n- 'a #'\n- ' x'\n- '- '\n- '{'\n- a{\n`,
  ],
  [
    ['a\nb', 'a\n', '\n', 'a\n\n', ' a\nb', 'a \nb'],
    '- |-\n  a\n  b\n- |\n  a\n- |2+\n\n- |+\n  a\n\n- |2-\n   a\n  b\n- "a \\nb"\n',
  ],
  [['\t', '\u0001', '😀', '\ufeff'], '- "\\t"\n- "\\x01"\n- "\\U0001F600"\n- "\\uFEFF"\n'],
  [
    [1.5, 1e21, 1e-7, 1234567.5, 9007199254740993n, 2 ** 64],
    '- 1.5\n- 1e+21\n- 1e-07\n- 1.2345675e+06\n- 9007199254740993\n- 1.8446744073709552e+19\n',
  ],
  [
    ['a\u2028b', 'a\u2028', '\u2028a', 'a\u2029\u2028b', 'a\u2028 b', 'x\ny\u2028z', 'x\ny\u2028', 'x\u2028\n'],
    "- 'a\u2028  b'\n- 'a\u2028'\n- '\u2028  a'\n- 'a\u2029\u2028  b'\n- \"a\\L b\"\n- |-\n  x\n  y\u2028  z\n- |\n  x\n  y\u2028- |+\n  x\u2028\n",
  ],
  [
    ['a\u0085b', 'a \u0085 \u0085\u0085 b', 'a\t\u0085b', 'a\n\u0085b', '\u0085'],
    '- a b\n- |-\n  a\n\n  b\n- "a\\t b"\n- |-\n  a\n   b\n- \' \'\n',
  ],
  [{ a10: 1, a9: 2, 'f:a': 3, '.': 4, B: 5 }, '.: 4\nB: 5\na9: 2\na10: 1\nf:a: 3\n'],
  [{ a: `${'word '.repeat(20)}end` }, `a: ${'word '.repeat(15)}word\n  ${'word '.repeat(4)}end\n`],
]
for (const [value, text] of cases) test(text, () => expect(yaml(value)).toBe(text))

test('what was written is read back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (json) => {
      const value = JSON.parse(JSON.stringify({ value: json })) as unknown
      const read = (await parseYaml(encodeYaml(value))).value
      expect(JSON.stringify(sorted(read))).toBe(JSON.stringify(sorted(value)))
    }),
    { numRuns: 300 },
  )
})

/** Keys in one order and zero without a sign. */
function sorted(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
  )
}
