import type { SaveQuotas } from '../admission/index.js'
import { copyJson } from '../api/index.js'
import { fieldManagerOf } from '../endpoints/index.js'
import { encodeForRegistry, fromStoreError, type GenericRegistry } from '../registry/index.js'
import { StoreError, type Write } from '../store/index.js'

/** Writes the status of quotas in one commit, tracked as the server's own. */
export function saveQuotas(registry: GenericRegistry, now: () => number): SaveQuotas {
  const { version } = registry.storage
  const manager = fieldManagerOf(registry.resource, version, 'status', now)
  return async (changes) => {
    const writes: Write[] = []
    for (const { old, next } of changes) {
      const { name = '', namespace = '', resourceVersion } = old.metadata
      const tracked = manager.update(copyJson(old), copyJson(next), 'kube-apiserver')
      const { value } = await encodeForRegistry(registry, tracked)
      const key = registry.key(namespace, name)
      writes.push({ prefix: registry.prefix, key, expect: Number(resourceVersion), value })
    }
    try {
      return (await registry.environment.store.commit(writes)).kind === 'committed'
    } catch (error) {
      throw error instanceof StoreError ? fromStoreError(error) : error
    }
  }
}
