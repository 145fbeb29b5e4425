import { readFileSync } from 'node:fs'
import type { ChannelCredentials, ClientOptions, Client as GrpcClient } from '@grpc/grpc-js'

type Grpc = typeof import('@grpc/grpc-js')

/** Where etcd is and what it is shown. Files are read when the client is made. */
export interface EtcdEndpoints {
  /** `http://host:port` or `https://host:port`; without a scheme https if there is any certificate, http else. */
  readonly servers: readonly string[]
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

// A list of many small events is one message; etcd bounds what it sends, by fragments.
const channelOptions: ClientOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // Each client has connections of its own, which end with it.
  'grpc.use_local_subchannel_pool': 1,
}

/** Throws Error if a URL or a file is not what it should be. */
export function openChannels(grpc: Grpc, endpoints: EtcdEndpoints): GrpcClient[] {
  const { servers, caFile = '', certFile = '', keyFile = '' } = endpoints
  const hasTls = caFile !== '' || certFile !== ''
  let secure: ChannelCredentials | undefined
  return servers.map((server) => {
    const { address, tls } = addressOf(server, hasTls)
    if (tls) secure ??= grpc.credentials.createSsl(pem(caFile), pem(keyFile), pem(certFile))
    return new grpc.Client(address, tls ? secure! : grpc.credentials.createInsecure(), channelOptions)
  })
}

/** Throws Error for what is no URL of an etcd server. */
export function addressOf(server: string, hasTls: boolean): { address: string; tls: boolean } {
  const text = server.trim()
  const unix = /^unixs?:\/\/(.+)$/.exec(text)
  if (unix !== null) return { address: `unix:${unix[1]}`, tls: text.startsWith('unixs:') }
  const url = /^(https?:\/\/)?([^/]+?)\/?$/.exec(text)
  if (url === null || !/^(\[[0-9a-fA-F:.]+\]|[^:]+)(:\d+)?$/.test(url[2]!))
    throw new Error(`${JSON.stringify(server)} is not the URL of an etcd server`)
  const tls = url[1] === undefined ? hasTls : url[1] === 'https://'
  const address = /:\d+$/.test(url[2]!) ? url[2]! : `${url[2]}:${tls ? 443 : 80}`
  return { address: `dns:${address}`, tls }
}

const pem = (file: string): Buffer | null => (file === '' ? null : readFileSync(file))
