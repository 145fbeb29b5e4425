import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinItems } from './join-items.js'

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 })

test('all is there, in order, and nothing of what is skipped', () => {
  fc.assert(
    fc.property(
      text,
      fc.array(text, { maxLength: 5 }),
      text,
      fc.boolean(),
      text,
      (head, items, skipped, follows, tail) => {
        const bytes = items.map((item) => Buffer.from(skipped.toUpperCase() + item))
        const want = items.map((item, i) => `${i > 0 || follows ? ',' : ''}{${item}`).join('')
        expect(joinItems(Buffer.from(head), bytes, skipped.length, follows, Buffer.from(tail)).toString()).toBe(
          head + want + tail,
        )
      },
    ),
    { numRuns: 500 },
  )
})
