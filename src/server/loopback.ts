import { ApiError, copyJson, type KubeObject, notFound } from '../api/index.js'
import type { FieldManager } from '../apply/index.js'
import { fieldManagerOf } from '../endpoints/index.js'
import type { UserInfo } from '../http/index.js'
import type { GenericRegistry, WriteRequest } from '../registry/index.js'
import { prefixRange } from '../store/index.js'

/** The server itself, as it appears to admission and in managedFields. Source: apiserver pkg/authentication/user. */
export const self: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }
const manager = 'kube-apiserver'

/**
 * The server's own client: writes through the registries as any other client's requests do, without the network between.
 * Upstream: the loopback client configuration.
 */
export class Loopback {
  constructor(
    readonly registries: ReadonlyMap<string, GenericRegistry>,
    readonly now: () => number,
  ) {}

  /** @param resource `group/plural`, `/pods` for the core group; throws if nothing of it is served */
  registry(resource: string): GenericRegistry {
    const found = this.registries.get(resource)
    if (found === undefined) throw new Error(`${resource} is not served`)
    return found
  }

  serves(resource: string): boolean {
    return this.registries.has(resource)
  }

  find(resource: string, namespace: string, name: string): KubeObject | undefined {
    const registry = this.registry(resource)
    const record = registry.find(namespace, name)
    return record === undefined ? undefined : registry.parse(record)
  }

  /** All objects of a resource of the cluster. */
  *list(resource: string): Iterable<KubeObject> {
    const registry = this.registry(resource)
    for (const record of [...registry.environment.store.scan(prefixRange(registry.prefix))])
      yield registry.parse(record)
  }

  /** An object in the storage version with its defaults. */
  completed(resource: string, object: KubeObject): KubeObject {
    return this.#complete(this.registry(resource), object)
  }

  /** Creates an object given in the storage version; leaves one that is already there alone. @param by the field manager */
  async ensure(resource: string, object: KubeObject, by = manager): Promise<void> {
    const registry = this.registry(resource)
    const { namespace = '', name = '' } = object.metadata
    if (registry.find(namespace, name) !== undefined) return
    const whole = this.#complete(registry, object)
    const tracked = this.#manager(registry).update(undefined, whole, by)
    try {
      await registry.create(tracked, this.#request(namespace))
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
    }
  }

  /** Creates an object, or makes the stored one what `change` returns; nothing is written where nothing differs. */
  async reconcile(
    resource: string,
    wanted: KubeObject,
    change: (stored: KubeObject, wanted: KubeObject) => KubeObject,
    by = manager,
  ): Promise<void> {
    const registry = this.registry(resource)
    const { namespace = '', name = '' } = wanted.metadata
    if (registry.find(namespace, name) === undefined) return this.ensure(resource, wanted, by)
    const whole = this.#complete(registry, wanted)
    await registry.update(name, {
      ...this.#request(namespace),
      next: (existing) =>
        existing === undefined
          ? whole
          : this.#manager(registry).update(existing, change(copyJson(existing), copyJson(whole)), by),
    })
  }

  /**
   * Changes a stored object, or its status through that subresource; `change` returns what it got: nothing to do.
   *
   * @throws ApiError NotFound
   */
  async change(
    resource: string,
    namespace: string,
    name: string,
    subresource: '' | 'status',
    change: (stored: KubeObject) => KubeObject,
  ): Promise<void> {
    const registry = this.registry(resource)
    await registry.update(name, {
      ...this.#request(namespace),
      subresource,
      next: (existing) => {
        if (existing === undefined) throw notFound(registry.groupResource, name)
        const changed = change(existing)
        return changed === existing
          ? existing
          : this.#manager(registry, subresource).update(existing, copyJson(changed), manager)
      },
    })
  }

  /** Deletes an object if it still has this uid. Throws ApiError NotFound or Conflict. */
  async delete(resource: string, namespace: string, name: string, uid: string): Promise<void> {
    await this.registry(resource).delete(name, { preconditions: { uid } }, this.#request(namespace))
  }

  /** Applies a status, by force, to an object of the cluster that there is. @throws ApiError NotFound among others */
  async applyStatus(resource: string, name: string, status: unknown, by: string): Promise<void> {
    const registry = this.registry(resource)
    const { version } = registry.storage
    const { apiVersion, kind } = version
    const applied = { apiVersion, kind, metadata: { name }, status }
    await registry.update(name, {
      ...this.#request(''),
      subresource: 'status',
      next: (existing) => this.#manager(registry, 'status').apply(copyJson(existing!), applied, by, true),
    })
  }

  #complete({ storage, environment }: GenericRegistry, object: KubeObject): KubeObject {
    const { kind, apiVersion, shape } = storage.version
    const whole = environment.normalize({ kind, apiVersion, ...copyJson(object) }, shape)
    storage.version.defaults(whole)
    return whole
  }

  readonly #managers = {
    '': new Map<GenericRegistry, FieldManager>(),
    status: new Map<GenericRegistry, FieldManager>(),
  }
  #manager(registry: GenericRegistry, subresource: '' | 'status' = ''): FieldManager {
    const known = this.#managers[subresource].get(registry)
    if (known !== undefined) return known
    const made = fieldManagerOf(registry.resource, registry.storage.version, subresource, this.now)
    this.#managers[subresource].set(registry, made)
    return made
  }

  #request(namespace: string): WriteRequest {
    return { namespace, subresource: '', dryRun: false, user: self, warn() {} }
  }
}
