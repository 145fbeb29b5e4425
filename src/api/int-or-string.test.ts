import { describe, expect, test } from 'vitest'
import { scaledIntOrPercent } from './int-or-string.js'

describe('scaledIntOrPercent', () => {
  const cases: readonly (readonly [number | string, number, boolean, number])[] = [
    [3, 10, true, 3],
    ['25%', 10, true, 3],
    ['25%', 10, false, 2],
    ['0%', 10, true, 0],
    ['100%', 7, false, 7],
    ['7%', 100, true, 7],
  ]
  for (const [value, total, up, want] of cases) {
    test(`${value} of ${total} ${up ? 'up' : 'down'}`, () => expect(scaledIntOrPercent(value, total, up)).toBe(want))
  }
  test('anything else is refused', () => {
    expect(() => scaledIntOrPercent('5', 1, true)).toThrow('invalid type: string is not a percentage')
    expect(() => scaledIntOrPercent('x%', 1, true)).toThrow(
      'invalid value "x": strconv.Atoi: parsing "x": invalid syntax',
    )
  })
})
