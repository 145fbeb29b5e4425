/**
 * IP addresses and CIDR blocks. Reading is as lenient as upstream's (leading zeros are decimal, IPv4-mapped IPv6 counts as
 * IPv4); what is odd about a text is told apart, for fields that are strict or warn. Source: apimachinery
 * pkg/util/validation/ip.go.
 */
export interface IpAddress {
  /** Of the address, not of the text: a mapped address is 4. */
  readonly family: 4 | 6
  /** 32 or 128 bits, by family. */
  readonly value: bigint
  /** `10.0.0.1`, `2001:db8::1` (RFC 5952). */
  readonly canonical: string
  /** Written as `::ffff:10.0.0.1`. */
  readonly mapped: boolean
  /** Has zeros that a strict reader refuses. */
  readonly leadingZeros: boolean
}

export interface Cidr {
  readonly address: IpAddress
  /** Bits, of the canonical form. */
  readonly prefix: number
  /** The network's address and prefix. */
  readonly canonical: string
  /** The first address. */
  readonly network: IpAddress
  readonly mapped: boolean
  readonly leadingZeros: boolean
  /** Bits behind the prefix are set. */
  readonly hostBits: boolean
}

const mappedPrefix = 0xffffn << 32n

export function parseIp(text: string): IpAddress | undefined {
  if (text.length > 64) return undefined
  if (!text.includes(':')) {
    const v4 = readV4(text)
    return v4 && address(v4.value, 4, false, v4.leadingZeros)
  }
  const v6 = readV6(text)
  if (v6 === undefined) return undefined
  const mapped = v6.value >> 32n === 0xffffn
  return mapped
    ? address(v6.value & 0xffffffffn, 4, true, v6.leadingZeros)
    : address(v6.value, 6, false, v6.leadingZeros)
}

export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const ip = parseIp(text.slice(0, slash))
  const digits = text.slice(slash + 1)
  if (ip === undefined || !/^[0-9]{1,8}$/.test(digits)) return undefined
  const asV6 = ip.family === 6 || ip.mapped
  const written = Number(digits)
  if (written > (asV6 ? 128 : 32)) return undefined
  const bits = asV6 ? 128n : 32n
  const full = ip.mapped ? ip.value | mappedPrefix : ip.value
  const hosts = (1n << (bits - BigInt(written))) - 1n
  const first = full & ~hosts
  // A mapped network stays one only if its prefix covers the mark.
  const stillMapped = asV6 && first >> 32n === 0xffffn
  const network = stillMapped
    ? address(first & 0xffffffffn, 4, true, false)
    : address(first, asV6 ? 6 : 4, false, false)
  const prefix = stillMapped ? Math.max(written - 96, 0) : written
  return {
    address: ip,
    prefix,
    canonical: `${network.canonical}/${prefix}`,
    network,
    mapped: ip.mapped,
    leadingZeros: ip.leadingZeros || (digits.length > 1 && digits.startsWith('0')),
    hostBits: first !== full,
  }
}

export function cidrContains({ network, prefix }: Cidr, ip: IpAddress): boolean {
  if (network.family !== ip.family) return false
  const hosts = BigInt((ip.family === 4 ? 32 : 128) - prefix)
  return network.value >> hosts === ip.value >> hosts
}

/** The address with this number. */
export function ipOf(value: bigint, family: 4 | 6): IpAddress {
  return address(value, family, false, false)
}

function address(value: bigint, family: 4 | 6, mapped: boolean, leadingZeros: boolean): IpAddress {
  return { family, value, canonical: family === 4 ? writeV4(value) : writeV6(value), mapped, leadingZeros }
}

interface Read {
  readonly value: bigint
  readonly leadingZeros: boolean
}

function readV4(text: string): Read | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0n
  let leadingZeros = false
  for (const part of parts) {
    if (!/^[0-9]+$/.test(part) || Number(part) > 255) return undefined
    leadingZeros ||= part.length > 1 && part.startsWith('0')
    value = (value << 8n) | BigInt(part)
  }
  return { value, leadingZeros }
}

function readV6(text: string): Read | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  let leadingZeros = false
  const words: bigint[][] = []
  for (const [i, half] of halves.entries()) {
    const own: bigint[] = []
    const parts = half === '' ? [] : half.split(':')
    for (const [j, part] of parts.entries()) {
      if (part.includes('.')) {
        // An IPv4 address may stand at the very end only.
        const v4 = i === halves.length - 1 && j === parts.length - 1 ? readV4(part) : undefined
        if (v4 === undefined) return undefined
        leadingZeros ||= v4.leadingZeros
        own.push(v4.value >> 16n, v4.value & 0xffffn)
        continue
      }
      if (!/^[0-9a-fA-F]+$/.test(part)) return undefined
      const word = BigInt(`0x${part}`)
      if (word > 0xffffn) return undefined
      leadingZeros ||= part.length > 4
      own.push(word)
    }
    words.push(own)
  }
  const held = words.reduce((sum, half) => sum + half.length, 0)
  if (halves.length === 1 ? held !== 8 : held > 7) return undefined
  const gap = Array.from({ length: 8 - held }, () => 0n)
  const all = halves.length === 1 ? words[0]! : [...words[0]!, ...gap, ...words[1]!]
  return { value: all.reduce((sum, word) => (sum << 16n) | word, 0n), leadingZeros }
}

const writeV4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.')

function writeV6(value: bigint): string {
  const words = Array.from({ length: 8 }, (_, i) => (value >> BigInt(112 - 16 * i)) & 0xffffn)
  const text = words.map((word) => word.toString(16))
  // The longest run of zeros, the first of several, two words at least.
  let [start, length] = [-1, 1]
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && words[end] === 0n) end++
    if (end - i > length) [start, length] = [i, end - i]
    if (end > i) i = end
  }
  if (start < 0) return text.join(':')
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`
}
