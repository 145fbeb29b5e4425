import { type KubeObject, rfc3339 } from '../api/index.js'
import type { Handler, RequestContext } from '../http/index.js'
import {
  type APIService,
  type Availability,
  conditionOf,
  isAvailable,
  nameOf,
  withAvailability,
} from './api-service.js'
import { AutoRegistration, type LocalVersion } from './auto-registration.js'
import { checkAvailability, localAvailability } from './availability.js'
import { Backend, type ClientCertificate } from './backend.js'
import { type ProxyOptions, proxyToBackend } from './proxy-to-backend.js'
import { RemoteDiscovery, type RemoteVersion } from './remote-discovery.js'
import { type RemoteOpenApi, RemoteOpenApis } from './remote-openapi.js'
import type { Cluster, ServiceResolver } from './service-resolver.js'
import { WorkQueue } from './work-queue.js'

export interface AggregatorOptions extends ProxyOptions {
  readonly cluster: Cluster
  readonly resolve: ServiceResolver
  /** What the server shows to others, undefined: nothing. */
  certificate(): ClientCertificate | undefined
  /** Built-in group versions. */
  readonly builtIn: readonly LocalVersion[]
  /** Writes in the name of the server. */
  readonly writes: {
    create(service: APIService): Promise<void>
    update(name: string, change: (stored: APIService) => APIService): Promise<void>
    /** Of the status alone. `change` returns what it got: nothing to do. */
    updateStatus(name: string, change: (stored: APIService) => APIService): Promise<void>
    delete(name: string, uid: string): Promise<void>
  }
  /** Told, possibly within a commit, that what discovery says has changed. */
  discoveryChanged(): void
  openApiChanged(): void
  /** Told how APIServices are doing. */
  readonly observe: AvailabilityObserver
  now(): number
  failed(what: string, name: string, error: unknown): void
}

export interface AvailabilityObserver {
  /** After every check. */
  checked(name: string, available: boolean): void
  becameUnavailable(name: string, reason: string): void
  forget(name: string): void
}

interface Entry {
  service: APIService
  /** Absent: this server itself serves the group version. */
  backend: Backend | undefined
}

/** A registration as discovery lists it. */
export interface RegisteredVersion {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly groupPriority: number
  readonly versionPriority: number
  readonly remote: RemoteVersion | undefined
}

const resyncMs = 30_000

/**
 * The APIServices there are and the servers behind them: passes requests on, checks who can be reached, collects what they
 * say about themselves. It is told of every APIService within the commit and reads nothing itself.
 * Source: kube-aggregator pkg/apiserver.
 */
export class Aggregator {
  readonly autoRegistration: AutoRegistration
  readonly discovery: RemoteDiscovery
  readonly openapi: RemoteOpenApis
  readonly #options: AggregatorOptions
  readonly #entries = new Map<string, Entry>()
  /** Names by `/apis/<group>/<version>`, of those with a server of their own. */
  readonly #remote = new Map<string, string>()
  readonly #checks: WorkQueue
  #resync: NodeJS.Timeout | undefined

