import { readFileSync } from 'node:fs'
import { type ChannelAddress, type Dialer, RpcChannel } from '../../http/index.js'

/** Where etcd is and what it is shown. Files are read when the client is made. */
export interface EtcdEndpoints {
  /** `http://host:port`, `https://host:port`, `unix://path`; without a scheme https if there is any certificate, http else. */
  readonly servers: readonly string[]
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** How they are reached. Default: straight. */
  readonly dial?: Dialer | undefined
}

/** Throws Error if a URL or a file is not what it should be. */
export function openChannels({ servers, caFile = '', certFile = '', keyFile = '', dial }: EtcdEndpoints): RpcChannel[] {
  const tls = { ca: pem(caFile), cert: pem(certFile), key: pem(keyFile) }
  const hasTls = caFile !== '' || certFile !== ''
  return servers.map((server) => {
    const address = { ...addressOf(server, hasTls), dial }
    return new RpcChannel(address.url.startsWith('https:') ? { ...address, ...tls } : address)
  })
}

/** Throws Error for what is no URL of an etcd server. */
export function addressOf(server: string, hasTls: boolean): ChannelAddress {
  const text = server.trim()
  const unix = /^unix(s?):\/\/(.+)$/.exec(text)
  if (unix !== null) return { url: `http${unix[1]}://localhost`, socket: unix[2]! }
  // A path says nothing to gRPC; upstream drops it too.
  const url = /^(https?:\/\/)?([^/]+)(?:\/.*)?$/.exec(text)
  if (url === null || !/^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(:\d+)?$/.test(url[2]!))
    throw new Error(`${JSON.stringify(server)} is not the URL of an etcd server`)
  return { url: `${url[1] ?? (hasTls ? 'https://' : 'http://')}${url[2]}` }
}

const pem = (file: string): Buffer | undefined => (file === '' ? undefined : readFileSync(file))
