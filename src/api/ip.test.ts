import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cidrContains, ipOf, parseCidr, parseIp } from './ip.js'

describe('addresses', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['1.2.3.4', '1.2.3.4'],
    ['010.0.0.1', '10.0.0.1'],
    ['1.2.3.256', undefined],
    ['1.2.3', undefined],
    ['::', '::'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['1::2::3', undefined],
    ['fe80::1%eth0', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1:2:3:4:5:6:7:8::', undefined],
    ['12345::', undefined],
    ['', undefined],
  ]
  for (const [text, want] of cases) test(text, () => expect(parseIp(text)?.canonical).toBe(want))

  test('the canonical text is an address and parses to itself', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.boolean(), (bits, six) => {
        const ip = six ? ipOf(bits, 6) : ipOf(bits & 0xffffffffn, 4)
        fc.pre(!six || bits >> 32n !== 0xffffn)
        expect(isIP(ip.canonical)).toBe(ip.family)
        expect(parseIp(ip.canonical)).toEqual(ip)
      }),
    )
  })

  test('exactly what node takes is taken, leading zeros and zones apart', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/)), (text) => {
        const parsed = parseIp(text)
        expect(parsed !== undefined && !parsed.leadingZeros).toBe(isIP(text) !== 0)
      }),
    )
  })
})

describe('blocks', () => {
  const cases: readonly (readonly [string, string | undefined, boolean])[] = [
    ['10.0.0.0/8', '10.0.0.0/8', false],
    ['10.1.2.3/8', '10.0.0.0/8', true],
    ['1.2.3.4/32', '1.2.3.4/32', false],
    ['::/0', '::/0', false],
    ['2001:db8::1/64', '2001:db8::/64', true],
    ['::ffff:1.2.3.4/120', '1.2.3.0/24', true],
    ['1.2.3.4/33', undefined, false],
    ['1.2.3.4/-1', undefined, false],
    ['1.2.3.4', undefined, false],
  ]
  for (const [text, want, hostBits] of cases) {
    test(text, () => {
      expect(parseCidr(text)?.canonical).toBe(want)
      expect(parseCidr(text)?.hostBits ?? false).toBe(hostBits)
    })
  }

  test('containment', () => {
    const contains = (block: string, ip: string) => cidrContains(parseCidr(block)!, parseIp(ip)!)
    expect(contains('10.0.0.0/8', '10.255.0.1')).toBe(true)
    expect(contains('10.0.0.0/8', '11.0.0.1')).toBe(false)
    expect(contains('0.0.0.0/0', '::1')).toBe(false)
    expect(contains('::/0', '2001::')).toBe(true)
  })
})