  constructor(options: AggregatorOptions) {
    this.#options = options
    const { writes, failed, discoveryChanged: changed } = options
    const backend = (name: string) => this.#entries.get(name)?.backend
    const service = (name: string) => this.#entries.get(name)?.service
    this.autoRegistration = new AutoRegistration({
      onStart: options.builtIn,
      stored: service,
      names: () => this.#entries.keys(),
      create: (wanted) => writes.create(wanted),
      update: (name, spec) => writes.update(name, (stored) => ({ ...stored, spec })),
      delete: (name, uid) => writes.delete(name, uid),
      failed: (name, error) => failed('Registering a group version failed', name, error),
    })
    this.discovery = new RemoteDiscovery({
      backend,
      spec: (name) => service(name)?.spec,
      changed,
      failed: (name, error) => failed('Discovery of an aggregated server failed', name, error),
    })
    this.openapi = new RemoteOpenApis({
      backend,
      service,
      changed: options.openApiChanged,
      failed: (name, error) => failed('Loading the OpenAPI document of an aggregated server failed', name, error),
    })
    this.#checks = new WorkQueue({
      workers: 5,
      firstMs: 5,
      maxMs: resyncMs,
      work: (name) => this.#check(name),
      failed: (name, error) => failed('Checking an APIService failed', name, error),
    })
  }

  /** An APIService is stored, in this form. */
  set(object: KubeObject): void {
    const service = object as APIService
    const name = nameOf(service)
    const before = this.#entries.get(name)
    const entry: Entry = { service, backend: before?.backend }
    this.#entries.set(name, entry)
    const anew = before === undefined || connectionOf(before.service) !== connectionOf(service)
    if (anew) this.#connect(name, entry, before?.backend)
    if (entry.backend !== undefined) {
      this.discovery.set(service)
      this.openapi.set(service, anew)
    }
    this.autoRegistration.changed(name)
    this.#checks.add(name)
    if (anew || rankOf(before.service) !== rankOf(service)) this.#options.discoveryChanged()
  }

  delete(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    this.#disconnect(name, entry.service, entry.backend)
    this.#options.observe.forget(name)
    this.autoRegistration.changed(name)
    this.#options.discoveryChanged()
  }

  /** A Service, or an EndpointSlice in its namespace, has changed. @param service undefined: any of the namespace */
  serviceChanged(namespace: string, service?: string): void {
    if (this.#remote.size === 0) return
    for (const [name, { backend }] of this.#entries) {
      if (backend?.service.namespace !== namespace) continue
      if (service === undefined || backend.service.name === service) this.#checks.add(name)
    }
  }

  /** The certificate that is shown to servers is another one: new connections show it. */
  reconnect(): void {
    for (const [name, entry] of this.#entries) {
      if (entry.backend === undefined) continue
      this.#connect(name, entry, entry.backend)
      this.#checks.add(name)
    }
  }

  /** Begins to check and to write. */
  startChecks(): void {
    this.#checks.start()
    this.#resync = setInterval(() => {
      for (const [name, { backend }] of this.#entries) if (backend !== undefined) this.#checks.add(name)
    }, resyncMs).unref()
  }

  close(): void {
    clearInterval(this.#resync)
    this.#checks.close()
    this.autoRegistration.close()
    this.discovery.close()
    this.openapi.close()
    for (const { backend } of this.#entries.values()) backend?.close()
  }

  /** The handler of a request for a server behind an APIService, undefined for all others. */
  route(context: RequestContext): Handler | undefined {
    if (this.#remote.size === 0) return undefined
    const name = this.#nameFor(context.info.path)
    const entry = name === undefined ? undefined : this.#entries.get(name)
    if (entry?.backend === undefined) return undefined
    const { service, backend } = entry
    return (request) => proxyToBackend(request, backend, isAvailable(service), this.#options)
  }

  /** All group versions in no particular order, those that will be registered in a moment among them. */
  get versions(): RegisteredVersion[] {
    const all = Array.from(this.#entries.values(), ({ service, backend }) =>
      registered(service, backend === undefined ? undefined : this.discovery.get(nameOf(service))),
    )
    for (const service of this.autoRegistration.pending()) all.push(registered(service, undefined))
    return all
  }

  /** The OpenAPI documents of others, the best ranked first. */
  get openApis(): RemoteOpenApi[] {
    return this.openapi.all.sort(
      ({ service: a }, { service: b }) =>
        b.spec.groupPriorityMinimum - a.spec.groupPriorityMinimum ||
        b.spec.versionPriority - a.spec.versionPriority ||
        (nameOf(a) < nameOf(b) ? -1 : 1),
    )
  }

  #nameFor(path: string): string | undefined {
    if (path.startsWith('/apis/')) {
      const version = path.indexOf('/', '/apis/'.length)
      if (version < 0) return undefined
      const end = path.indexOf('/', version + 1)
      return this.#remote.get(end < 0 ? path : path.slice(0, end))
    }
    if (path === '/api' || path.startsWith('/api/')) return this.#remote.get('/api')
    if (!path.startsWith('/openapi/v3/')) return undefined
    const document = path.slice('/openapi/v3/'.length)
    const own = this.#remote.get(`/${document}`)
    if (own !== undefined) return this.openapi.get(own)?.v3.has(document) ? own : undefined
    if (this.#options.servesDocument(document)) return undefined
    return [...this.#remote.values()].find((name) => this.openapi.get(name)?.v3.has(document))
  }

  #connect(name: string, entry: Entry, before: Backend | undefined): void {
    const { service } = entry
    if (before !== undefined) before.retire()
    if (service.spec.service === undefined) {
      entry.backend = undefined
      if (before !== undefined) this.#disconnect(name, service, before)
      return
    }
    entry.backend = new Backend(service.spec, this.#options.resolve, this.#options.certificate())
    this.#remote.set(pathOf(service), name)
  }

  #disconnect(name: string, service: APIService, backend: Backend | undefined): void {
    if (backend === undefined) return
    backend.retire()
    this.#remote.delete(pathOf(service))
    this.discovery.delete(name)
    this.openapi.delete(name)
  }

  async #check(name: string): Promise<void> {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    const { service, backend } = entry
    if (backend === undefined) return this.#conclude(name, localAvailability)
    const { availability, retry } = await checkAvailability(service, backend, this.#options.cluster)
    // Whatever has changed meanwhile is checked by itself.
    if (this.#entries.get(name)?.backend !== backend) return
    await this.#conclude(name, availability)
    if (retry) throw new Error(availability.message)
  }

  async #conclude(name: string, availability: Availability): Promise<void> {
    const { observe, writes, now } = this.#options
    const service = this.#entries.get(name)?.service
    if (service === undefined) return
    const available = availability.status === 'True'
    observe.checked(name, available)
    const time = rfc3339(now())
    if (withAvailability(service, availability, time) === service) return
    await writes.updateStatus(name, (stored) =>
      stored.metadata.uid === service.metadata.uid ? withAvailability(stored, availability, time) : stored,
    )
    if (!available && conditionOf(service)?.status === 'True') observe.becameUnavailable(name, availability.reason)
  }
}

const pathOf = ({ spec: { group = '', version = '' } }: APIService): string =>
  group === '' ? '/api' : `/apis/${group}/${version}`

/** What decides to whom connections are made, and how. */
const connectionOf = ({ spec, metadata }: APIService): string =>
  JSON.stringify([metadata.uid, spec.service, spec.caBundle, spec.insecureSkipTLSVerify])

const rankOf = ({ spec }: APIService): string => `${spec.groupPriorityMinimum} ${spec.versionPriority}`

const registered = (service: APIService, remote: RemoteVersion | undefined): RegisteredVersion => {
  const { group = '', version = '', groupPriorityMinimum, versionPriority } = service.spec
  return { name: nameOf(service), group, version, groupPriority: groupPriorityMinimum, versionPriority, remote }
}
