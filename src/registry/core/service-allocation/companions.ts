import { type KubeObject, parseIp } from '../../../api/index.js'
import type { Write } from '../../../store/index.js'
import type { CompanionWrites, RegistryEnvironment, WriteRequest } from '../../environment.js'
import { familyOf } from '../service-cluster-ips.js'
import { isHeadless, type ServiceSpec, serviceSpec, specOf, usesNodePorts } from '../service-types.js'
import { strictAddresses } from '../strict-addresses.js'
import { type AddressPool, assignAddresses, checkAddress, chooseAgain, heldAddresses } from './cluster-ips.js'
import { initFamilies, keepsPreference } from './families.js'
import { claim, release } from './ip-address-objects.js'
import { inferClusterIPs, keepAllocated } from './keep-allocated.js'
import { assignPorts, type ChosenPort, choosePortsAgain, type PortChoice, reassignPorts } from './node-ports.js'
import { bitmapPrefix, PortBitmap, type PortRange, portsOf } from './port-bitmap.js'
import { serviceCidrReader } from './service-cidrs.js'
import { Turns } from './turns.js'

export interface ServiceAllocationOptions {
  readonly environment: RegistryEnvironment
  /** --service-cluster-ip-range: one block, or one of each family; the first one's family is the default. */
  readonly clusterIpRanges: readonly string[]
  /** --service-node-port-range. Default: 30000-32767. */
  readonly nodePortRange?: PortRange
  /** An integer from 0 to below its argument. Default: evenly random. */
  readonly random?: (below: number) => number
}

export const defaultNodePortRange: PortRange = { first: 30000, size: 2768 }

/**
 * What is allocated for services, committed together with them: addresses as IPAddress objects, node ports and health check
 * ports as a bitmap. A service that goes takes its Endpoints with it.
 * Source: pkg/registry/core/service/storage (alloc.go, storage.go).
 */
export function serviceCompanions(options: ServiceAllocationOptions): CompanionWrites {
  return new ServiceCompanions(options)
}

/** What was chosen for a new service, and may be chosen anew. */
interface Chosen {
  readonly addresses: readonly number[]
  readonly ports: readonly ChosenPort[]
}

const endpointsPrefix = '/registry/services/endpoints/'

class ServiceCompanions implements CompanionWrites {
  readonly #environment: RegistryEnvironment
  readonly #pool: AddressPool
  readonly #ports: PortRange
  readonly #turns: Turns
  readonly #families: readonly ('IPv4' | 'IPv6')[]
  /** New services between their first and their last attempt to be committed. */
  readonly #chosen = new WeakMap<KubeObject, Chosen>()

