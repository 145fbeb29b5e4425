import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMailAddress } from './mail-address.js'

test.each([
  'a@b',
  '<a@b>',
  'A <a@b.c>',
  '"a b"@c',
  '"a\\"b"@c',
  'a@[1.2.3.4]',
  'a@[fd00::1]',
  'a@b (c)',
  'a@b_c',
  'a@-b',
  'a!#$%&*+-/=?^_`{|}~@b',
  '"" <a@b>',
  'a b. <b@c> (of (c))',
  '=?utf-8?q?x?= <a@b>',
  ' a@ b ',
  'g: a@b;',
  'g: a@b (c) ;',
])('%s is one address', (text) => {
  expect(isMailAddress(text)).toBe(true)
})

test.each([
  '',
  'a',
  'a@',
  '@b',
  'x y@b',
  'a.b.@c',
  '.a@b',
  'a..b@c',
  'a@b.',
  'a@b..c',
  'a@b c',
  'a@b@c',
  'a;b@c',
  'a@b, c@d',
  'a, b <c@d>',
  'a <b@c> d',
  '(c)a@b',
  '"a"b@c',
  '""@b',
  '"a@b',
  'a@[x]',
  'a@[IPv6:::1]',
  'a@[1.2.3.4',
  'a@b (c',
  'g:;',
  'g: a@b, c@d;',
  'g: h: a@b;;',
  'a <b@c',
])('%s is none', (text) => {
  expect(isMailAddress(text)).toBe(false)
})

test('any text is one or is not', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof isMailAddress(text) === 'boolean'))
})
