import fc from 'fast-check'
import { expect, test } from 'vitest'
import { identityHeaders } from './identity.js'

test('tells who asks', () => {
  const user = { name: 'jane', uid: 'u', groups: ['a', 'b'], extra: { 'some/Key%': ['x', 'y'], empty: [] } }
  expect(identityHeaders(user, true)).toEqual({
    'x-remote-user': 'jane',
    'x-remote-uid': 'u',
    'x-remote-group': ['a', 'b'],
    'x-remote-extra-some%2fkey%25': ['x', 'y'],
  })
  expect(identityHeaders({ name: 'n', uid: 'u', groups: [] }, false)).toEqual({ 'x-remote-user': 'n' })
  expect(identityHeaders({ name: 'n', uid: '', groups: [] }, true)).toEqual({ 'x-remote-user': 'n' })
})

test('no name can end a header', () => {
  expect(() => identityHeaders({ name: 'a\r\nx-remote-group: system:masters', groups: [] }, true)).toThrow(
    'net/http: invalid header field value for "X-Remote-User"',
  )
})

test('what goes into a header is UTF-8, and its name a token', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary', minLength: 1 }), (name, key) => {
      let headers: Record<string, unknown>
      try {
        headers = identityHeaders({ name, groups: [], extra: { [key]: ['v'] } }, true)
      } catch {
        expect([...name].some((char) => (char < ' ' && char !== '\t') || char === '\x7f')).toBe(true)
        return
      }
      expect(Buffer.from(String(headers['x-remote-user']), 'latin1').toString()).toBe(Buffer.from(name).toString())
      for (const header of Object.keys(headers)) expect(header).toMatch(/^[!#$&'*+\-.^_`|~0-9a-z%]+$/)
    }),
  )
})
