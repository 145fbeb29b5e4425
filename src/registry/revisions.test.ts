import { expect, test } from 'vitest'
import { badRequest } from '../api/index.js'
import { revisionOf } from './revisions.js'

test.each([
  ['', 0],
  ['0', 0],
  ['17', 17],
  ['007', 7],
  ['18446744073709551615', Number.MAX_SAFE_INTEGER],
])('%j is revision %d', (text, revision) => expect(revisionOf(text)).toBe(revision))

test.each([
  ...['x', '-1', '1.5', ' 1'].map((text) => [text, 'invalid syntax'] as const),
  ...['18446744073709551616', '99999999999999999999'].map((text) => [text, 'value out of range'] as const),
])('%j is no revision', (text, wrong) => {
  const why = `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": ${wrong}`
  expect(() => revisionOf(text)).toThrow(
    expect.objectContaining({ status: expect.objectContaining({ code: 500, message: why }) }),
  )
  expect(() => revisionOf(text, badRequest)).toThrow(
    expect.objectContaining({ status: expect.objectContaining({ code: 400, message: why }) }),
  )
})
