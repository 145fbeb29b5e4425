import { existsSync, readFileSync } from 'node:fs'
import { FieldErrors } from '../api/index.js'
import { decodeDocument, type Fields, readConfiguration } from '../codec/index.js'
import {
  connectDialer,
  type Dialer,
  type ProxyPlace,
  straightDialer,
  type TunnelObserver,
  tunnelDialer,
} from '../http/index.js'

/** How others are reached, by where they are. Absent: straight. */
export interface EgressDialers {
  /** Nodes, and what runs on them: kubelets, pods, services, aggregated servers, webhooks that are services. */
  readonly cluster?: Dialer
  /** Webhooks with a URL, and those of authentication, authorization and audit. */
  readonly controlPlane?: Dialer
  readonly etcd?: Dialer
}

const versions = ['apiserver.k8s.io/v1beta1', 'apiserver.k8s.io/v1alpha1']
const names = { cluster: 'cluster', controlplane: 'controlPlane', etcd: 'etcd' } as const
const at = 'service.connection'

/**
 * Reads the file of `--egress-selector-config-file`. Proxies are spoken to by HTTP CONNECT, or by gRPC over a socket.
 * Source: apiserver pkg/server/egressselector.
 *
 * @throws Error with upstream's message
 */
export async function readEgress(file: string, observer: EgressObserver): Promise<EgressDialers> {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    throw new Error(
      `failed to read egress selector config: unable to read egress selector configuration from "${file}" [${(error as Error).message}]`,
    )
  }
  const errors = new FieldErrors()
  const dialers: { -readonly [N in keyof EgressDialers]: Dialer } = {}
  const seen = new Set<string>()
  for (const [i, { name, place }] of (await selectionsOf(bytes, errors)).entries()) {
    if (seen.has(name)) errors.duplicate(`${at}[${i}]`, name)
    else if (!Object.hasOwn(names, name)) errors.notSupported(at, name, Object.keys(names))
    else if (place !== undefined) dialers[names[name as keyof typeof names]] = dialerTo(place, observer)
    seen.add(name)
  }
  if (!errors.empty) throw new Error(`failed to validate egress selector configuration: ${errors.message}`)
  return dialers
}

/** Hears of the connections through proxies. */
export interface EgressObserver {
  /** The same dialer, whose dials are counted. */
  observed(dialer: Dialer, protocol: 'http_connect' | 'grpc', transport: 'tcp' | 'uds'): Dialer
  readonly tunnels: TunnelObserver
}

function dialerTo(place: Place, observer: EgressObserver): Dialer {
  if (place === 'direct') return straightDialer
  if ('tunnels' in place) return observer.observed(tunnelDialer(place.tunnels, observer.tunnels), 'grpc', 'uds')
  return observer.observed(connectDialer(place), 'http_connect', 'path' in place ? 'uds' : 'tcp')
}

/** `tunnels`: the socket of a proxy that speaks gRPC. */
type Place = ProxyPlace | 'direct' | { readonly tunnels: string }

interface Selection {
  readonly name: string
  /** Undefined: it is not as it must be. */
  readonly place: Place | undefined
}

async function selectionsOf(bytes: Buffer, errors: FieldErrors): Promise<Selection[]> {
  try {
    const { value } = await decodeDocument(bytes)
    const fields = readConfiguration(value, 'EgressSelectorConfiguration', versions)
    const selections = fields.list('egressSelections').map((selection): Selection => {
      const connection = selection.object('connection')
      const found = { name: selection.text('name').toLowerCase(), place: placeOf(connection, errors) }
      connection.done()
      selection.done()
      return found
    })
    fields.done()
    return selections
  } catch (error) {
    throw new Error(`failed to read egress selector config: ${(error as Error).message}`)
  }
}

