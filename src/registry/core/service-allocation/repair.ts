import { type KubeObject, parseIp } from '../../../api/index.js'
import { prefixRange, type Write } from '../../../store/index.js'
import { specOf } from '../service-types.js'
import { heldAddresses } from './cluster-ips.js'
import { defaultNodePortRange, type ServiceAllocationOptions } from './companions.js'
import { claim, takenAddresses } from './ip-address-objects.js'
import { PortBitmap, portsOf } from './port-bitmap.js'

/** Services looked at before others get their turn. */
const slice = 200
/** In one commit: etcd takes 128. */
const writesAtOnce = 100

/**
 * Makes what is allocated agree with the services there are: addresses that no IPAddress object tells of, IPAddress objects
 * of services that are gone, node ports. Needed once at start, before services are served: after a change of the ranges, or
 * over data that another server has written.
 */
export async function repairServiceAllocation(options: ServiceAllocationOptions): Promise<void> {
  const { environment, nodePortRange = defaultNodePortRange } = options
  const { store, codec } = environment
  await store.fresh()
  // All of one moment: a service that comes meanwhile, by whatever server, has its addresses in the same commit.
  const at = store.revision
  const stored = PortBitmap.read(environment, nodePortRange)
  const bitmap = PortBitmap.empty(nodePortRange, stored.revision)
  const taken = takenAddresses(store)
  const services = new Set<string>()
  const writes: Write[] = []
  let seen = 0
  for (const { value } of store.scan(prefixRange('/registry/services/specs/'), { at })) {
    const service = codec.parse(value) as KubeObject
    const { namespace = '', name = '' } = service.metadata
    services.add(`${namespace}/${name}`)
    bitmap.takeAll(portsOf(specOf(service)))
    for (const text of heldAddresses(specOf(service))) {
      const ip = parseIp(text)
      if (ip === undefined || taken.has(ip.canonical)) continue
      taken.add(ip.canonical)
      writes.push(claim(environment, ip, namespace, name))
    }
    if (++seen % slice === 0) await turn()
  }
  for (const record of store.scan(prefixRange('/registry/ipaddresses/'), { at })) {
    const { metadata, spec } = codec.parse(record.value) as KubeObject
    const { resource, namespace, name } = spec?.parentRef ?? {}
    const own = metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === 'ipallocator.k8s.io'
    if (own && resource === 'services' && !services.has(`${namespace}/${name}`)) {
      writes.push({ prefix: '/registry/ipaddresses/', key: record.key, expect: record.revision })
    }
    if (++seen % slice === 0) await turn()
  }
  if (!bitmap.equals(stored)) writes.push(bitmap.write(environment))
  // A conflict means that another server repairs too: what it wrote is as good.
  for (let i = 0; i < writes.length; i += writesAtOnce) await store.commit(writes.slice(i, i + writesAtOnce))
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