  constructor({ environment, clusterIpRanges, nodePortRange, random }: ServiceAllocationOptions) {
    this.#environment = environment
    this.#ports = nodePortRange ?? defaultNodePortRange
    this.#turns = new Turns(environment.store, bitmapPrefix)
    this.#families = [...new Set(clusterIpRanges.map((range) => familyOf(range.split('/')[0]!)))]
    this.#pool = {
      store: environment.store,
      ranges: serviceCidrReader(environment.store, environment.codec, clusterIpRanges),
      random: random ?? ((below) => Math.floor(Math.random() * below)),
    }
  }

  beginCreate(service: KubeObject, { dryRun }: WriteRequest): void {
    const spec = serviceSpec(service)
    if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP]
    initFamilies(service, undefined, this.#familyOptions())
    const addresses = getsAddresses(spec) ? assignAddresses(this.#pool, service, dryRun) : []
    const ports = usesNodePorts(spec) ? assignPorts(service, this.#choice(dryRun)) : []
    this.#chosen.set(service, { addresses, ports })
  }

  onCreate(service: KubeObject, { dryRun }: WriteRequest): Write[] | Promise<Write[]> {
    dropInternalPolicy(service)
    if (dryRun) return []
    return this.#inTurn({}, specOf(service), () => {
      const chosen = this.#chosen.get(service)
      if (chosen !== undefined) this.#settle(service, chosen)
      return this.#changes(service, {}, specOf(service))
    })
  }

  beginUpdate(service: KubeObject, old: KubeObject, { dryRun }: WriteRequest): void {
    const spec = serviceSpec(service)
    const before = specOf(old)
    keepAllocated(spec, before)
    inferClusterIPs(spec, before)
    initFamilies(service, old, this.#familyOptions())
    if (!keepsPreference(spec, before)) this.#updateAddresses(service, before, dryRun)
    if (usesNodePorts(spec) || usesNodePorts(before)) reassignPorts(service, before, this.#choice(dryRun))
  }

  onUpdate(service: KubeObject, old: KubeObject, { dryRun, subresource }: WriteRequest): Write[] | Promise<Write[]> {
    if (subresource !== '') return []
    dropInternalPolicy(service)
    const [before, after] = [specOf(old), specOf(service)]
    return dryRun ? [] : this.#inTurn(before, after, () => this.#changes(service, before, after))
  }

  onDelete(old: KubeObject): Write[] | Promise<Write[]> {
    return this.#inTurn(specOf(old), {}, () => this.#leftBy(old))
  }

  #leftBy(old: KubeObject): Write[] {
    const { namespace = '', name = '' } = old.metadata
    const writes = this.#changes(old, specOf(old), {})
    const record = this.#environment.store.get(`${endpointsPrefix}${namespace}/${name}`)
    if (record !== undefined) writes.push({ prefix: endpointsPrefix, key: record.key, expect: record.revision })
    return writes
  }

  #updateAddresses(service: KubeObject, before: Readonly<ServiceSpec>, dryRun: boolean): void {
    const spec = serviceSpec(service)
    const [had, has] = [before.ipFamilies?.length ?? 0, spec.ipFamilies?.length ?? 0]
    if (before.type === 'ExternalName') {
      if (getsAddresses(spec)) assignAddresses(this.#pool, service, dryRun)
    } else if (before.clusterIPs?.[0] !== 'None' && spec.type !== 'ExternalName' && had === 1 && has === 2) {
      assignAddresses(this.#pool, service, dryRun, 1)
    }
  }

  /** All node ports lie in one record: those who change it wait for each other. */
  #inTurn(
    before: Readonly<ServiceSpec>,
    after: Readonly<ServiceSpec>,
    writes: () => Write[],
  ): Write[] | Promise<Write[]> {
    const had = portsOf(before)
    const has = portsOf(after)
    if (had.size === has.size && [...has].every((port) => had.has(port))) return writes()
    const turn = this.#turns.take()
    const mine = (): Write[] => {
      try {
        return writes()
      } catch (error) {
        this.#turns.pass()
        throw error
      }
    }
    return turn === undefined ? mine() : turn.then(mine)
  }

  /** Looks again, just before the commit, whether all that was found free still is. */
  #settle(service: KubeObject, { addresses, ports }: Chosen): void {
    chooseAgain(this.#pool, service, addresses)
    const spec = specOf(service)
    for (const [i, ip] of heldAddresses(spec).entries()) {
      if (!addresses.includes(i)) checkAddress(this.#pool, service, ip, false)
    }
    if (usesNodePorts(spec)) choosePortsAgain(service, ports, this.#choice(false))
  }

  /** The writes that lead from what a service held to what it holds. */
  #changes({ metadata }: KubeObject, before: Readonly<ServiceSpec>, after: Readonly<ServiceSpec>): Write[] {
    const { namespace = '', name = '' } = metadata
    const writes: Write[] = []
    const had = new Set(heldAddresses(before))
    const has = new Set(heldAddresses(after))
    for (const ip of has) {
      const address = had.has(ip) ? undefined : parseIp(ip)
      if (address !== undefined) writes.push(claim(this.#environment, address, namespace, name))
    }
    for (const ip of had) if (!has.has(ip)) writes.push(...release(this.#environment, ip, namespace, name))

    const oldPorts = portsOf(before)
    const newPorts = portsOf(after)
    const taken = [...newPorts].filter((port) => !oldPorts.has(port))
    const released = [...oldPorts].filter((port) => !newPorts.has(port))
    if (taken.length === 0 && released.length === 0) return writes
    const bitmap = PortBitmap.read(this.#environment, this.#ports)
    bitmap.takeAll(taken)
    for (const port of released) bitmap.release(port)
    writes.push(bitmap.write(this.#environment))
    return writes
  }

  #choice(dryRun: boolean): PortChoice {
    return { bitmap: PortBitmap.read(this.#environment, this.#ports), random: this.#pool.random, dryRun }
  }

  #familyOptions() {
    return { families: this.#families, strict: this.#environment.enabled(strictAddresses) }
  }
}

const getsAddresses = (spec: Readonly<ServiceSpec>): boolean => spec.type !== 'ExternalName' && !isHeadless(spec)

/** It was filled in once where it means nothing; nobody is shown it there. */
function dropInternalPolicy(service: KubeObject): void {
  const spec = serviceSpec(service)
  if (spec.type === 'ExternalName') delete spec.internalTrafficPolicy
}
