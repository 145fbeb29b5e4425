import { ApiError, copyJson, type KubeObject, notFound } from '../api/index.js'
import type { FieldManager } from '../apply/index.js'
import { fieldManagerOf } from '../endpoints/index.js'
import type { UserInfo } from '../http/index.js'
import type { GenericRegistry, WriteRequest } from '../registry/index.js'

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

  /** Creates an object given in the storage version; leaves one that is already there alone. */
  async ensure(resource: string, object: KubeObject): Promise<void> {
    const registry = this.registry(resource)
    const { namespace = '', name = '' } = object.metadata
    if (registry.find(namespace, name) !== undefined) return
    const whole = this.#complete(registry, object)
    const tracked = this.#manager(registry).update(undefined, whole, manager)
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
  ): Promise<void> {
    const registry = this.registry(resource)
    const { namespace = '', name = '' } = wanted.metadata
    if (registry.find(namespace, name) === undefined) return this.ensure(resource, wanted)
    const whole = this.#complete(registry, wanted)
    await registry.update(name, {
      ...this.#request(namespace),
      next: (existing) =>
        existing === undefined
          ? whole
          : this.#manager(registry).update(existing, change(copyJson(existing), copyJson(whole)), manager),
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
