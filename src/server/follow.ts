import type { KubeObject } from '../api/index.js'
import type { GenericRegistry } from '../registry/index.js'
import { type Change, prefixRange, type Store, type Subscription } from '../store/index.js'

/** Somebody who keeps a picture of stored objects. */
export interface Follower {
  set(object: KubeObject): void
  delete(namespace: string, name: string): void
}

/** Tells of all objects of a resource: first what is stored, then every change as it is committed. */
export function follow(registry: GenericRegistry, store: Store, follower: Follower): Subscription {
  const at = store.revision
  const { prefix } = registry
  for (const record of store.scan(prefixRange(prefix), { at })) follower.set(registry.parse(record))
  return store.changes(prefix, at, {
    changed(changes: readonly Change[]) {
      for (const change of changes) {
        const object = registry.parse(change.record)
        if (change.kind !== 'deleted') follower.set(object)
        else follower.delete(object.metadata.namespace ?? '', object.metadata.name ?? '')
      }
    },
  })
}

/** Several subscriptions as one. */
export const together = (subscriptions: readonly Subscription[]): Subscription => ({
  close() {
    for (const subscription of subscriptions) subscription.close()
  },
})
