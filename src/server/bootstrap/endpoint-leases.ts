import { rfc3339 } from '../../api/index.js'
import { encodeForStore, type RegistryEnvironment } from '../../registry/index.js'
import { prefixRange } from '../../store/index.js'

const prefix = '/registry/masterleases/'
const ttlSeconds = 15

/**
 * Which servers there are, by address: each writes its own down for some seconds, again and again. What is not renewed goes by
 * itself. Source: kubernetes pkg/controlplane/reconcilers/lease.go.
 */
export class EndpointLeases {
  readonly #environment: RegistryEnvironment

  constructor(environment: RegistryEnvironment) {
    this.#environment = environment
  }

  /** Renews the lease of an address. @returns all that hold one, in order */
  async renew(ip: string): Promise<string[]> {
    const { store, codec, now } = this.#environment
    await store.fresh()
    const key = prefix + ip
    for (;;) {
      const before = store.get(key)
      const generation =
        before === undefined ? 0 : Number((codec.parse(before.value) as Lease).metadata.generation ?? 0)
      const object = {
        kind: 'Endpoints',
        apiVersion: 'v1',
        metadata: { name: ip, generation: generation + 1, creationTimestamp: rfc3339(now()) },
        subsets: [{ addresses: [{ ip }] }],
      }
      const value = encodeForStore(object, Buffer.alloc(0), codec)
      const result = await store.commit([{ prefix, key, expect: before?.revision ?? 0, value, ttlSeconds }])
      if (result.kind === 'committed') return this.#addresses()
    }
  }

  /** Gives the lease back. @returns all that are left */
  async remove(ip: string): Promise<string[]> {
    const { store } = this.#environment
    const held = store.get(prefix + ip)
    if (held !== undefined) await store.commit([{ prefix, key: held.key, expect: held.revision }])
    return this.#addresses()
  }

  #addresses(): string[] {
    const { store } = this.#environment
    return [...store.scan(prefixRange(prefix))].map(({ key }) => key.slice(prefix.length))
  }
}

interface Lease {
  readonly metadata: { readonly generation?: number }
}
