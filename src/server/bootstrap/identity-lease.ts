import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type KubeObject, rfc3339Micro } from '../../api/index.js'
import { prefixRange } from '../../store/index.js'
import type { Loopback } from '../loopback.js'

const namespace = 'kube-system'
const identityLabel = 'apiserver.kubernetes.io/identity'
const durationSeconds = 3_600
const leases = 'coordination.k8s.io/leases'

/**
 * The Lease by which this server is known to be there. Source: kubernetes pkg/controlplane/apiserver/server.go.
 */
export class IdentityLease {
  readonly #loopback: Loopback
  readonly #now: () => number
  readonly #name = serverId(hostname())
  readonly #holder = `${this.#name}_${randomUUID()}`

  constructor(loopback: Loopback, now: () => number) {
    this.#loopback = loopback
    this.#now = now
  }

  /** @param address where other servers reach this one, with its port */
  renew(address: string): Promise<void> {
    const host = hostname()
    const spec = {
      holderIdentity: this.#holder,
      leaseDurationSeconds: durationSeconds,
      renewTime: rfc3339Micro(this.#now()),
    }
    const wanted: KubeObject = {
      metadata: {
        name: this.#name,
        namespace,
        labels: { [identityLabel]: 'kube-apiserver', 'kubernetes.io/hostname': host },
        annotations: { 'kubernetes.io/peer-advertise-address': address },
      },
      spec,
    }
    return this.#loopback.reconcile(leases, wanted, (stored) => ({
      ...stored,
      metadata: {
        ...stored.metadata,
        labels: { ...stored.metadata.labels, ...wanted.metadata.labels },
        annotations: { ...stored.metadata.annotations, ...wanted.metadata.annotations },
      },
      spec: { ...stored.spec, ...spec },
    }))
  }

  /** Deletes those of servers that have not been heard of for as long as they said. */
  async collect(): Promise<void> {
    const registry = this.#loopback.registry(leases)
    const { store } = registry.environment
    for (const record of store.scan(prefixRange(registry.key(namespace, '')))) {
      const { metadata, spec } = registry.parse(record)
      if (metadata.labels?.[identityLabel] !== 'kube-apiserver') continue
      const until = Date.parse(spec?.renewTime ?? '') + (spec?.leaseDurationSeconds ?? 0) * 1_000
      if (!(until < this.#now())) continue
      await store.commit([{ prefix: registry.prefix, key: record.key, expect: record.revision }])
    }
  }
}

/** Source: apiserver pkg/server/config.go. */
function serverId(host: string): string {
  const digest = createHash('sha256').update(host).digest().subarray(0, 16)
  return `apiserver-${base32(digest)}`
}

/** In lower case, without padding. */
function base32(bytes: Buffer): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  let text = ''
  for (let i = 0; i < bits.length; i += 5) text += alphabet[Number.parseInt(bits.slice(i, i + 5).padEnd(5, '0'), 2)]
  return text
}
