import { describe, expect, test } from 'vitest'
import { decodeContinue, encodeContinue } from './continue.js'

const prefix = '/registry/configmaps/ns/'

test('what was encoded reads back', () => {
  for (const at of [5, null]) {
    const point = { start: `${prefix}a\u0000`, at }
    expect(decodeContinue(encodeContinue(point, prefix), prefix)).toEqual(point)
  }
})

describe('tokens that are none', () => {
  const encoded = (text: string) => Buffer.from(text).toString('base64url')
  test.each<[string, string]>([
    ['x', 'illegal base64 data at input byte 0'],
    ['abcde', 'illegal base64 data at input byte 4'],
    ['ab==', 'illegal base64 data at input byte 2'],
    [encoded('{"}'), 'unexpected end of JSON input'],
    [encoded('x'), "invalid character 'x' looking for beginning of value"],
    [encoded('{"v":"2","rv":1,"start":"x"}'), 'server does not recognize this encoded version 2'],
    [encoded('{"v":"meta.k8s.io/v1","rv":1,"start":"../x"}'), '../x'],
  ])('%s', (token, why) =>
    expect(() => decodeContinue(token, prefix)).toThrow(`invalid continue token: continue key is not valid: ${why}`),
  )
})
