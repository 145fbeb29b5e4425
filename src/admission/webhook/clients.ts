import { type CallerIdentity, type ResolveService, RestClient, webhookTarget } from '../../http/index.js'
import type { ClientConfig } from './configuration.js'

/** Source: apiserver pkg/util/webhook/client.go, defaultCacheSize. */
const maxClients = 200

/** Who the server is to a host: `host:port`. Undefined: nobody in particular. */
export interface HostCredentials {
  identityFor(host: string): CallerIdentity | undefined
}

/** One client for each place and authority that webhooks are called at; the longest unused go first. */
export class WebhookClients {
  readonly #clients = new Map<string, RestClient>()
  readonly #resolve: ResolveService
  readonly #credentials: HostCredentials | undefined

  constructor(resolve: ResolveService, credentials: HostCredentials | undefined) {
    this.#resolve = resolve
    this.#credentials = credentials
  }

  /** Throws Error. */
  of(config: ClientConfig): RestClient {
    const key = keyOf(config)
    let client = this.#clients.get(key)
    if (client === undefined) {
      client = this.#make(config)
      // Calls that are under way go on; what is idle is closed before long.
      if (this.#clients.size >= maxClients) this.#clients.delete(this.#clients.keys().next().value!)
    } else this.#clients.delete(key)
    this.#clients.set(key, client)
    return client
  }

  close(): void {
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
  }

  #make(config: ClientConfig): RestClient {
    const target = webhookTarget(config, this.#resolve)
    const bundle = Buffer.from(config.caBundle ?? '', 'base64').toString('utf8')
    const identity = this.#credentials?.identityFor(hostOf(target.url))
    return new RestClient({ ...target, ca: bundle.trim() === '' ? undefined : bundle, identity })
  }
}

const keys = new WeakMap<ClientConfig, string>()

/** Configurations are kept as long as they stay: the key of each is made once. */
function keyOf(config: ClientConfig): string {
  let key = keys.get(config)
  if (key === undefined) {
    key = JSON.stringify([config.url, config.service, config.caBundle])
    keys.set(config, key)
  }
  return key
}

function hostOf(url: string): string {
  const { hostname, port } = new URL(url)
  return `${hostname}:${port === '' ? 443 : port}`
}
