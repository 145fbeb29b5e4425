import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyJson, equalJson } from './object.js'

const key = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toString')
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, undefined, 0, 1, '', 'x', true, 5n),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
  ),
}))

/** Keys sorted, undefined left out. */
const canonical = (held: unknown): string => {
  if (typeof held === 'bigint') return `${held}n`
  if (typeof held !== 'object' || held === null) return String(JSON.stringify(held))
  if (Array.isArray(held)) return `[${held.map(canonical).join(',')}]`
  const entries = Object.entries(held).filter(([, item]) => item !== undefined)
  return `{${entries
    .map(([name, item]) => `${name}:${canonical(item)}`)
    .sort()
    .join(',')}}`
}

test('objects are equal if their members are, in any order, undefined ones aside', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      expect(equalJson(a, b)).toBe(canonical(a) === canonical(b))
      expect(equalJson(a, copyJson(a))).toBe(true)
      expect(canonical(copyJson(a))).toBe(canonical(a))
    }),
    { numRuns: 3000 },
  )
})
