import { type KubeObject, serviceUnavailable } from '../api/index.js'
import type { Dialer } from '../http/index.js'

/** Where a server is reached. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** The services and endpoints of a cluster as they are now. */
export interface Cluster {
  service(namespace: string, name: string): KubeObject | undefined
  /** Of one service. */
  endpointSlices(namespace: string, service: string): readonly KubeObject[]
}

/** Throws an Error that says why the port of a service cannot be reached. */
export interface ServiceResolver {
  (namespace: string, name: string, port: number): Address
  /** How connections to services are made. Default: straight. */
  readonly dialers?: { readonly service?: Dialer | undefined }
}

/** To the service's own address, or whatever name it stands for. Source: apiserver pkg/util/proxy, ResolveCluster. */
export const clusterResolver =
  (cluster: Cluster): ServiceResolver =>
  (namespace, name, port) => {
    const { spec = {} } = serviceOf(cluster, namespace, name)
    if (spec.type === 'ExternalName') return { host: spec.externalName ?? '', port }
    if (spec.type === 'ClusterIP' && spec.clusterIP === 'None')
      throw new Error('cannot route to service with ClusterIP "None"')
    if (!routed.has(spec.type)) throw new Error(`unsupported service type ${JSON.stringify(spec.type ?? '')}`)
    portOf(spec.ports, name, port)
    return { host: spec.clusterIP ?? '', port }
  }

/** To one of the service's endpoints that are ready. Source: apiserver pkg/util/proxy, ResolveEndpoint. */
export const endpointResolver =
  (cluster: Cluster, random: () => number): ServiceResolver =>
  (namespace, name, port) => {
    const { spec = {} } = serviceOf(cluster, namespace, name)
    if (!routed.has(spec.type)) throw new Error(`unsupported service type ${JSON.stringify(spec.type ?? '')}`)
    const { name: portName = '' } = portOf(spec.ports, name, port)
    const family: string | undefined = spec.ipFamilies?.[0]
    const slices = shuffled(cluster.endpointSlices(namespace, name), random)
    for (const slice of [...slices.filter(isOf(family)), ...slices.filter((each) => !isOf(family)(each))]) {
      const found = portsIn(slice).find((each) => each.name === portName && each.port !== undefined)
      if (found?.port === undefined) continue
      const ready = endpointsIn(slice).filter(isReady)
      const host = ready[Math.floor(random() * ready.length)]?.addresses?.[0]
      if (host !== undefined) return { host, port: found.port }
    }
    throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  }

/** Whether a ready endpoint has a port of that name. */
export const hasReadyEndpoint = (slices: readonly KubeObject[], portName: string): boolean =>
  slices.some(
    (slice) =>
      endpointsIn(slice).some(isReady) &&
      portsIn(slice).some(({ name, port }) => name === portName && port !== undefined),
  )

const routed = new Set(['ClusterIP', 'NodePort', 'LoadBalancer'])

interface Endpoint {
  readonly addresses?: readonly string[]
  readonly conditions?: { readonly ready?: boolean }
}

interface Port {
  readonly name?: string
  readonly port?: number
}

/** A name that is not there is the empty one once it is stored. */
const portsIn = ({ ports }: KubeObject): readonly Port[] =>
  ((ports ?? []) as Port[]).map(({ name = '', ...rest }) => ({ name, ...rest }))
const endpointsIn = ({ endpoints }: KubeObject): readonly Endpoint[] => endpoints ?? []
const isReady = ({ conditions }: Endpoint): boolean => conditions?.ready !== false
const isOf =
  (family: string | undefined) =>
  ({ addressType }: KubeObject): boolean =>
    addressType === family

function serviceOf(cluster: Cluster, namespace: string, name: string): KubeObject {
  const found = cluster.service(namespace, name)
  if (found === undefined) throw new Error(`service ${JSON.stringify(name)} not found`)
  return found
}

function portOf(ports: readonly { port: number; name?: string }[] = [], name: string, port: number) {
  const found = ports.find((each) => each.port === port)
  if (found === undefined) throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`)
  return found
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const all = [...list]
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = all[i]!
    all[i] = all[j]!
    all[j] = kept
  }
  return all
}
