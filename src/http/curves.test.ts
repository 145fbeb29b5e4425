import { expect, test } from 'vitest'
import { curveList } from './curves.js'

test.each([
  [[23], 'P-256'],
  [[25, 24, 23, 29], 'X25519:P-256:P-384:P-521'],
  [[4588, 24], 'P-384'],
])('%j is %s', (numbers, list) => expect(curveList(numbers)).toBe(list))

test.each([
  [[0], 'curve preference 0 is out of range (must be 1-65535)'],
  [[70_000], 'curve preference 70000 is out of range (must be 1-65535)'],
  [[23, 23], 'duplicate curve preference 23'],
  [[26], 'curve preference 26 is not supported by the current Go version'],
  [[4588], 'none of the curve preferences 4588 is there with Node'],
])('%j is refused: %s', (numbers, why) => expect(() => curveList(numbers)).toThrow(new Error(why)))
