import { expect, test } from 'vitest'
import { withoutLastSlashes } from './slashes.js'

test.each([
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b'],
  ['/a//b///', '/a//b'],
  ['///', ''],
  ['', ''],
])('%j', (path, want) => expect(withoutLastSlashes(path)).toBe(want))

test('many slashes within a path take no time', () => {
  const path = `/a${'/'.repeat(1 << 20)}b`
  const before = performance.now()
  expect(withoutLastSlashes(`${path}//`)).toBe(path)
  expect(performance.now() - before).toBeLessThan(1000)
})
