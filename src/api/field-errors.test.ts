import { describe, expect, test } from 'vitest'
import { FieldErrors, goValue, sortedMap } from './field-errors.js'

describe('goValue', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    ['a "b" \\', '"a \\"b\\" \\\\"'],
    ['é\u00a0', '"é\\u00a0"'],
    [-1, '-1'],
    [12345678901234567890n, '12345678901234567890'],
    [true, 'true'],
    [undefined, 'null'],
    [null, 'null'],
    [['*', 'apps'], '["*","apps"]'],
    [[70000, 5n], '[70000,5]'],
    [{}, '{}'],
    [sortedMap({ zzz: '1', storage: '10Gi' }), '{"storage":"10Gi","zzz":"1"}'],
    [{ a: '<b>&', left: undefined, none: null }, '{"a":"\\u003cb\\u003e\\u0026","none":null}'],
  ]
  for (const [value, want] of cases) test(want, () => expect(goValue(value)).toBe(want))
})

test('messages of limits count in the right number', () => {
  const errors = new FieldErrors()
  errors.tooLong('a', 1)
  errors.tooLong('a', -1)
  errors.tooLongCharacters('a', 2)
  errors.tooMany('a', 3, 1)
  errors.tooMany('a', -1, 16)
  errors.tooFew('a', 0, 1)
  errors.tooShort('a', 1)
  errors.notSupported('a', 'z', ['c', 'b'])
  errors.notSupportedInOrder('a', 'z', ['c', 'b'])
  expect(errors.list.map(({ message }) => message)).toEqual([
    'Too long: may not be more than 1 byte',
    'Too long: value is too long',
    'Too long: may not be more than 2 characters',
    'Too many: 3: must have at most 1 item',
    'Too many: must have at most 16 items',
    'Too few: 0: must have at least 1 item',
    'Too short: must be at least 1 character',
    'Unsupported value: "z": supported values: "b", "c"',
    'Unsupported value: "z": supported values: "c", "b"',
  ])
})

test('the message tells repeated errors once, the causes tell all', () => {
  const errors = new FieldErrors()
  errors.required('a')
  errors.required('a')
  expect(errors.message).toBe('a: Required value')
  errors.forbidden('', 'no')
  expect(errors.message).toBe('[a: Required value, Forbidden: no]')
  expect(errors.causes).toHaveLength(3)
})
