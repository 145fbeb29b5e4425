import { expect, test } from 'vitest'
import { encodeBody } from '../encode-body.js'
import { indentJson, stringifyJson } from './encode.js'

const big = 2n ** 63n - 1n
const value = { a: [1, { b: big }, [], {}], absent: undefined, c: null, 'd"': 'é\n' }

test('integers beyond doubles are written to the last digit', () => {
  expect(stringifyJson(value)).toBe(String.raw`{"a":[1,{"b":9223372036854775807},[],{}],"c":null,"d\"":"é\n"}`)
})

test('indented JSON is the same with and without such integers', () => {
  const text = indentJson(value)
  expect(text).toContain('      "b": 9223372036854775807\n')
  expect(text.replace(String(big), '7')).toBe(JSON.stringify({ ...value, a: [1, { b: 7 }, [], {}] }, undefined, 2))
})

test('bodies end with a line feed unless they are pretty', () => {
  expect(encodeBody('application/json', { a: 1 }, false).toString()).toBe('{"a":1}\n')
  expect(encodeBody('application/json', { a: 1 }, true).toString()).toBe('{\n  "a": 1\n}')
})

test('what a browser could take for markup is escaped, in keys too', () => {
  expect(stringifyJson({ '<a>': '&\u2028\u2029', b: 1n })).toBe('{"\\u003ca\\u003e":"\\u0026\\u2028\\u2029","b":1}')
})
