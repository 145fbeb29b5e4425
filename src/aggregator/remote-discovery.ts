import { type APIService, type APIServiceSpec, isAvailable, nameOf } from './api-service.js'
import type { Backend } from './backend.js'
import { type DiscoveredResource, readAggregated, readResourceList } from './discovered.js'
import { WorkQueue } from './work-queue.js'

/** What a group version that another server serves is known to have. */
export interface RemoteVersion {
  readonly resources: readonly DiscoveredResource[]
  /** Stale: the server could not be asked the last time. */
  readonly freshness: 'Current' | 'Stale'
}

export interface RemoteDiscoveryOptions {
  /** The server of an APIService, undefined once it is not remote or no longer there. */
  backend(name: string): Backend | undefined
  spec(name: string): APIServiceSpec | undefined
  /** A version has become another. */
  changed(): void
  failed(name: string, error: unknown): void
}

/** What one server answered about all it has. */
interface Cached {
  readonly backend: Backend
  readonly etag: string
  readonly askedAt: number
  readonly versions: ReadonlyMap<string, readonly DiscoveredResource[]>
}

const refreshMs = 60_000
const timeoutMs = 5_000
const maxBytes = 16 * 1024 * 1024
const user = { name: 'system:kube-aggregator', groups: ['system:masters'] }
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const accept = `${aggregated},${aggregated.replace('v=v2', 'v=v2beta1')}`
const stale: RemoteVersion = { resources: [], freshness: 'Stale' }

/**
 * Keeps what the servers behind APIServices say they have. Nobody waits for them: what is not known is stale and empty.
 * Source: kube-aggregator pkg/apiserver/handler_discovery.go.
 */
export class RemoteDiscovery {
  readonly #options: RemoteDiscoveryOptions
  readonly #known = new Map<string, RemoteVersion>()
  /** When an APIService last changed: answers to older questions do not count. */
  readonly #dirtyAt = new Map<string, number>()
  readonly #caches = new Map<string, Cached>()
  readonly #queue: WorkQueue

  constructor(options: RemoteDiscoveryOptions) {
    this.#options = options
    this.#queue = new WorkQueue({
      workers: 4,
      firstMs: 500,
      maxMs: refreshMs,
      work: (name) => this.#work(name),
      failed: (name, error) => options.failed(name, error),
    })
  }

  /** Asks each server once, then again from time to time. Resolves when all have answered or failed. */
  async start(): Promise<void> {
    await Promise.all([...this.#known.keys()].map((name) => this.#sync(name).catch(() => this.#queue.add(name))))
    for (const name of this.#known.keys()) this.#queue.addAfter(name, refreshMs)
    this.#queue.start()
  }

  close(): void {
    this.#queue.close()
  }

  set(service: APIService): void {
    const name = nameOf(service)
    if (!this.#known.has(name)) this.#known.set(name, stale)
    this.#dirtyAt.set(name, performance.now())
    // Nobody knows yet whether there is somebody to ask.
    if (service.status?.conditions === undefined && !isAvailable(service)) return
    this.#queue.forget(name)
    this.#queue.add(name)
  }

  delete(name: string): void {
    if (!this.#known.delete(name)) return
    this.#dirtyAt.delete(name)
    this.#queue.forget(name)
    for (const [key, { backend }] of this.#caches)
      if (![...this.#known.keys()].some((each) => this.#options.backend(each) === backend)) this.#caches.delete(key)
  }

  get(name: string): RemoteVersion {
    return this.#known.get(name) ?? stale
  }

  async #work(name: string): Promise<void> {
    await this.#sync(name)
    this.#queue.addAfter(name, refreshMs)
    this.#dirtyAt.set(name, performance.now())
  }

  async #sync(name: string): Promise<void> {
    const backend = this.#options.backend(name)
    const spec = this.#options.spec(name)
    if (backend === undefined || spec === undefined || !this.#known.has(name)) return
    try {
      this.#learn(name, { resources: await this.#resources(name, backend, spec), freshness: 'Current' })
    } catch (error) {
      this.#learn(name, stale)
      throw error
    }
  }

  #learn(name: string, version: RemoteVersion): void {
    const before = this.#known.get(name)
    if (before === undefined) return
    this.#known.set(name, version)
    if (JSON.stringify(before) !== JSON.stringify(version)) this.#options.changed()
  }

  async #resources(
    name: string,
    backend: Backend,
    { group = '', version = '' }: APIServiceSpec,
  ): Promise<readonly DiscoveredResource[]> {
    const { namespace, name: service, port = 443 } = backend.service
    const key = `${namespace}/${service}:${port}`
    const dirtyAt = this.#dirtyAt.get(name) ?? 0
    const kept = this.#caches.get(key)
    const groupVersion = `${group}/${version}`
    if (kept !== undefined && kept.askedAt > dirtyAt) return kept.versions.get(groupVersion) ?? []
    const askedAt = performance.now()
    const etag = kept?.etag ?? ''
    const answer = await backend.get('/apis', { user, accept, etag, timeoutMs, maxBytes })
    if (answer.status === 304 && kept !== undefined) {
      this.#caches.set(key, { ...kept, backend, askedAt })
      return kept.versions.get(groupVersion) ?? []
    }
    if (answer.status === 503) throw new Error(`service ${key} returned non-success response code: 503`)
    if (answer.status === 200 && isAggregated(answer.contentType)) {
      const versions = readAggregated(answer.body)
      this.#caches.set(key, { backend, askedAt, etag: answer.etag, versions })
      return versions.get(groupVersion) ?? []
    }
    const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
    const legacy = await backend.get(path, { user, accept: 'application/json', timeoutMs, maxBytes })
    if (legacy.status !== 200) throw new Error(`failed to download legacy discovery for ${path}: ${legacy.status}`)
    return readResourceList(legacy.body)
  }
}

/** Source: client-go discovery, ContentTypeIsGVK. */
function isAggregated(contentType: string): boolean {
  const [media, ...parameters] = contentType.split(';').map((part) => part.trim())
  return (
    media === 'application/json' &&
    parameters.includes('g=apidiscovery.k8s.io') &&
    (parameters.includes('v=v2') || parameters.includes('v=v2beta1')) &&
    parameters.includes('as=APIGroupDiscoveryList')
  )
}
