import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonDiff } from './unified-diff.js'

test('tells changes with three lines around them', () => {
  const before = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9 }
  expect(jsonDiff(before, { ...before, e: 0 })).toBe(
    '@@ -3,7 +3,7 @@\n  "b": 2,\n  "c": 3,\n  "d": 4,\n- "e": 5,\n+ "e": 0,\n  "f": 6,\n  "g": 7,\n  "h": 8,\n',
  )
})

test('changes that lie apart are told apart', () => {
  const list = Array.from({ length: 30 }, (_, i) => i)
  const changed = list.map((n) => (n === 2 || n === 25 ? -n : n))
  expect(jsonDiff(list, changed).match(/@@ .* @@/g)).toEqual(['@@ -1,7 +1,7 @@', '@@ -24,7 +24,7 @@'])
})

test('equal values have no difference', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => jsonDiff(value, value) === ''))
})

test('a difference, applied, gives the other value', () => {
  const lists = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 })
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      expect(patched(linesOf(a), jsonDiff(a, b))).toEqual(linesOf(b))
    }),
  )
})

const linesOf = (value: unknown): string[] => JSON.stringify(value, null, 1).split('\n')

/** What patch(1) does. */
function patched(lines: readonly string[], difference: string): string[] {
  const out: string[] = []
  let at = 0
  for (const hunk of difference.split(/^@@ -/m).slice(1)) {
    const [head = '', ...changes] = hunk.replace(/\n$/, '').split('\n')
    const [start = '1', count = '1'] = head.split(' ')[0]!.split(',')
    const first = count === '0' ? Number(start) : Number(start) - 1
    out.push(...lines.slice(at, first))
    at = first
    for (const change of changes) {
      const text = change.slice(1)
      if (change[0] !== '+') {
        expect(lines[at]).toBe(text)
        at++
      }
      if (change[0] !== '-') out.push(text)
    }
  }
  return [...out, ...lines.slice(at)]
}
