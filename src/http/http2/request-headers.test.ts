import { describe, expect, test } from 'vitest'
import { HeaderDecoder, HeaderEncoder } from './hpack.js'
import { fieldValues, isTrailer, requestHeaders } from './request-headers.js'

type Fields = readonly (readonly [name: string, value: string])[]

const received = (fields: Fields) =>
  new HeaderDecoder({ fields: 100, bytes: 1 << 16 }).decode(
    new HeaderEncoder().encode(fields.map(([name, value]) => ({ name, value }))),
  )
const get: Fields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/api'],
]

describe('headers of a request', () => {
  test('are told as those of HTTP/1.1: joined, or the first alone', () => {
    const fields: Fields = [
      ...get,
      ['accept', 'a'],
      ['accept', 'b'],
      ['cookie', 'c=1'],
      ['cookie', 'd=2'],
      ['set-cookie', 'e'],
      ['set-cookie', 'f'],
      ['authorization', 'first'],
      ['authorization', 'second'],
      ['__proto__', 'x'],
      ['te', 'trailers'],
    ]
    const headers = requestHeaders(received(fields))
    expect(Object.entries(headers!)).toEqual([
      ...get,
      ['accept', 'a, b'],
      ['cookie', 'c=1; d=2'],
      ['set-cookie', ['e', 'f']],
      ['authorization', 'first'],
      ['__proto__', 'x'],
      ['te', 'trailers'],
    ])
    expect(
      fieldValues(
        received([
          ['x', Buffer.from('ä').toString('latin1')],
          ['y', '1'],
          ['x', 'b'],
        ]),
        'x',
      ),
    ).toEqual(['ä', 'b'])
  })

  test.each<[string, Fields]>([
    ['no method', get.slice(1)],
    ['no path', get.slice(0, 2)],
    ['no scheme', [get[0]!, get[2]!]],
    ['an empty path', [...get.slice(0, 2), [':path', '']]],
    ['a path that is none', [...get.slice(0, 2), [':path', 'x']]],
    ['another scheme', [get[0]!, [':scheme', 'ftp'], get[2]!]],
    ['two methods', [...get, [':method', 'GET']]],
    ['a field of answers', [...get, [':status', '200']]],
    ['an unknown pseudo field', [...get, [':protocol', 'websocket']]],
    ['a pseudo field behind others', [get[0]!, get[1]!, ['a', 'b'], get[2]!]],
    ['a name with a capital', [...get, ['Accept', 'x']]],
    ['no name', [...get, ['', 'x']]],
    ['a name with a space', [...get, ['a b', 'x']]],
    ['a line break', [...get, ['a', 'b\r\nc: d']]],
    ['a zero', [...get, ['a', '\0']]],
    ['space in front', [...get, ['a', ' b']]],
    ['a connection', [...get, ['connection', 'close']]],
    ['an upgrade', [...get, ['upgrade', 'websocket']]],
    ['te that is not trailers', [...get, ['te', 'gzip']]],
    ['CONNECT with a path', [[':method', 'CONNECT'], ...get.slice(1), [':authority', 'a']]],
  ])('with %s there is no request', (_, fields) => {
    expect(requestHeaders(received(fields))).toBeUndefined()
  })

  test('OPTIONS of everything, and CONNECT', () => {
    expect(requestHeaders(received([[':method', 'OPTIONS'], get[1]!, [':path', '*']]))).toBeDefined()
    expect(
      requestHeaders(
        received([
          [':method', 'CONNECT'],
          [':authority', 'a:1'],
        ]),
      ),
    ).toBeDefined()
  })

  test('trailers have no pseudo fields', () => {
    expect(isTrailer(received([['a', 'b']]))).toBe(true)
    expect(isTrailer(received([[':path', '/']]))).toBe(false)
    expect(isTrailer(received([['A', 'b']]))).toBe(false)
  })
})
