import { expect, test } from 'vitest'
import { withOwn } from './kubernetes-service.js'

test('with one server, an address that is not its own goes', () => {
  expect(withOwn(['10.0.0.9'], '10.0.0.1', 1)).toEqual(['10.0.0.1'])
})

test('as many servers as are counted stand beside each other', () => {
  expect(withOwn(['10.0.0.3', '10.0.0.2'], '10.0.0.1', 3)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3'])
  expect(withOwn(['10.0.0.1', '10.0.0.2'], '10.0.0.2', 3)).toEqual(['10.0.0.1', '10.0.0.2'])
})

test.each([
  ['10.0.0.1', ['10.0.0.1', '10.0.0.3']],
  ['10.0.0.3', ['10.0.0.2', '10.0.0.3']],
])('one too many: who comes after %s makes place', (own, left) => {
  expect(withOwn(['10.0.0.1', '10.0.0.2', '10.0.0.3'], own, 2)).toEqual(left)
})
