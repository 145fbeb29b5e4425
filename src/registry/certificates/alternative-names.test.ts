import { expect, test } from 'vitest'
import { alternativeNames } from './alternative-names.js'

const der = (tag: number, ...parts: (Buffer | string | number[])[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  return Buffer.concat([Buffer.from([tag, content.length]), content])
}
const certificate = (...extensions: Buffer[]): Buffer =>
  der(0x30, der(0x30, der(2, [5]), der(0xa3, der(0x30, ...extensions))))
const names = (...list: Buffer[]): Buffer => der(0x30, der(6, [0x55, 0x1d, 0x11]), der(4, der(0x30, ...list)))
const dns = (text: string): Buffer => der(0x82, text)
const email = (text: string): Buffer => der(0x81, text)

test.each<[string, Buffer, unknown]>([
  ['none', der(0x30, der(0x30, der(2, [5]))), { dns: [], emails: [] }],
  ['of another kind', certificate(names(der(0x87, [1, 2, 3, 4]))), { dns: [], emails: [] }],
  ['both', certificate(names(dns('a'), email('b@c'), dns(''))), { dns: ['a', ''], emails: ['b@c'] }],
  [
    'behind others, critical',
    certificate(
      der(0x30, der(6, [0x55, 0x1d, 0x0e]), der(4, 'x')),
      der(0x30, der(6, [0x55, 0x1d, 0x11]), der(1, [0xff]), der(4, der(0x30, dns('a')))),
    ),
    { dns: ['a'], emails: [] },
  ],
  ['beyond ASCII', certificate(names(dns('ä'))), undefined],
  ['cut off', certificate(names(dns('a'))).subarray(0, -1), undefined],
])('alternative names: %s', (_, bytes, found) => {
  expect(alternativeNames(bytes)).toEqual(found)
})
