import { parseIp } from '../../../api/index.js'
import { offers } from './address-range.js'
import { defaultNodePortRange, type ServiceAllocationOptions } from './companions.js'
import { takenAddresses } from './ip-address-objects.js'
import { PortBitmap } from './port-bitmap.js'
import { serviceCidrReader } from './service-cidrs.js'

export interface Usage {
  readonly allocated: number
  /** Beyond what a number holds exactly for large IPv6 blocks: near enough for who looks at it. */
  readonly available: number
}

export interface ServiceAllocationUsage {
  /** By block, as "10.0.0.0/24". */
  readonly addresses: ReadonlyMap<string, Usage>
  readonly nodePorts: Usage
}

/** How much is taken of what services may have, at this moment. Reads what is stored: for metrics, not for requests. */
export function serviceAllocationUsage(options: ServiceAllocationOptions): ServiceAllocationUsage {
  const { environment, clusterIpRanges, nodePortRange = defaultNodePortRange } = options
  const taken = [...takenAddresses(environment.store)].flatMap((text) => parseIp(text) ?? [])
  const addresses = new Map<string, Usage>()
  for (const range of serviceCidrReader(environment.store, environment.codec, clusterIpRanges)()) {
    const allocated = taken.filter((ip) => offers(range, ip)).length
    addresses.set(`${range.cidr.network.canonical}/${range.cidr.prefix}`, {
      allocated,
      available: Number(range.size) - allocated,
    })
  }
  const bitmap = PortBitmap.read(environment, nodePortRange)
  let allocated = 0
  for (let i = 0; i < nodePortRange.size; i++) if (bitmap.has(nodePortRange.first + i)) allocated++
  return { addresses, nodePorts: { allocated, available: nodePortRange.size - allocated } }
}
