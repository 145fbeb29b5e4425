import type { Dialer } from './dialer.js'
import type { Address, RestTarget } from './rest-client.js'

/** Where a port of a service is reached. Throws an Error with the reason. */
export interface ResolveService {
  (namespace: string, name: string, port: number): Promise<Address> | Address
  /** How connections are made to services, and to what is no service. Default: straight. */
  readonly dialers?: { readonly service?: Dialer | undefined; readonly url?: Dialer | undefined }
}

/** How webhooks of all kinds say where they are: by one of the two. */
export interface WebhookLocation {
  readonly url?: string | undefined
  readonly service?:
    | {
        readonly namespace: string
        readonly name: string
        readonly path?: string | undefined
        readonly port?: number | undefined
      }
    | undefined
}

/**
 * Who is called: a service goes by its DNS name in URL and certificate, and is connected to wherever it is just then.
 * Source: apiserver pkg/util/webhook/client.go.
 */
export function webhookTarget({ url = '', service }: WebhookLocation, resolve: ResolveService): RestTarget {
  const { dialers } = resolve
  if (service === undefined) return { url, dial: dialers?.url }
  const { name, namespace, path = '', port = 443 } = service
  return {
    url: `https://${name}.${namespace}.svc:${port}${path}`,
    address: () => resolve(namespace, name, port),
    dial: dialers?.service,
  }
}