function placeOf(connection: Fields, errors: FieldErrors): Selection['place'] {
  const protocol = connection.text('proxyProtocol')
  const isSet = connection.raw('transport') !== undefined
  const transport = connection.object('transport')
  switch (protocol) {
    case 'Direct':
      if (!isSet) return 'direct'
      errors.invalid(`${at}.transport`, 'direct', 'config must be absent for direct connect')
      return undefined
    case 'HTTPConnect':
      if (isSet) return transportOf(transport, errors)
      errors.required(`${at}.transport`, 'transport must be set for HTTPConnect')
      return undefined
    case 'GRPC':
      return tunnelOf(isSet, transport, errors)
    default:
      errors.notSupportedInOrder(`${at}.protocol`, protocol, ['Direct', 'HTTPConnect', 'GRPC'])
      return undefined
  }
}

function tunnelOf(isSet: boolean, transport: Fields, errors: FieldErrors): Place | undefined {
  if (!isSet) {
    errors.required(`${at}.transport`, 'transport must be set for GRPC')
    return undefined
  }
  const hasUds = transport.raw('uds') !== undefined
  if (transport.raw('tcp') !== undefined) tcpOf(transport.object('tcp'), new FieldErrors())
  transport.done()
  if (hasUds) {
    const path = udsOf(transport, errors)
    return path === undefined ? undefined : { tunnels: path }
  }
  errors.required(`${at}.uds`, 'UDS must be set with GRPC')
  return undefined
}

function udsOf(transport: Fields, errors: FieldErrors): string | undefined {
  const uds = transport.object('uds')
  const path = uds.text('udsName')
  uds.done()
  if (path !== '') return path
  errors.invalid(`${at}.udsName`, 'nil', 'must be present for UDS connections')
  return undefined
}

function transportOf(transport: Fields, errors: FieldErrors): ProxyPlace | undefined {
  const [hasTcp, hasUds] = [transport.raw('tcp') !== undefined, transport.raw('uds') !== undefined]
  transport.done()
  if (hasTcp && hasUds) errors.invalid(`${at}.tcp`, 'tcp', 'TCP and UDS cannot both be set')
  else if (hasUds) {
    const path = udsOf(transport, errors)
    return path === undefined ? undefined : { path }
  } else if (hasTcp) return tcpOf(transport.object('tcp'), errors)
  else errors.required(`${at}.tcp`, 'One of TCP or UDS must be set')
  return undefined
}

function tcpOf(tcp: Fields, errors: FieldErrors): ProxyPlace | undefined {
  const url = tcp.text('url')
  const hasTls = tcp.raw('tlsConfig') !== undefined
  const tls = tcp.object('tlsConfig')
  tcp.done()
  const [ca, cert, key] = ['caBundle', 'clientCert', 'clientKey'].map((name) => tls.text(name)) as [
    string,
    string,
    string,
  ]
  const serverName = tls.text('tlsServerName')
  tls.done()
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    errors.invalid(`${at}.url`, url, 'supported connection protocols are http:// and https://')
    return undefined
  }
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  if (url.startsWith('http://')) {
    if (hasTls) errors.invalid(`${at}.tlsConfig`, 'nil', 'config must not be present when using HTTP')
    return { host, port: Number(port || 80) }
  }
  if (!hasTls) {
    errors.required(`${at}.tlsConfig`, 'TLSConfig must be present when using HTTPS')
    return undefined
  }
  const before = errors.list.length
  if (ca !== '' && !existsSync(ca))
    errors.invalid(`${at}.tlsConfig.caBundle`, ca, 'TLS config ca bundle does not exist')
  if (cert === '') errors.invalid(`${at}.tlsConfig.clientCert`, 'nil', 'Using TLS requires clientCert')
  else if (!existsSync(cert)) errors.invalid(`${at}.tlsConfig.clientCert`, cert, 'TLS client cert does not exist')
  if (key === '') errors.invalid(`${at}.tlsConfig.clientKey`, 'nil', 'Using TLS requires requires clientKey')
  else if (!existsSync(key)) errors.invalid(`${at}.tlsConfig.clientKey`, key, 'TLS client key does not exist')
  if (errors.list.length > before) return undefined
  const read = (file: string): string => readFileSync(file, 'utf8')
  return {
    host,
    port: Number(port || 443),
    tls: {
      cert: read(cert),
      key: read(key),
      ...(ca === '' ? {} : { ca: read(ca) }),
      ...(serverName === '' ? {} : { servername: serverName }),
    },
  }
}
