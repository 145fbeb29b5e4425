import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pemBlocks } from './pem.js'

const block = (type: string, body: string, headers = ''): string =>
  `-----BEGIN ${type}-----\n${headers}${body}\n-----END ${type}-----\n`
const read = (text: string) =>
  [...pemBlocks(text)].map(({ type, hasHeaders, bytes }) => [type, hasHeaders, bytes.toString()])

test.each<[string, string, unknown[]]>([
  ['one', block('A', 'YWJj'), [['A', false, 'abc']]],
  [
    'two, text between',
    `x\n${block('A', 'YWJj')}y\n${block('B', 'YQ==')}`,
    [
      ['A', false, 'abc'],
      ['B', false, 'a'],
    ],
  ],
  ['wrapped lines with carriage returns', block('A', 'YW\r\nJj\t'), [['A', false, 'abc']]],
  ['headers', block('A', 'YWJj', 'K: v\n\n'), [['A', true, 'abc']]],
  ['empty', '-----BEGIN A-----\n-----END A-----', [['A', false, '']]],
  ['not at the start of a line', ` ${block('A', 'YWJj')}`, []],
  ['another end', '-----BEGIN A-----\nYWJj\n-----END B-----\n', []],
  ['a beginning within', `-----BEGIN A-----\n${block('A', 'YWJj')}`, [['A', false, 'abc']]],
  ['no base64', `${block('A', 'Y*Jj')}${block('B', 'YQ==')}`, [['B', false, 'a']]],
  ['text behind the end', `${block('A', 'YWJj').trimEnd()}x\n`, []],
  ['no padding', block('A', 'YQ'), []],
])('%s', (_, text, blocks) => expect(read(text)).toEqual(blocks))

test('what is written is read', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (all) => {
      const text = all.map((bytes) => block('X Y', Buffer.from(bytes).toString('base64'))).join('noise\n')
      expect([...pemBlocks(text)].map(({ bytes }) => [...bytes])).toEqual(all.map((bytes) => [...bytes]))
    }),
  )
})

test('hostile texts take no longer than they are', () => {
  const texts = [
    '-----BEGIN A-----\n'.repeat(60_000),
    `${'-----BEGIN A-----\n'.repeat(60_000)}-----END A-----\n`,
    '-----BEGIN A-----\n-----END B-----\n'.repeat(30_000),
    `-----BEGIN A-----\n${'a:b\n'.repeat(250_000)}`,
    '-----BEGIN A-----\nx:y\n'.repeat(45_000),
  ]
  const began = performance.now()
  for (const text of texts) for (const _ of pemBlocks(text));
  expect(performance.now() - began).toBeLessThan(2_000)
})
