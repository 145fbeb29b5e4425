import type { CallNode, Library, Range } from '../library.js'
import { addRanges, fixed, scaleRange, stringTraversalFactor } from '../ranges.js'
import { sizeOfValue } from '../sizes.js'
import { opaqueType, typeOf, types } from '../types.js'
import { CelError, Opaque, type Value } from '../values.js'
import { traversal, walksText } from './costs.js'
import { fn, member, overload } from './declare.js'
import { IpValue, ipType, readIp } from './ip.js'
import { addressText, mask, type Prefix, parsePrefix, prefixContains } from './netip.js'

export const cidrType = opaqueType('net.CIDR')

export class CidrValue extends Opaque {
  readonly type = cidrType

  constructor(readonly prefix: Prefix) {
    super()
  }

  override get costSize(): number {
    return Math.ceil(this.prefix.bits / 8)
  }

  equals(other: Opaque): boolean {
    if (!(other instanceof CidrValue)) throw new CelError('no such overload')
    const [own, its] = [this.prefix, other.prefix]
    const { family, value } = its.address
    return own.bits === its.bits && own.address.family === family && own.address.value === value
  }
}

/** Source: apiserver pkg/cel/library/cidr.go. */
export function cidrLibrary(): Library {
  const { string, bool, int } = types
  return {
    name: 'kubernetes.net.cidr',
    equality: [{ type: cidrType, estimate: () => fixed(1) }],
    since: 30,
    constants: [{ name: cidrType.name, type: typeOf(cidrType), value: cidrType }],
    functions: [
      fn('cidr', overload('string_to_cidr', [string], cidrType, read, walksText())),
      fn('isCIDR', overload('is_cidr', [string], bool, isCidr, walksText())),
      fn(
        'containsIP',
        member('cidr_contains_ip_string', [cidrType, string], bool, containsIpText, {
          cost: (args) => ipCost(args) + traversal(sizeOfValue(args[1]!)),
          estimate: parsing(ipEstimate),
        }),
        member('cidr_contains_ip_ip', [cidrType, ipType], bool, containsIp, {
          cost: ipCost,
          estimate: () => ({ cost: ipEstimate }),
        }),
      ),
      fn(
        'containsCIDR',
        member(
          'cidr_contains_cidr_string',
          [cidrType, string],
          bool,
          (cidr, other) => containsCidr(cidr, read(other)),
          {
            cost: (args) => cidrCost(args) + traversal(sizeOfValue(args[1]!)),
            estimate: parsing(cidrEstimate),
          },
        ),
        member('cidr_contains_cidr', [cidrType, cidrType], bool, containsCidr, {
          cost: cidrCost,
          estimate: () => ({ cost: cidrEstimate }),
        }),
      ),
      fn(
        'ip',
        member('cidr_ip', [cidrType], ipType, ({ prefix }: CidrValue) => new IpValue(prefix.address)),
      ),
      fn(
        'prefixLength',
        member('cidr_prefix_length', [cidrType], int, ({ prefix }: CidrValue) => prefix.bits),
      ),
      fn(
        'masked',
        member('cidr_masked', [cidrType], cidrType, ({ prefix }: CidrValue) => new CidrValue(mask(prefix))),
      ),
      fn('string', overload('cidr_to_string', [cidrType], string, toText)),
    ],
  }
}

function read(text: string): CidrValue {
  try {
    return new CidrValue(parsePrefix(text))
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    throw new CelError(`network address parse error during conversion from string: ${error.message}`)
  }
}

function isCidr(text: string): boolean {
  try {
    parsePrefix(text)
    return true
  } catch (error) {
    if (error instanceof CelError) return false
    throw error
  }
}

const toText = ({ prefix }: CidrValue): string => `${addressText(prefix.address)}/${prefix.bits}`

/** Upstream takes what is no address for a value of another type. */
function containsIpText(cidr: CidrValue, text: string): boolean {
  let ip: IpValue
  try {
    ip = readIp(text)
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    throw new CelError('no such overload')
  }
  return containsIp(cidr, ip)
}

const containsIp = ({ prefix }: CidrValue, { address }: IpValue): boolean => prefixContains(prefix, address)

const containsCidr = ({ prefix }: CidrValue, { prefix: other }: CidrValue): boolean =>
  prefix.bits <= other.bits && prefixContains(prefix, other.address)

/** Comparing the bytes of the prefix. */
const ipCost = ([cidr]: readonly Value[]): number => traversal(sizeOfValue(cidr!) * 2)
/** The same, and masking. */
const cidrCost = (args: readonly Value[]): number => ipCost(args) + traversal(sizeOfValue(args[0]!)) + 1

const bytes: Range = { min: 4, max: 16 }
const ipEstimate: Range = scaleRange(addRanges(bytes, bytes), stringTraversalFactor)
const cidrEstimate: Range = addRanges(addRanges(ipEstimate, scaleRange(bytes, stringTraversalFactor)), fixed(1))

const parsing =
  (estimate: Range) =>
  ({ args: [text], sizeOf }: CallNode) => ({
    cost: addRanges(estimate, scaleRange(sizeOf(text!), stringTraversalFactor)),
  })
