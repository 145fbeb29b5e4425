import { type ApiError, FieldErrors, internalError, invalid, type KubeObject, parseIp } from '../../../api/index.js'
import type { Store } from '../../../store/index.js'
import { familyOf, type IpFamily } from '../service-cluster-ips.js'
import { type ServiceSpec, serviceSpec } from '../service-types.js'
import { type AddressRange, candidates, offers } from './address-range.js'
import { isTaken, takenAddresses } from './ip-address-objects.js'

export interface AddressPool {
  readonly store: Store
  ranges(): readonly AddressRange[]
  /** An integer from 0 to below its argument. */
  random(below: number): number
}

/** After so many tries that met taken addresses all taken ones are read at once. */
const maxProbes = 128

/**
 * Fills in the addresses a service lacks, one for each of its families from `from` on, and checks those it names. In place.
 * Throws ApiError: Invalid, InternalError if no address is free.
 *
 * @returns the positions in clusterIPs of the addresses that were chosen here
 */
export function assignAddresses(pool: AddressPool, service: KubeObject, dryRun: boolean, from = 0): number[] {
  const spec = serviceSpec(service)
  const asked = spec.clusterIPs ?? []
  const families = spec.ipFamilies ?? []
  const ips = [...asked]
  const chosen: number[] = []
  for (let i = from; i < families.length; i++) {
    const own = asked[i] ?? ''
    if (own !== '') checkAddress(pool, service, own, dryRun)
    else {
      // A service that becomes headless beside its old families is refused later, by its rules.
      ips[i] =
        dryRun || asked[0] === 'None'
          ? networkAddress(pool, families[i] as IpFamily)
          : freeAddress(pool, service, families[i] as IpFamily)
      chosen.push(i)
    }
  }
  setAddresses(spec, ips)
  return chosen
}

/** Whoever commits first has an address: the others choose again. */
export function chooseAgain(pool: AddressPool, service: KubeObject, positions: readonly number[]): void {
  const spec = serviceSpec(service)
  const ips = [...(spec.clusterIPs ?? [])]
  for (const i of positions) {
    const ip = parseIp(ips[i] ?? '')
    if (ip !== undefined && isTaken(pool.store, ip)) ips[i] = freeAddress(pool, service, familyOf(ip.canonical))
  }
  setAddresses(spec, ips)
}

export function checkAddress(pool: AddressPool, service: KubeObject, text: string, dryRun: boolean): void {
  const ip = parseIp(text)
  if (ip === undefined) throw internalError(`failed to parse service IP ${JSON.stringify(text)}`)
  const ranges = pool.ranges()
  if (dryRun) {
    // As upstream, a dry run asks any one range, and not whether the address is taken.
    const any = ranges[0]
    if (any !== undefined && !offers(any, ip)) {
      const why = `the provided IP (${ip.canonical}) is not in the valid range. The range of valid IPs is ${any.cidr.canonical}`
      throw refused(service, `failed to allocate IP ${text}: ${why}`)
    }
  } else if (!ranges.some((range) => offers(range, ip))) {
    throw refused(service, `failed to allocate IP ${text}: the provided network does not match the current range`)
  } else if (isTaken(pool.store, ip)) {
    throw refused(service, `failed to allocate IP ${text}: provided IP is already allocated`)
  }
}

function freeAddress(pool: AddressPool, service: KubeObject, family: IpFamily): string {
  let taken: ReadonlySet<string> | undefined
  let probes = 0
  for (const range of rangesOf(pool, family)) {
    for (const ip of candidates(range, pool.random)) {
      if (probes++ === maxProbes) taken = takenAddresses(pool.store)
      if (taken === undefined ? !isTaken(pool.store, ip) : !taken.has(ip.canonical)) return ip.canonical
    }
  }
  const name = JSON.stringify(service.metadata.name ?? '')
  throw internalError(`failed to allocate a serviceIP for Service ${name}: range is full`)
}

/** What upstream answers in place of an address that nobody gets. */
const networkAddress = (pool: AddressPool, family: IpFamily): string =>
  rangesOf(pool, family)[0]?.cidr.network.canonical ?? ''

const rangesOf = (pool: AddressPool, family: IpFamily): readonly AddressRange[] =>
  pool.ranges().filter(({ cidr }) => cidr.network.family === (family === 'IPv6' ? 6 : 4))

function setAddresses(spec: ServiceSpec, ips: string[]): void {
  if (ips.length === 0) return
  spec.clusterIPs = ips
  spec.clusterIP = ips[0]!
}

function refused(service: KubeObject, detail: string): ApiError {
  const errors = new FieldErrors()
  errors.invalid('spec.clusterIPs', serviceSpec(service).clusterIPs, detail)
  return invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors)
}

/** The addresses that a service holds, `None` apart. */
export const heldAddresses = ({ type, clusterIPs = [] }: Readonly<ServiceSpec>): readonly string[] =>
  type === 'ExternalName' || clusterIPs[0] === 'None' ? [] : clusterIPs.filter((ip) => ip !== '')
