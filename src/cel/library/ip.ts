import type { Library, Overload } from '../library.js'
import { fixed } from '../ranges.js'
import { opaqueType, typeOf, types } from '../types.js'
import { CelError, Opaque } from '../values.js'
import { walksText } from './costs.js'
import { fn, member, overload } from './declare.js'
import { type Address, addressText, parseAddress, width } from './netip.js'

export const ipType = opaqueType('net.IP')

export class IpValue extends Opaque {
  readonly type = ipType

  constructor(readonly address: Address) {
    super()
  }

  override get costSize(): number {
    return width(this.address) / 8
  }

  equals(other: Opaque): boolean {
    if (!(other instanceof IpValue)) throw new CelError('no such overload')
    return this.address.family === other.address.family && this.address.value === other.address.value
  }
}

export const readIp = (text: string): IpValue => new IpValue(parseAddress(text))

/** Source: apiserver pkg/cel/library/ip.go. */
export function ipLibrary(): Library {
  const question = (name: string, id: string, holds: (address: Address) => boolean) =>
    fn(
      name,
      member(id, [ipType], types.bool, ({ address }: IpValue) => holds(address)),
    )
  return {
    name: 'kubernetes.net.ip',
    equality: [{ type: ipType, estimate: () => fixed(1) }],
    since: 30,
    constants: [{ name: ipType.name, type: typeOf(ipType), value: ipType }],
    functions: [
      fn('ip', overload('string_to_ip', [types.string], ipType, readIp, walksText())),
      fn('isIP', overload('is_ip', [types.string], types.bool, isIp, walksText())),
      fn('ip.isCanonical', overload('ip_is_canonical', [types.string], types.bool, isCanonical, walksText(2))),
      fn(
        'family',
        member('ip_family', [ipType], types.int, ({ address }: IpValue) => address.family),
      ),
      question('isUnspecified', 'ip_is_unspecified', ({ value }) => value === 0n),
      question('isLoopback', 'ip_is_loopback', isLoopback),
      question('isLinkLocalMulticast', 'ip_is_link_local_multicast', ({ family, value }) =>
        family === 4 ? value >> 8n === 0xe00000n : ((value >> 112n) & 0xff0fn) === 0xff02n,
      ),
      question('isLinkLocalUnicast', 'ip_is_link_local_unicast', isLinkLocal),
      question('isGlobalUnicast', 'ip_is_global_unicast', isGlobal),
      fn('string', toText),
    ],
  }
}

const toText: Overload = overload('ip_to_string', [ipType], types.string, ({ address }: IpValue) =>
  addressText(address),
)

const isCanonical = (text: string): boolean => addressText(parseAddress(text)) === text

function isIp(text: string): boolean {
  try {
    parseAddress(text)
    return true
  } catch (error) {
    if (error instanceof CelError) return false
    throw error
  }
}

const isLoopback = ({ family, value }: Address): boolean => (family === 4 ? value >> 24n === 127n : value === 1n)

const isLinkLocal = ({ family, value }: Address): boolean =>
  family === 4 ? value >> 16n === 0xa9fen : value >> 118n === 0xfe80n >> 6n

function isGlobal(address: Address): boolean {
  const { family, value } = address
  const isMulticast = family === 4 ? value >> 28n === 0xen : value >> 120n === 0xffn
  if (isMulticast || value === 0n || isLoopback(address) || isLinkLocal(address)) return false
  return family === 6 || value !== 0xffffffffn
}
