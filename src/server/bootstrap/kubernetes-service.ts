import { isIPv6 } from 'node:net'
import { equalJson, type KubeObject } from '../../api/index.js'
import type { Loopback } from '../loopback.js'

/** Under which the server is known inside a cluster. */
export interface PublishedAddress {
  /** IP of the kubernetes Service. */
  readonly serviceIp: string
  /** CIDRs of Services, one or two. */
  readonly serviceCidrs: readonly string[]
  /** Where this server is reached. */
  readonly advertiseAddress: string
  /** Where all servers are reached, this one among them. Default: this one alone. */
  readonly allAddresses?: readonly string[]
  readonly port: number
  /** 0: the Service is of type ClusterIP. */
  readonly nodePort: number
  /** Whether the endpoints are ours to keep (`--endpoint-reconciler-type` other than none). */
  readonly endpoints: boolean
}

const name = 'kubernetes'
const namespace = 'default'

/** The ServiceCIDR of the configured ranges. Source: pkg/controlplane/controller/defaultservicecidr. */
export async function ensureServiceCidr(loopback: Loopback, address: PublishedAddress): Promise<void> {
  await loopback.ensure('networking.k8s.io/servicecidrs', { metadata: { name }, spec: { cidrs: address.serviceCidrs } })
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
  const { advertiseAddress: ip, port, allAddresses: ips = [ip] } = address
  await loopback.reconcile(
    '/endpoints',
    {
      metadata: { name, namespace, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: ips.map((one) => ({ ip: one })), ports: [{ name: 'https', port, protocol: 'TCP' }] }],
    },
    (stored, wanted) => withLabels({ ...stored, subsets: wanted.subsets }, wanted),
  )
  await loopback.reconcile(
    'discovery.k8s.io/endpointslices',
    {
      metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: isIPv6(ip) ? 'IPv6' : 'IPv4',
      endpoints: ips.map((one) => ({ addresses: [one], conditions: { ready: true } })),
      ports: [{ name: 'https', protocol: 'TCP', port }],
    },
    (stored, wanted) => withLabels({ ...stored, endpoints: wanted.endpoints, ports: wanted.ports }, wanted),
  )
}

const withLabels = (object: KubeObject, { metadata }: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...metadata.labels } },
})
