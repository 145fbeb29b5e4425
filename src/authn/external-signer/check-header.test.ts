import { expect, test } from 'vitest'
import { checkHeader } from './check-header.js'

const encoded = (header: string): string => Buffer.from(header).toString('base64url')
const json = (fields: object): string => encoded(JSON.stringify({ alg: 'RS256', kid: 'a', typ: 'JWT', ...fields }))

test.each([
  ['as it should be', json({}), 'a'],
  ['another algorithm', json({ alg: 'ES512', kid: 'b' }), 'b'],
  ['names in another case', encoded('{"ALG":"RS256","Kid":"c","typ":"JWT"}'), 'c'],
  ['the last of several', encoded('{"alg":"HS256","alg":"RS256","kid":"d","typ":"JWT"}'), 'd'],
])('%s names the key', (_, header, id) => {
  expect(checkHeader(header)).toBe(id)
})

test.each([
  [json({ typ: 'JOSE' }), 'bad type'],
  [encoded('null'), 'bad type'],
  [json({ kid: '' }), 'key id missing'],
  [json({ kid: null }), 'key id missing'],
  [json({ kid: 'é'.repeat(513) }), 'key id longer than 1 kb'],
  [json({ alg: 'HS256' }), 'bad signing algorithm "HS256"'],
  [json({ alg: undefined }), 'bad signing algorithm ""'],
  [json({ foo: 1 }), 'while parsing header JSON: json: unknown field "foo"'],
  [
    json({ alg: 1 }),
    'while parsing header JSON: json: cannot unmarshal number into Go struct field .alg of type string',
  ],
  [
    json({ kid: ['a'] }),
    'while parsing header JSON: json: cannot unmarshal array into Go struct field .kid of type string',
  ],
  [encoded('{'), 'while parsing header JSON: unexpected EOF'],
  [encoded('{a}'), "while parsing header JSON: invalid character 'a' looking for beginning of object key string"],
  [encoded('[]'), 'while parsing header JSON: json: cannot unmarshal into a header'],
  ['', 'while parsing header JSON: EOF'],
  ['%%%', 'while unwrapping header: illegal base64 data at input byte 0'],
  ['eyJhbGciOiJSUzI1NiJ9==', 'while unwrapping header: illegal base64 data at input byte 20'],
])('%s is refused: %s', (header, why) => {
  expect(() => checkHeader(header)).toThrow(new Error(why))
})
