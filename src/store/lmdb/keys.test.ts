import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compareKeys, isShort, isStorableKey, maxKeyBytes, shortBound } from './keys.js'

it('tells which keys can be stored', () => {
  expect(isStorableKey('/registry/pods/a/b')).toBe(true)
  expect(isStorableKey('a'.repeat(maxKeyBytes))).toBe(true)
  expect(isStorableKey('a'.repeat(maxKeyBytes + 1))).toBe(false)
  expect(isStorableKey('é'.repeat(maxKeyBytes / 2))).toBe(true)
  expect(isStorableKey('é'.repeat(maxKeyBytes / 2 + 1))).toBe(false)
  expect(isStorableKey('a\0b')).toBe(false)
})

it('shortens bounds of ranges without moving a key to the other side', () => {
  const key = fc.string({ maxLength: 40 }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(key, key, fc.nat(3000), (a, b, length) => {
      const bound = (a || 'x').repeat(1 + Math.floor(length / (a.length || 1)))
      const short = shortBound(bound)
      expect(Buffer.byteLength(short)).toBeLessThanOrEqual(maxKeyBytes)
      for (const one of [b, bound.slice(0, 5), `${bound.slice(0, 5)}${b}`])
        if (isShort(one)) expect(compareKeys(one, short) < 0).toBe(compareKeys(one, bound) < 0)
    }),
  )
})
