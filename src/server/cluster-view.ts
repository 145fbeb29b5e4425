import type { Cluster } from '../aggregator/index.js'
import type { KubeObject } from '../api/index.js'
import type { GenericRegistry } from '../registry/index.js'
import { prefixRange, type Subscription } from '../store/index.js'
import { together } from './follow.js'

/** Services and their endpoints, parsed once: requests ask for them all the time. */
export class ClusterView implements Cluster {
  readonly #registries: ReadonlyMap<string, GenericRegistry>
  /** By `namespace/name`; forgotten all at once when there are too many. */
  readonly #services = new Map<string, KubeObject | undefined>()
  /** By namespace and then by service. */
  readonly #slices = new Map<string, Map<string, readonly KubeObject[]>>()

  constructor(registries: ReadonlyMap<string, GenericRegistry>) {
    this.#registries = registries
  }

  service(namespace: string, name: string): KubeObject | undefined {
    const key = `${namespace}/${name}`
    if (!this.#services.has(key)) {
      if (this.#services.size >= maxKept) this.#services.clear()
      const registry = this.#registries.get('/services')
      const record = registry?.find(namespace, name)
      this.#services.set(key, record && registry?.parse(record))
    }
    return this.#services.get(key)
  }

  endpointSlices(namespace: string, service: string): readonly KubeObject[] {
    if (this.#slices.size >= maxKept) this.#slices.clear()
    const ofNamespace = this.#slices.get(namespace) ?? new Map<string, readonly KubeObject[]>()
    this.#slices.set(namespace, ofNamespace)
    const known = ofNamespace.get(service)
    if (known !== undefined) return known
    const found: KubeObject[] = []
    const registry = this.#registries.get(slicesResource)
    if (registry !== undefined)
      for (const record of registry.environment.store.scan(prefixRange(registry.key(namespace, '')))) {
        const slice = registry.parse(record)
        if (slice.metadata.labels?.['kubernetes.io/service-name'] === service) found.push(slice)
      }
    ofNamespace.set(service, found)
    return found
  }

  /** @param changed told within the commit; `service` is undefined if it could be any of the namespace */
  follow(changed: (namespace: string, service: string | undefined) => void): Subscription {
    const on = (name: string, see: (namespace: string, name: string) => void): Subscription[] => {
      const registry = this.#registries.get(name)
      if (registry === undefined) return []
      const { prefix, environment } = registry
      const subscription = environment.store.changes(prefix, environment.store.revision, {
        changed(changes) {
          for (const { record } of changes) {
            const [namespace = '', object = ''] = record.key.slice(prefix.length).split('/')
            see(namespace, object)
          }
        },
      })
      return [subscription]
    }
    return together([
      ...on('/services', (namespace, name) => {
        this.#services.delete(`${namespace}/${name}`)
        changed(namespace, name)
      }),
      ...on(slicesResource, (namespace) => {
        this.#slices.delete(namespace)
        changed(namespace, undefined)
      }),
    ])
  }
}

const slicesResource = 'discovery.k8s.io/endpointslices'
const maxKept = 1_000
