import { isDeepStrictEqual } from 'node:util'
import { ApiError } from '../api/index.js'
import { type APIService, type APIServiceSpec, nameOf } from './api-service.js'
import { WorkQueue } from './work-queue.js'

/** Says who looks after an APIService: nobody (absent), or the server once (`onstart`) or for ever (`true`). */
export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged'

/** A group version that this server serves itself. */
export interface LocalVersion {
  readonly group: string
  readonly version: string
  readonly groupPriority: number
  readonly versionPriority: number
}

export interface AutoRegistrationOptions {
  /** Built-in ones: their APIServices are made once for each run of the server. */
  readonly onStart: readonly LocalVersion[]
  /** The APIService of that name as stored. */
  stored(name: string): APIService | undefined
  /** Names of all that are stored. */
  names(): Iterable<string>
  create(service: APIService): Promise<void>
  update(name: string, spec: APIServiceSpec): Promise<void>
  /** Deletes it if it still has this uid. */
  delete(name: string, uid: string): Promise<void>
  failed(name: string, error: unknown): void
}

/**
 * Keeps an APIService for each group version that this server serves itself.
 * Source: kube-aggregator pkg/controllers/autoregister, kubernetes pkg/controlplane/controller/crdregistration.
 */
export class AutoRegistration {
  readonly #options: AutoRegistrationOptions
  readonly #wanted = new Map<string, APIService>()
  readonly #synced = new Set<string>()
  readonly #atStart = new Set<string>()
  readonly #queue: WorkQueue
  readonly #settled: Promise<void>
  #settle: () => void = () => {}

  constructor(options: AutoRegistrationOptions) {
    this.#options = options
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#queue = new WorkQueue({
      workers: 16,
      firstMs: 5,
      maxMs: 60_000,
      work: (name) => this.#sync(name),
      failed: (name, error) => options.failed(name, error),
    })
    for (const local of options.onStart) this.#wanted.set(...entryOf(local, 'onstart'))
  }

  /** Begins to write. Everything stored so far counts as left by an earlier run. Resolves when all built-in ones are there. */
  start(): Promise<void> {
    for (const name of this.#options.names()) this.#atStart.add(name)
    for (const name of new Set([...this.#atStart, ...this.#wanted.keys()])) this.#queue.add(name)
    this.#queue.start()
    if (this.missing.length === 0) this.#settle()
    return this.#settled
  }

  close(): void {
    this.#queue.close()
  }

  /** Replaces the group versions whose APIServices are always there, those of custom resources. */
  setContinuous(locals: readonly LocalVersion[]): void {
    // Called for every change of a definition: nothing is made of those that stay.
    const names = new Set<string>()
    for (const local of locals) {
      const name = nameOfLocal(local)
      names.add(name)
      const before = this.#wanted.get(name)
      if (before !== undefined && (managementOf(before) === 'onstart' || isOf(before, local))) continue
      this.#wanted.set(...entryOf(local, 'true'))
      this.#queue.add(name)
    }
    for (const [name, service] of this.#wanted) {
      if (names.has(name) || managementOf(service) !== 'true') continue
      this.#wanted.delete(name)
      this.#queue.add(name)
    }
  }

  /** To be told of every change of an APIService. */
  changed(name: string): void {
    this.#queue.add(name)
  }

  /** APIServices that are not stored yet, but will be in a moment: discovery need not wait for them. */
  *pending(): Generator<APIService> {
    for (const [name, service] of this.#wanted) {
      if (this.#options.stored(name) !== undefined) continue
      if (managementOf(service) === 'true' || !this.#synced.has(name)) yield service
    }
  }

  /** Names of built-in ones that were never made so far. */
  get missing(): string[] {
    return this.#options.onStart.map(nameOfLocal).filter((name) => !this.#synced.has(name))
  }

  async #sync(name: string): Promise<void> {
    await this.#check(name)
    if (this.#synced.has(name)) return
    this.#synced.add(name)
    if (this.missing.length === 0) this.#settle()
  }

  /** Upstream's table of what is wanted against what is there. */
  async #check(name: string): Promise<void> {
    const wanted = this.#wanted.get(name)
    const stored = this.#options.stored(name)
    const synced = this.#synced.has(name)
    if (stored === undefined && wanted === undefined) return
    if (synced && wanted !== undefined && managementOf(wanted) === 'onstart') return
    if (stored === undefined) return this.#options.create(wanted!)
    const management = managementOf(stored)
    if (management === undefined) return
    if (management === 'onstart' && (!this.#atStart.has(name) || synced)) return
    if (wanted === undefined) return unlessChanged(this.#options.delete(name, stored.metadata.uid ?? ''))
    if (isDeepStrictEqual(withoutEmpty(stored.spec), wanted.spec)) return
    await unlessChanged(this.#options.update(name, wanted.spec))
  }
}

const nameOfLocal = ({ group, version }: LocalVersion): string => `${version}.${group}`

const isOf = ({ spec }: APIService, { groupPriority, versionPriority }: LocalVersion): boolean =>
  spec.groupPriorityMinimum === groupPriority && spec.versionPriority === versionPriority

function entryOf(local: LocalVersion, management: 'onstart' | 'true'): [string, APIService] {
  const { group, version, groupPriority, versionPriority } = local
  const service: APIService = {
    metadata: { name: nameOfLocal(local), labels: { [managedLabel]: management } },
    spec: {
      ...(group === '' ? {} : { group }),
      version,
      groupPriorityMinimum: groupPriority,
      versionPriority,
    },
  }
  return [nameOf(service), service]
}

function managementOf({ metadata }: APIService): 'onstart' | 'true' | undefined {
  const value = metadata.labels?.[managedLabel]
  return value === 'onstart' || value === 'true' ? value : undefined
}

const withoutEmpty = ({ group, ...spec }: APIServiceSpec): APIServiceSpec =>
  group === undefined || group === '' ? spec : { group, ...spec }

/** Whoever changed or deleted it meanwhile has brought it back into the queue. */
async function unlessChanged(write: Promise<void>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!(error instanceof ApiError && (error.reason === 'NotFound' || error.reason === 'Conflict'))) throw error
  }
}
