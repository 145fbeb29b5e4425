import { isIPv6 } from 'node:net'
import { equalJson, type KubeObject, rfc3339 } from '../../api/index.js'
import type { Loopback } from '../loopback.js'

/** Under which the server is known inside a cluster. */
export interface PublishedAddress {
  /** IP of the kubernetes Service. */
  readonly serviceIp: string
  /** CIDRs of Services, one or two. */
  readonly serviceCidrs: readonly string[]
  /** Where this server is reached. */
  readonly advertiseAddress: string
  /** Where all servers are reached, this one among them, if that is known. */
  readonly allAddresses?: readonly string[]
  /** How many servers there are (`--apiserver-count`), where nobody knows their addresses. */
  readonly count: number
  readonly port: number
  /** 0: the Service is of type ClusterIP. */
  readonly nodePort: number
  /** Whether the endpoints are ours to keep (`--endpoint-reconciler-type` other than none). */
  readonly endpoints: boolean
}

const name = 'kubernetes'
const namespace = 'default'

const cidrs = 'networking.k8s.io/servicecidrs'

/**
 * The ServiceCIDR of the configured ranges: made if it is missing, and said to be ready where nobody has said anything about
 * it. Source: pkg/controlplane/controller/defaultservicecidr.
 */
export async function ensureServiceCidr(loopback: Loopback, { serviceCidrs }: PublishedAddress): Promise<void> {
  await loopback.ensure(cidrs, { metadata: { name }, spec: { cidrs: serviceCidrs } })
  const stored = loopback.find(cidrs, '', name)
  if (stored === undefined || stored.metadata.deletionTimestamp || !equalJson(stored.spec?.cidrs, serviceCidrs)) return
  const conditions: readonly { type?: string; status?: string }[] = stored.status?.conditions ?? []
  const ready = conditions.find(({ type }) => type === 'Ready')
  if (ready !== undefined && ready.status !== 'Unknown') return
  const condition = {
    type: 'Ready',
    status: 'True',
    message: 'Kubernetes default Service CIDR is ready',
    lastTransitionTime: rfc3339(loopback.now()),
  }
  await loopback.applyStatus(cidrs, name, { conditions: [condition] }, 'kubernetes-service-cidr-controller')
}

/**
 * The kubernetes Service in the default namespace, with the endpoints behind it: made if they are missing, put right if they
 * are not. Source: pkg/controlplane/controller/kubernetesservice, pkg/controlplane/reconcilers.
 */
export async function reconcileKubernetesService(loopback: Loopback, address: PublishedAddress): Promise<void> {
  const family = isIPv6(address.serviceIp) ? 'IPv6' : 'IPv4'
  const port = { name: 'https', protocol: 'TCP', port: 443, targetPort: address.port }
  await loopback.reconcile(
    '/services',
    {
      metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        ports: [address.nodePort > 0 ? { ...port, nodePort: address.nodePort } : port],
        clusterIP: address.serviceIp,
        clusterIPs: [address.serviceIp],
        type: address.nodePort > 0 ? 'NodePort' : 'ClusterIP',
        sessionAffinity: 'None',
        ipFamilies: [family],
        ipFamilyPolicy: 'SingleStack',
        internalTrafficPolicy: 'Cluster',
      },
    },
    (stored, wanted) =>
      equalJson(stored.spec.ports, wanted.spec.ports) && stored.spec.type === wanted.spec.type
        ? stored
        : { ...stored, spec: { ...stored.spec, ports: wanted.spec.ports, type: wanted.spec.type } },
  )
  if (address.endpoints) await reconcileEndpoints(loopback, address)
}

async function reconcileEndpoints(loopback: Loopback, address: PublishedAddress): Promise<void> {
  const { advertiseAddress: ip, port, allAddresses, count } = address
  const ips = allAddresses ?? [ip]
  const beside = (stored: readonly string[]): readonly string[] => allAddresses ?? withOwn(stored, ip, count)
  const addresses = (all: readonly string[]) => all.map((one) => ({ ip: one }))
  const endpoints = (all: readonly string[]) => all.map((one) => ({ addresses: [one], conditions: { ready: true } }))
  const ports = [{ name: 'https', port, protocol: 'TCP' }]
  await loopback.reconcile(
    '/endpoints',
    {
      metadata: { name, namespace, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: addresses(ips), ports }],
    },
    (stored, wanted) => {
      const all = beside((stored.subsets?.[0]?.addresses ?? []).map((one: { ip: string }) => one.ip))
      return withLabels({ ...stored, subsets: [{ addresses: addresses(all), ports }] }, wanted)
    },
  )
  await loopback.reconcile(
    'discovery.k8s.io/endpointslices',
    {
      metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: isIPv6(ip) ? 'IPv6' : 'IPv4',
      endpoints: endpoints(ips),
      ports,
    },
    (stored, wanted) => {
      const all = beside((stored.endpoints ?? []).flatMap((one: { addresses: string[] }) => one.addresses))
      return withLabels({ ...stored, endpoints: endpoints(all), ports }, wanted)
    },
  )
}

/**
 * Takes an address that nobody serves any more out of the endpoints. The last one stays if servers know each other by leases:
 * others may be there who have not been heard yet. Source: pkg/controlplane/reconcilers, RemoveEndpoints.
 */
export async function withdrawEndpoints(loopback: Loopback, ip: string, evenTheLast: boolean): Promise<void> {
  const without = (change: (object: KubeObject) => { readonly object: KubeObject; readonly left: number }) => {
    return (stored: KubeObject): KubeObject => {
      const { object, left } = change(stored)
      return left > 0 || evenTheLast ? object : stored
    }
  }
  const metadata = { name, namespace }
  if (loopback.find('/endpoints', namespace, name) !== undefined)
    await loopback.reconcile(
      '/endpoints',
      { metadata },
      without((stored) => {
        const [first, ...rest] = stored.subsets ?? []
        const addresses = (first?.addresses ?? []).filter((one: { ip: string }) => one.ip !== ip)
        const subsets = addresses.length > 0 ? [{ ...first, addresses }, ...rest] : rest
        return { object: { ...stored, subsets }, left: subsets.length }
      }),
    )
  if (loopback.find('discovery.k8s.io/endpointslices', namespace, name) !== undefined)
    await loopback.reconcile(
      'discovery.k8s.io/endpointslices',
      { metadata },
      without((stored) => {
        const endpoints = (stored.endpoints ?? []).filter((one: { addresses: string[] }) => !one.addresses.includes(ip))
        return { object: { ...stored, endpoints }, left: endpoints.length }
      }),
    )
}

const withLabels = (object: KubeObject, { metadata }: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...metadata.labels } },
})

/**
 * Ours among those that others have written. If that is one too many, the one after ours makes place: servers that all do so
 * come to the same list. Source: pkg/controlplane/reconcilers/instancecount.go.
 */
export function withOwn(stored: readonly string[], own: string, count: number): string[] {
  const all = [...new Set([...stored, own])].sort()
  while (all.length > count) all.splice((all.indexOf(own) + 1) % all.length, 1)
  return all
}
