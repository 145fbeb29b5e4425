import type { RequestOptions } from 'node:https'
import { ApiError, type KubeObject, notFound } from '../api/index.js'
import type { Dialer, RequestContext } from '../http/index.js'
import { find, type SubresourceEnvironment } from './environment.js'

export interface KubeletOptions {
  /** `--kubelet-preferred-address-types`, best first. */
  readonly preferredAddressTypes: readonly string[]
  /** How nodes, pods and services are reached. Default: straight. */
  readonly dial?: Dialer | undefined
  /** Certificate shown to kubelets, and the authorities of theirs; without authorities, theirs are not checked. */
  readonly tls: Pick<RequestOptions, 'allowPartialTrustChain' | 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>
}

/** How the kubelet of a node is reached. */
export interface KubeletConnection {
  readonly scheme: 'https'
  readonly host: string
  readonly port: string
  readonly tls: KubeletOptions['tls']
  readonly dial: Dialer | undefined
  /** What its node says that it can do. */
  readonly features: readonly string[]
}

const defaultPort = 10250

/**
 * Finds out how to reach a node's kubelet. Source: kubernetes pkg/kubelet/client.
 *
 * @throws ApiError 404 under the name of the resource that was asked for, 500 if the node has no address
 */
export function kubeletOf(
  environment: SubresourceEnvironment,
  { preferredAddressTypes, tls, dial }: KubeletOptions,
  { info }: RequestContext,
  nodeName: string,
): KubeletConnection {
  const node = find(environment, '/nodes', '', nodeName)
  if (node === undefined) throw notFound({ group: info.apiGroup, resource: info.resource }, nodeName)
  const features: readonly string[] = node.status?.declaredFeatures ?? []
  const addresses: readonly NodeAddress[] = node.status?.addresses ?? []
  for (const type of preferredAddressTypes) {
    const found = addresses.find((one) => one.type === type)
    if (found !== undefined) return { scheme: 'https', host: found.address, port: portOf(node), tls, dial, features }
  }
  const known = addresses.map(({ type, address }) => `{${type} ${address}}`)
  throw new ApiError('', `no preferred addresses found; known addresses: [${known.join(' ')}]`)
}

interface NodeAddress {
  readonly type: string
  readonly address: string
}

function portOf({ status }: KubeObject): string {
  const port: number = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0
  return String(port > 0 ? port : defaultPort)
}
