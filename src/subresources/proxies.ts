import { lookup } from 'node:dns/promises'
import { posix } from 'node:path'
import { badRequest, type IpAddress, type KubeObject, notFound, parseIp, serviceUnavailable } from '../api/index.js'
import { type ProxyTarget, proxy, type RequestContext, withoutLastSlashes } from '../http/index.js'
import type { SubresourceHandler } from '../registry/index.js'
import { admitConnection } from './connect.js'
import { find, get, type SubresourceEnvironment } from './environment.js'
import { type KubeletOptions, kubeletOf } from './kubelet.js'

type Location = Pick<ProxyTarget, 'scheme' | 'host' | 'port' | 'tls'>

/** nodes/{name}/proxy: to the kubelet, or another port of the node. Source: kubernetes pkg/registry/core/node. */
export const nodeProxy = (environment: SubresourceEnvironment, kubelets: KubeletOptions): SubresourceHandler =>
  proxyHandler(environment, 'NodeProxyOptions', async (context, { scheme, name, port }) => {
    const kubelet = kubeletOf(environment, kubelets, context, name)
    await checkHost(kubelet.host)
    return port === '' || port === kubelet.port ? kubelet : { scheme, host: kubelet.host, port, tls: unchecked }
  })

/** pods/{name}/proxy: to a port of the pod. Source: kubernetes pkg/registry/core/pod/strategy.go, ResourceLocation. */
export const podProxy = (environment: SubresourceEnvironment, { dial }: KubeletOptions): SubresourceHandler =>
  proxyHandler(environment, 'PodProxyOptions', ({ info }, { scheme, name, port }) => {
    const pod = get(environment, '/pods', info.namespace, name)
    const host: string = pod.status?.podIPs?.[0]?.ip ?? ''
    const ip = parseIp(host)
    if (ip === undefined || !isGlobalUnicast(ip)) throw badRequest('address not allowed')
    return { scheme, host, port: port === '' ? firstPort(pod) : port, tls: unchecked, dial }
  })

