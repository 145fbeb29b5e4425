import { expect, test } from 'vitest'
import { fixed, unlimited } from '../ranges.js'
import { types } from '../types.js'
import { CelError, type Value } from '../values.js'
import { regexLibrary } from './regex.js'

const overloads = new Map(regexLibrary().functions!.flatMap((f) => f.overloads.map((o) => [o.id, o])))
const call = (id: string, ...args: Value[]) => overloads.get(id)!.call(...args)

test.each([
  ['string_find_string', ['abc 123', '[0-9]+'], '123'],
  ['string_find_string', ['abc', 'xyz'], ''],
  ['string_find_all_string', ['123 abc 456', '[0-9]+'], ['123', '456']],
  ['string_find_all_string', ['abc', 'xyz'], []],
  ['string_find_all_string', ['a12b', '[0-9]*'], ['', '12', '']],
  ['string_find_all_string_int', ['1 2 3', '[0-9]', 2], ['1', '2']],
  ['string_find_all_string_int', ['1 2 3', '[0-9]', 0], []],
  ['string_find_all_string_int', ['1 2 3', '[0-9]', -1], ['1', '2', '3']],
])('%s %j', (id, args, result) => {
  expect(call(id, ...args)).toEqual(result)
})

test('a pattern that does not compile is an error', () => {
  expect(() => call('string_find_string', 'a', '(')).toThrow(CelError)
})

test('costs grow with text and pattern', () => {
  const { cost, estimate } = overloads.get('string_find_string')!
  expect(cost!(['x'.repeat(19), 'abcdefgh'], '')).toBe(4)
  expect(cost!(['', 'a'], '')).toBe(1)
  const node = { type: types.string, expr: undefined, path: undefined, size: undefined }
  const of = (max: number) =>
    estimate!({ target: { ...node }, args: [node], sizeOf: () => fixed(max), itemOf: () => undefined })
  expect(of(9)).toEqual({ cost: fixed(3), resultSize: { min: 0, max: 9 } })
  expect(of(unlimited)!.cost.max).toBe(unlimited)
})
