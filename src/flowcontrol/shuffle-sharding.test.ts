import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dealHand, flowHash } from './shuffle-sharding.js'

const decks = fc
  .integer({ min: 1, max: 2000 })
  .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: Math.min(15, size) })))

test('a hand is what drawing cards from a deck by the digits of the hash gives', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), decks, (schema, flow, [size, hand]) => {
      const deck = Array.from({ length: size }, (_, i) => i)
      let rest = flowHash(schema, flow)
      const drawn = Array.from({ length: hand }, () => {
        const left = BigInt(deck.length)
        const [card] = deck.splice(Number(rest % left), 1)
        rest /= left
        return card
      })
      const dealt = [...dealHand(schema, flow, size, hand)]
      expect(new Set(dealt).size).toBe(hand)
      expect(dealt.every((card) => card < size)).toBe(true)
      expect(dealt).toEqual(drawn)
      expect(dealHand(schema, flow, size, hand)).toEqual(dealHand(schema, flow, size, hand))
    }),
  )
})

test('the hash is over both names with a zero between', () => {
  const sum = createHash('sha256').update('schema').update(Buffer.of(0)).update('user').digest()
  expect(flowHash('schema', 'user')).toBe(sum.readBigUInt64LE(0))
  expect(flowHash('a', 'b')).not.toBe(flowHash('ab', ''))
})

test('two flows rarely share a whole hand', () => {
  const hands = Array.from({ length: 300 }, (_, i) => [...dealHand('s', `user ${i}`, 128, 6)].sort().join())
  expect(new Set(hands).size).toBe(300)
})