/** services/{name}/proxy: to one of the pods behind the service. Source: kubernetes pkg/registry/core/service/storage. */
export const serviceProxy = (
  environment: SubresourceEnvironment,
  { dial }: KubeletOptions,
  random: () => number,
): SubresourceHandler =>
  proxyHandler(environment, 'ServiceProxyOptions', ({ info }, { scheme, name, port, asked }) => {
    const { namespace } = info
    const portName = /^[+-]?\d+$/.test(port) ? portNamed(get(environment, '/services', namespace, name), port) : port
    const endpoints = find(environment, '/endpoints', namespace, name)
    if (endpoints === undefined) throw notFound({ group: '', resource: 'services' }, name)
    const subsets: readonly Subset[] = endpoints.subsets ?? []
    if (subsets.length === 0) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
    for (const { addresses = [], ports = [] } of rotated(subsets, random)) {
      const found = ports.find((one) => (one.name ?? '') === portName)
      if (found === undefined) continue
      const address = rotated(addresses, random).find((one) => isPod(environment, namespace, one))
      if (address !== undefined) return { scheme, host: address.ip, port: String(found.port), tls: unchecked, dial }
    }
    throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(asked)}`)
  })

/** Pods and services have certificates that nobody here knows. */
const unchecked = { rejectUnauthorized: false }

interface Asked {
  readonly asked: string
  readonly scheme: 'http' | 'https'
  readonly name: string
  /** A number or a name; empty if none was given. */
  readonly port: string
}

function proxyHandler(
  environment: SubresourceEnvironment,
  kind: string,
  locate: (context: RequestContext, asked: Asked) => Location | Promise<Location>,
): SubresourceHandler {
  return async (context, parent, version) => {
    const { info, exchange } = context
    const asked = pathBehind(context)
    const options = { kind, ...(asked === '' ? {} : { path: asked }) }
    const { path = '' } = (await admitConnection(environment, context, parent, version, options)) as { path?: string }
    const location = await locate(context, askedFor(info.name, parent.singular))
    const { method, query } = exchange
    if (path === '' && (method === 'GET' || method === 'HEAD') && exchange.headers.upgrade === undefined) {
      // So that relative links of the page lead to its children.
      exchange.send(301, '', '', { location: `${info.path}/${query === '' ? '' : `?${query}`}` })
      return
    }
    await proxy(context, { ...location, path: escaped(path), query, seenAs: prefixOf(context) })
  }
}

/** `name`, `name:port` or `scheme:name:port`. */
function askedFor(asked: string, singular: string): Asked {
  const parts = asked.split(':')
  const [scheme, name, port] =
    parts.length === 3 ? parts : parts.length < 3 ? ['', parts[0], parts[1] ?? ''] : [undefined, '', '']
  if (!name || (scheme !== '' && scheme !== 'http' && scheme !== 'https'))
    throw badRequest(`invalid ${singular} request ${JSON.stringify(asked)}`)
  return { asked, scheme: scheme === 'https' ? 'https' : 'http', name, port: port ?? '' }
}

/** What comes behind `/proxy` in the path, decoded; empty if nothing does, not even a slash. */
function pathBehind({ info }: RequestContext): string {
  const rest = info.parts.slice(3).join('/')
  const slash = info.path.endsWith('/')
  if (rest === '') return slash ? '/' : ''
  const path = posix.normalize(`/${rest}`)
  return slash && !path.endsWith('/') ? `${path}/` : path
}

function prefixOf({ info }: RequestContext): string {
  const rest = info.parts.slice(3).join('/')
  const path = withoutLastSlashes(info.path)
  return rest === '' ? path : path.slice(0, path.length - rest.length - 1)
}

const escaped = (path: string): string => (path === '' ? '/' : encodeURI(path).replace(/[?#]/g, encodeURIComponent))

function firstPort({ spec }: KubeObject): string | undefined {
  for (const { ports = [] } of spec?.containers ?? []) if (ports.length > 0) return String(ports[0].containerPort)
  return undefined
}

function portNamed({ metadata, spec }: KubeObject, port: string): string {
  for (const one of spec?.ports ?? []) if (one.port === Number(port)) return one.name ?? ''
  throw serviceUnavailable(`no service port ${Number(port)} found for service ${JSON.stringify(metadata.name)}`)
}

interface Address {
  readonly ip: string
  readonly targetRef?: { readonly namespace?: string; readonly name?: string }
}

interface Subset {
  readonly addresses?: readonly Address[]
  readonly ports?: readonly { readonly name?: string; readonly port: number }[]
}

/** Only addresses of pods are gone to: endpoints can be written by anybody. */
function isPod(environment: SubresourceEnvironment, namespace: string, { ip, targetRef }: Address): boolean {
  if (targetRef?.name === undefined || targetRef.namespace !== namespace) return false
  const pod = find(environment, '/pods', namespace, targetRef.name)
  return (pod?.status?.podIPs ?? []).some((one: { ip?: string }) => one.ip === ip)
}

/** The list from a random place on, and around. */
function rotated<T>(list: readonly T[], random: () => number): readonly T[] {
  const start = Math.floor(random() * list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}

async function checkHost(host: string): Promise<void> {
  let addresses: readonly { readonly address: string }[]
  try {
    addresses = await lookup(host, { all: true })
  } catch {
    throw badRequest(`lookup ${host}: no such host`)
  }
  for (const { address } of addresses) {
    const ip = parseIp(address)
    if (ip === undefined || !isGlobalUnicast(ip)) throw badRequest('address not allowed')
  }
}

/** Go's IP.IsGlobalUnicast: private addresses are, this machine's own and link-local ones are not. */
function isGlobalUnicast({ family, value }: IpAddress): boolean {
  if (value === 0n) return false
  if (family === 4) {
    const first = value >> 24n
    return value !== 0xffffffffn && first !== 127n && first >> 4n !== 0xen && value >> 16n !== 0xa9fen
  }
  return value !== 1n && value >> 120n !== 0xffn && value >> 118n !== 0x3fan
}
