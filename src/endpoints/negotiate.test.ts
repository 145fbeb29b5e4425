import { expect, test } from 'vitest'
import { matches, parseAccept } from './negotiate.js'

test.each([
  ['application/json', true],
  ['application/*', true],
  ['*/*', true],
  ['*', true],
  ['text/*', false],
  ['*/json', false],
  ['application/yaml', false],
])('%s names application/json: %s', (header, expected) => {
  expect(parseAccept(header).map((clause) => matches(clause, 'application', 'json'))).toEqual([expected])
})

test('clauses come best first: by quality, then the more exact one', () => {
  const header = 'a/b;q=0.5, */*, c/*, d/e;q=0.9;g=x, f/g, broken/h/i'
  expect(parseAccept(header).map(({ type, subtype }) => `${type}/${subtype}`)).toEqual([
    'f/g',
    'c/*',
    '*/*',
    'd/e',
    'a/b',
  ])
  expect(parseAccept('x/y;q=nothing')[0]).toMatchObject({ quality: 1 })
})
