import { type APIService, isAvailable, nameOf } from './api-service.js'
import type { Backend } from './backend.js'
import { isObject, members, readSwagger, type Swagger } from './swagger.js'
import { swaggerV3 } from './swagger-v3.js'
import { WorkQueue } from './work-queue.js'

/** What a server behind an APIService says about its group version. */
export interface RemoteOpenApi {
  readonly service: APIService
  /** Undefined: nothing, or not known yet. */
  readonly v2: Swagger | undefined
  /** Where its documents of version 3 are, by name: `apis/<group>/<version>`. They are passed on from there. */
  readonly v3: ReadonlyMap<string, string>
  /** Made of version 2 if the server has no other: its document of version 3, whose name is that of the group version. */
  readonly converted: Swagger | undefined
}

export interface RemoteOpenApisOptions {
  backend(name: string): Backend | undefined
  service(name: string): APIService | undefined
  changed(): void
  failed(name: string, error: unknown): void
}

interface Known {
  readonly openapi: RemoteOpenApi
  readonly etag: string
}

const refreshMs = 60_000
const timeoutMs = 60_000
const maxBytes = 16 * 1024 * 1024
const user = { name: 'system:aggregator', groups: [] }

/**
 * Keeps the OpenAPI documents of the servers behind APIServices: as they were last, if a server cannot be asked.
 * Source: kube-aggregator pkg/controllers/openapi and openapiv3.
 */
export class RemoteOpenApis {
  readonly #options: RemoteOpenApisOptions
  readonly #known = new Map<string, Known>()
  readonly #usable = new Set<string>()
  readonly #queue: WorkQueue

  constructor(options: RemoteOpenApisOptions) {
    this.#options = options
    this.#queue = new WorkQueue({
      workers: 2,
      firstMs: 1_000,
      maxMs: refreshMs,
      work: (name) => this.#work(name),
      failed: (name, error) => options.failed(name, error),
    })
  }

  start(): void {
    this.#queue.start()
  }

  close(): void {
    this.#queue.close()
  }

  /** @param anew whether the server may be another than before */
  set(service: APIService, anew: boolean): void {
    const name = nameOf(service)
    const usable = isAvailable(service)
    if (usable && (anew || !this.#usable.has(name))) {
      this.#queue.forget(name)
      this.#queue.add(name)
    }
    if (usable) this.#usable.add(name)
    else this.#usable.delete(name)
  }

  delete(name: string): void {
    this.#usable.delete(name)
    this.#queue.forget(name)
    if (this.#known.delete(name)) this.#options.changed()
  }

  get(name: string): RemoteOpenApi | undefined {
    return this.#known.get(name)?.openapi
  }

  get all(): RemoteOpenApi[] {
    return Array.from(this.#known.values(), ({ openapi }) => openapi)
  }

  async #work(name: string): Promise<void> {
    const backend = this.#options.backend(name)
    const service = this.#options.service(name)
    if (backend === undefined || service === undefined || !this.#usable.has(name)) return
    const found = await this.#fetch(name, service, backend)
    // It may have gone meanwhile.
    if (this.#options.backend(name) !== backend) return
    const before = this.#known.get(name)
    this.#known.set(name, found)
    if (!same(before?.openapi, found.openapi)) this.#options.changed()
    this.#queue.addAfter(name, refreshMs)
  }

  async #fetch(name: string, service: APIService, backend: Backend): Promise<Known> {
    const before = this.#known.get(name)
    const { group = '', version = '' } = service.spec
    const index = await backend.get('/openapi/v3', { user, timeoutMs, maxBytes })
    if (index.status !== 200 && index.status !== 404) throw new Error(`/openapi/v3 was answered ${index.status}`)
    const v3 = index.status === 200 ? documentsOf(index.body, group, version) : new Map<string, string>()
    const etag = before?.etag ?? ''
    const spec = await backend.get('/openapi/v2', { user, accept: 'application/json', etag, timeoutMs, maxBytes })
    const whole = (v2: Swagger | undefined): RemoteOpenApi => ({
      service,
      v3,
      v2,
      converted:
        index.status === 404 && v2 !== undefined
          ? before?.openapi.v2 === v2
            ? before.openapi.converted
            : swaggerV3(v2)
          : undefined,
    })
    if (spec.status === 304 && before !== undefined) return { openapi: whole(before.openapi.v2), etag }
    if (spec.status === 404) return { openapi: whole(undefined), etag: '' }
    if (spec.status !== 200) throw new Error(`/openapi/v2 was answered ${spec.status}`)
    return { openapi: whole(readSwagger(spec.body, `/apis/${group}/${version}/`)), etag: spec.etag }
  }
}

/** A server speaks for its own group version only, and for its group. */
function documentsOf(body: Buffer, group: string, version: string): Map<string, string> {
  const index: unknown = JSON.parse(body.toString('utf8'))
  const own = [`apis/${group}`, `apis/${group}/${version}`]
  return new Map(
    members(isObject(index) ? index.paths : undefined).flatMap(([name, { serverRelativeURL: url }]) =>
      own.includes(name) && typeof url === 'string' && url.startsWith('/openapi/v3/') ? [[name, url] as const] : [],
    ),
  )
}

const same = (a: RemoteOpenApi | undefined, b: RemoteOpenApi): boolean =>
  a !== undefined &&
  a.v2 === b.v2 &&
  a.converted === b.converted &&
  a.v3.size === b.v3.size &&
  [...a.v3].every(([name, url]) => b.v3.get(name) === url)
