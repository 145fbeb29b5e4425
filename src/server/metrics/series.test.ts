import { expect, test } from 'vitest'
import { floatText } from './series.js'

test.each([
  [0, '0'],
  [0.005, '0.005'],
  [0.0001, '0.0001'],
  [0.0000005, '5e-07'],
  [604_800, '604800'],
  [1_000_000, '1e+06'],
  [2_592_000, '2.592e+06'],
  [31_104_000, '3.1104e+07'],
])('the bound %d is written %s', (value, expected) => {
  expect(floatText(value)).toBe(expected)
})
