import type { KubeObject } from '../api/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { KeyRange, Subscription } from '../store/index.js'
import type { ObjectReader } from './objects.js'

/** What is looked up with every write, is small and seldom changes. All else is read anew each time. */
const kept: readonly string[] = [
  'admissionregistration.k8s.io/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings',
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingadmissionpolicies',
  'admissionregistration.k8s.io/validatingadmissionpolicybindings',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  '/namespaces',
  '/limitranges',
  '/resourcequotas',
  '/serviceaccounts',
  'networking.k8s.io/ingressclasses',
  'node.k8s.io/runtimeclasses',
  'resource.k8s.io/deviceclasses',
  'scheduling.k8s.io/priorityclasses',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/storageclasses',
]
/** Objects that are kept parsed, for each resource; beyond it all are forgotten and read anew. */
const maxObjects = 2_000

/**
 * Reads the store through the registries, and keeps what it has parsed for as long as it is true: a commit forgets what it
 * changed before anybody can read past it.
 */
export class CachedObjects implements ObjectReader {
  readonly #caches = new Map<string, ResourceCache>()
  readonly #kept = new Set(kept)

  /** @param registries by `group/plural`; may grow later */
  constructor(readonly registries: ReadonlyMap<string, GenericRegistry>) {}

  /** From now on objects of this resource are kept too: policies have them as parameters. */
  keep(resource: string): void {
    this.#kept.add(resource)
  }

  find(resource: string, namespace: string, name: string): KubeObject | undefined {
    if (this.#kept.has(resource)) return this.#cache(resource)?.find(namespace, name)
    const registry = this.registries.get(resource)
    const record = name === '' ? undefined : registry?.find(namespace, name)
    return record === undefined ? undefined : registry?.parse(record)
  }

  list(resource: string, namespace: string): readonly KubeObject[] {
    if (this.#kept.has(resource)) return this.#cache(resource)?.list(namespace) ?? []
    return [...this.scan(resource, namespace)].map((read) => read())
  }

  /** Nothing of what is read here is kept. */
  *scan(resource: string, namespace: string): Iterable<() => KubeObject> {
    const registry = this.registries.get(resource)
    if (registry === undefined) return
    for (const record of registry.environment.store.scan(rangeOf(registry, namespace)))
      yield () => registry.parse(record)
  }

  close(): void {
    for (const cache of this.#caches.values()) cache.close()
    this.#caches.clear()
  }

  #cache(resource: string): ResourceCache | undefined {
    const known = this.#caches.get(resource)
    if (known !== undefined) return known
    const registry = this.registries.get(resource)
    if (registry === undefined) return undefined
    const made = new ResourceCache(registry, () => this.#caches.delete(resource))
    this.#caches.set(resource, made)
    return made
  }
}

class ResourceCache {
  /** By key; undefined: known to be absent. */
  readonly #objects = new Map<string, KubeObject | undefined>()
  /** By the range's first key. */
  readonly #lists = new Map<string, readonly KubeObject[]>()
  readonly #registry: GenericRegistry
  readonly #subscription: Subscription

  /** @param lost called when changes are no longer told: the cache must not be used any more */
  constructor(registry: GenericRegistry, lost: () => void) {
    this.#registry = registry
    const { store } = registry.environment
    this.#subscription = store.changes(registry.prefix, store.revision, {
      changed: (changes) => {
        for (const { record } of changes) this.#forget(record.key)
      },
      lost,
    })
  }

  find(namespace: string, name: string): KubeObject | undefined {
    if (name === '') return undefined
    const key = this.#registry.key(namespace, name)
    const known = this.#objects.get(key)
    if (known !== undefined || this.#objects.has(key)) return known
    const record = this.#registry.find(namespace, name)
    const object = record === undefined ? undefined : this.#registry.parse(record)
    if (this.#objects.size >= maxObjects) this.#objects.clear()
    this.#objects.set(key, object)
    return object
  }

  list(namespace: string): readonly KubeObject[] {
    const start = startOf(this.#registry, namespace)
    const known = this.#lists.get(start)
    if (known !== undefined) return known
    const range = rangeOf(this.#registry, namespace)
    const objects: KubeObject[] = []
    for (const record of this.#registry.environment.store.scan(range)) objects.push(this.#registry.parse(record))
    if (this.#lists.size >= maxObjects) this.#lists.clear()
    if (objects.length <= maxObjects) this.#lists.set(start, objects)
    return objects
  }

  close(): void {
    this.#subscription.close()
  }

  #forget(key: string): void {
    const { prefix, resource } = this.#registry
    this.#objects.delete(key)
    this.#lists.delete(prefix)
    if (resource.namespaced) this.#lists.delete(key.slice(0, key.indexOf('/', prefix.length) + 1))
  }
}

const startOf = ({ prefix }: GenericRegistry, namespace: string): string =>
  namespace === '' ? prefix : `${prefix}${namespace}/`

function rangeOf(registry: GenericRegistry, namespace: string): KeyRange {
  const start = startOf(registry, namespace)
  // "0" follows "/" in the order of bytes.
  return { start, end: `${start.slice(0, -1)}0` }
}
