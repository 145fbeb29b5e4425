import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allocate, minTarget } from './concurrency-allocation.js'

const item = fc
  .tuple(fc.nat(500), fc.nat(500), fc.nat(500))
  .map(([lowerBound, more, above]) => ({ lowerBound, target: lowerBound + more, upperBound: lowerBound + above }))

test('shares add up, keep their bounds, and are in proportion where no bound holds', () => {
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (items, at) => {
        const low = items.reduce((sum, { lowerBound }) => sum + lowerBound, 0)
        const high = items.reduce((sum, { upperBound }) => sum + upperBound, 0)
        const sum = Math.round(low + (high - low) * at)
        const { shares, proportion } = allocate(sum, items)!
        expect(shares.reduce((total, share) => total + share, 0)).toBeCloseTo(sum, 3)
        if (sum === 0) return
        items.forEach(({ lowerBound, upperBound, target }, i) => {
          const ideal = proportion * Math.max(target, minTarget)
          expect(shares[i]).toBeGreaterThanOrEqual(lowerBound - 1e-6)
          expect(shares[i]).toBeLessThanOrEqual(upperBound + 1e-6)
          expect(shares[i]).toBeCloseTo(Math.max(lowerBound, Math.min(upperBound, ideal)), 3)
        })
      },
    ),
  )
})

test.each([
  [-1, [{ lowerBound: 0, target: 1, upperBound: 2 }]],
  [9, [{ lowerBound: 0, target: 1, upperBound: 2 }]],
  [1, [{ lowerBound: 2, target: 2, upperBound: 3 }]],
  [3, [{ lowerBound: 2, target: 1, upperBound: 3 }]],
  [3, [{ lowerBound: -1, target: 1, upperBound: 3 }]],
])('%j cannot be shared out among %j', (sum, items) => expect(allocate(sum, items)).toBeUndefined())
