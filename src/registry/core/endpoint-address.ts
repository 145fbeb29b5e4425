import { type FieldErrors, parseCidr, parseIp } from '../../api/index.js'

/**
 * Addresses that make no sense as the other end of traffic. Also asked about external IPs, for historical reasons.
 * Source: pkg/apis/core/validation, ValidateEndpointIP.
 */
export function validateEndpointIp(text: string, path: string, errors: FieldErrors): void {
  const ip = parseIp(text)
  if (ip === undefined) {
    errors.invalid(path, text, 'must be a valid IP address')
    return
  }
  if (ip.value === 0n) errors.invalid(path, text, `may not be unspecified (${text})`)
  for (const { name, bits, v4, v6 } of ranges) {
    if (isIn(ip.family === 4 ? ip.value : withoutFlags(ip.value), ip.family === 4 ? v4 : v6))
      errors.invalid(path, text, `may not be in the ${name} range (${bits})`)
  }
}

interface Prefix {
  readonly first: bigint
  readonly hostBits: bigint
}

function prefix(block: string): Prefix {
  const { network, prefix: length } = parseCidr(block)!
  return { first: network.value, hostBits: BigInt((network.family === 4 ? 32 : 128) - length) }
}

const isIn = (value: bigint, { first, hostBits }: Prefix): boolean => value >> hostBits === first >> hostBits

/** A multicast address without its flags: whatever they are, the scope counts. */
const withoutFlags = (value: bigint): bigint => (value >> 120n === 0xffn ? value & ~(0xf0n << 112n) : value)

/** What Go calls by these names; the texts tell wider blocks for the last. */
const ranges = [
  { name: 'loopback', bits: '127.0.0.0/8, ::1/128', v4: prefix('127.0.0.0/8'), v6: prefix('::1/128') },
  { name: 'link-local', bits: '169.254.0.0/16, fe80::/10', v4: prefix('169.254.0.0/16'), v6: prefix('fe80::/10') },
  {
    name: 'link-local multicast',
    bits: '224.0.0.0/24, ff02::/10',
    v4: prefix('224.0.0.0/24'),
    v6: prefix('ff02::/16'),
  },
] as const
