import { describe, expect, test } from 'vitest'
import { decodeContinue, encodeContinue } from './continue.js'

const prefix = '/registry/configmaps/ns/'

test('what was encoded reads back', () => {
  for (const at of [5, null]) {
    const point = { start: `${prefix}a\u0000`, at }
    expect(decodeContinue(encodeContinue(point, prefix), prefix)).toEqual(point)
  }
})

test('keys in any case, unknown ones and a slash in front are taken', () => {
  const token = Buffer.from('{"V":"meta.k8s.io/v1","RV":7,"Start":"/a\\u0000","x":{}}').toString('base64url')
  expect(decodeContinue(token, prefix)).toEqual({ start: `${prefix}a\u0000`, at: 7 })
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
    [encoded('{"v":"meta.k8s.io/v1","rv":1,"start":"./x"}'), './x'],
    [encoded('{"v":"meta.k8s.io/v1","rv":1,"start":"a//x"}'), 'a//x'],
    [encoded('{"v":"meta.k8s.io/v1","rv":1,"start":"a/"}'), 'a/'],
    [
      encoded('{"v":"meta.k8s.io/v1","rv":0,"start":"x"}'),
      'incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    ],
    [encoded('{"v":"meta.k8s.io/v1","rv":1}'), 'encoded start key empty (version meta.k8s.io/v1)'],
    [encoded('null'), 'server does not recognize this encoded version '],
    [encoded('[]'), 'json: cannot unmarshal array into Go value of type storage.continueToken'],
    [encoded('{"v":2}'), 'json: cannot unmarshal number into Go struct field continueToken.v of type string'],
    [encoded('{"rv":"5"}'), 'json: cannot unmarshal string into Go struct field continueToken.rv of type int64'],
    [encoded('{"rv":1.5}'), 'json: cannot unmarshal number 1.5 into Go struct field continueToken.rv of type int64'],
    [encoded('{"rv":1e30}'), 'json: cannot unmarshal number 1e30 into Go struct field continueToken.rv of type int64'],
    [encoded('{"rv":1.0}'), 'json: cannot unmarshal number 1.0 into Go struct field continueToken.rv of type int64'],
    [encoded('{"start":true}'), 'json: cannot unmarshal bool into Go struct field continueToken.start of type string'],
    ['ab\ncde', 'illegal base64 data at input byte 4'],
  ])('%s', (token, why) =>
    expect(() => decodeContinue(token, prefix)).toThrow(`invalid continue token: continue key is not valid: ${why}`),
  )
})
