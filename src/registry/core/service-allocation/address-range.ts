import { type Cidr, cidrContains, type IpAddress, ipOf, parseCidr } from '../../../api/index.js'

/**
 * The addresses of one block that services may have: without the network's own and, for IPv4, the broadcast address. The
 * first `reserved` of them are left to those who ask for an address by name, until no others are free.
 * Source: pkg/registry/core/service/ipallocator.
 */
export interface AddressRange {
  readonly cidr: Cidr
  /** How many addresses there are. */
  readonly size: bigint
  readonly reserved: bigint
}

/** Undefined for what cannot be allocated from: no block at all, IPv6 blocks of more than 64 bits. */
export function addressRange(text: string): AddressRange | undefined {
  const cidr = parseCidr(text)
  if (cidr === undefined) return undefined
  const v4 = cidr.network.family === 4
  const hostBits = BigInt((v4 ? 32 : 128) - cidr.prefix)
  if (hostBits > 64n) return undefined
  const addresses = 1n << hostBits
  const unusable = v4 ? 2n : 1n
  return { cidr, size: addresses > unusable ? addresses - unusable : 0n, reserved: reservedOf(addresses) }
}

/** Whether an address of the block is one that services may have. */
export const offers = (range: AddressRange, ip: IpAddress): boolean =>
  cidrContains(range.cidr, ip) && position(range, ip) >= 0n && position(range, ip) < range.size

/**
 * All addresses of the range, each once, in the order in which they are tried: from a random one of the upper part on, then
 * from a random one of the reserved part.
 *
 * @param random an integer from 0 to below its argument
 */
export function* candidates(range: AddressRange, random: (below: number) => number): Generator<IpAddress> {
  const { size, reserved } = range
  yield* ring(range, reserved, size, random)
  yield* ring(range, 0n, reserved, random)
}

function* ring(range: AddressRange, from: bigint, to: bigint, random: (below: number) => number): Generator<IpAddress> {
  const length = to - from
  if (length <= 0n) return
  const start = BigInt(random(length > maxRandom ? Number(maxRandom) : Number(length)))
  for (let i = 0n; i < length; i++) yield nth(range, from + ((start + i) % length))
}

/** Random starts are not spread over more than this many addresses. */
const maxRandom = 1n << 47n

const nth = ({ cidr }: AddressRange, n: bigint): IpAddress => ipOf(cidr.network.value + 1n + n, cidr.network.family)

const position = ({ cidr }: AddressRange, ip: IpAddress): bigint => ip.value - cidr.network.value - 1n

/** A sixteenth, but 16 at least and 256 at most; nothing of the smallest blocks. */
function reservedOf(addresses: bigint): bigint {
  if (addresses <= 16n) return 0n
  const share = addresses / 16n
  return share < 16n ? 16n : share > 256n ? 256n : share
}
