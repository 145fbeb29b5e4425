import { badRequest, type KubeObject } from '../api/index.js'
import { proxy, type RequestContext } from '../http/index.js'
import type { SubresourceHandler } from '../registry/index.js'
import { admitConnection, type ConnectOptions } from './connect.js'
import { get, type SubresourceEnvironment } from './environment.js'
import { type KubeletOptions, kubeletOf } from './kubelet.js'
import { containerOf } from './pod-containers.js'
import { flag, text } from './query.js'
import { closableProtocol, type Streams, translateStreams } from './streaming/translate.js'
import { tunneledProtocols, tunnelStreams } from './streaming/tunnel.js'
import { webSocketProtocols } from './streaming/upgrade.js'

/** A stream into a pod, as its kubelet has it. */
interface Stream {
  readonly kind: 'PodExecOptions' | 'PodAttachOptions' | 'PodPortForwardOptions'
  /** The gate of its translation for kubelets that speak SPDY alone. */
  readonly translation: 'TranslateStreamCloseWebsocketRequests' | 'PortForwardWebsockets'
  options(query: URLSearchParams): Readonly<Record<string, unknown>>
  /** The kubelet's path and parameters. */
  path(pod: KubeObject, query: URLSearchParams): string
  parameters(query: URLSearchParams): URLSearchParams
}

/** exec: runs a command in a container. */
export const podExec = streamHandler({
  kind: 'PodExecOptions',
  translation: 'TranslateStreamCloseWebsocketRequests',
  options: (query) => ({ ...standardStreams(query), command: query.getAll('command') }),
  path: (pod, query) => `/exec/${placeOf(pod)}/${containerOf(pod, text(query, 'container') ?? '')}`,
  parameters(query) {
    const parameters = streamParameters(query)
    for (const word of query.getAll('command')) parameters.append('command', word)
    return parameters
  },
})

/** attach: joins the streams of what runs in a container. */
export const podAttach = streamHandler({
  kind: 'PodAttachOptions',
  translation: 'TranslateStreamCloseWebsocketRequests',
  options: standardStreams,
  path: (pod, query) => `/attach/${placeOf(pod)}/${containerOf(pod, text(query, 'container') ?? '')}`,
  parameters: streamParameters,
})

/** portforward: connections to ports of a pod. */
export const podPortForward = streamHandler({
  kind: 'PodPortForwardOptions',
  translation: 'PortForwardWebsockets',
  options: (query) => ({ ports: portsOf(query) }),
  path: (pod) => `/portForward/${placeOf(pod)}`,
  parameters(query) {
    const ports = portsOf(query)
    return new URLSearchParams(ports.length === 0 ? {} : { port: ports.join(',') })
  },
})

/**
 * A handler that joins client and kubelet, whatever protocol they agree on. Clients that speak over WebSockets what kubelets
 * speak over SPDY are translated for, unless the kubelet says that it does so itself.
 * Source: kubernetes pkg/registry/core/pod/rest/subresources.go, pkg/registry/core/pod/strategy.go.
 */
function streamHandler(stream: Stream) {
  return (environment: SubresourceEnvironment, kubelets: KubeletOptions, mayCreate: MayCreate): SubresourceHandler =>
    async (context, parent, version) => {
      const { info } = context
      const asked = { kind: stream.kind, ...stream.options(context.query) }
      const query = queryOf(await admitConnection(environment, context, parent, version, asked))
      // Browsers can only GET a WebSocket: that must not get around the verb people restrict.
      if (environment.enabled('AuthorizePodWebsocketUpgradeCreatePermission')) await mayCreate(context)
      const pod = get(environment, '/pods', info.namespace, info.name)
      const path = stream.path(pod, query)
      const nodeName: string = pod.spec?.nodeName ?? ''
      if (nodeName === '') throw badRequest(`pod ${info.name} does not have a host assigned`)
      const { features, ...place } = kubeletOf(environment, kubelets, context, nodeName)
      const target = { ...place, path, query: stream.parameters(query).toString(), upgradeOnly: true }
      const speaksWebSocket =
        environment.enabled('ExtendWebSocketsToKubelet') && features.includes('ExtendWebSocketsToKubelet')
      const protocols = speaksWebSocket ? undefined : webSocketProtocols(context)
      if (protocols !== undefined && environment.enabled(stream.translation)) {
        if (stream.kind === 'PodPortForwardOptions') {
          const tunneled = tunneledProtocols(protocols)
          if (tunneled.length > 0) return tunnelStreams(context, target, tunneled)
        } else if (protocols.includes(closableProtocol)) return translateStreams(context, target, streamsOf(query))
      }
      await proxy(context, target)
    }
}

/** Options as the parameters that ask for them. */
function queryOf(options: ConnectOptions): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options))
    if (name !== 'kind' && name !== 'apiVersion')
      for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each))
  return query
}

/** Throws Forbidden unless the user may also create what is asked for. */
export type MayCreate = (context: RequestContext) => Promise<void> | void

const placeOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`

function standardStreams(query: URLSearchParams): Readonly<Record<string, unknown>> {
  const container = text(query, 'container')
  return {
    ...Object.fromEntries(
      ['stdin', 'stdout', 'stderr', 'tty'].filter((name) => flag(query, name)).map((n) => [n, true]),
    ),
    ...(container === undefined ? {} : { container }),
  }
}

function streamsOf(query: URLSearchParams): Streams {
  const [stdin, stdout, stderr, tty] = ['stdin', 'stdout', 'stderr', 'tty'].map((name) => flag(query, name))
  return { stdin: stdin!, stdout: stdout!, stderr: stderr!, tty: tty! }
}

/** The kubelet's names for the same. */
const kubeletNames = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const

function streamParameters(query: URLSearchParams): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const [name, theirs] of Object.entries(kubeletNames)) if (flag(query, name)) parameters.set(theirs, '1')
  return parameters
}

/** Source: kubernetes pkg/apis/core/v1, Convert_Slice_string_To_Slice_int32. */
function portsOf(query: URLSearchParams): number[] {
  return query
    .getAll('ports')
    .flatMap((value) => value.split(','))
    .map((value) => {
      const why = !/^\d+$/.test(value) ? 'invalid syntax' : Number(value) > 65535 ? 'value out of range' : undefined
      if (why !== undefined)
        throw badRequest(`cannot convert to []int32: strconv.ParseUint: parsing ${JSON.stringify(value)}: ${why}`)
      return Number(value)
    })
}
