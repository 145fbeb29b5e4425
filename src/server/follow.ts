import type { KubeObject } from '../api/index.js'
import type { GenericRegistry } from '../registry/index.js'
import { type Change, isUnreadable, prefixRange, type Subscription } from '../store/index.js'

/** Somebody who keeps a picture of stored objects. */
export interface Follower {
  /** Looks at stored bytes before they are parsed: false for objects that it will never need to hear of. Default: all. */
  concerns?(value: Buffer): boolean
  set(object: KubeObject): void
  delete(namespace: string, name: string): void
}

/** Tells of all objects of a resource: first what is stored, then every change as it is committed. */
export function follow(registry: GenericRegistry, follower: Follower): Subscription {
  const { prefix, environment } = registry
  const { store } = environment
  const at = store.revision
  const concerns = (value: Buffer): boolean => follower.concerns?.(value) ?? true
  for (const record of store.scan(prefixRange(prefix), { at }))
    if (!isUnreadable(record) && concerns(record.value)) follower.set(registry.parse(record))
  return store.changes(prefix, at, {
    changed(changes: readonly Change[]) {
      for (const change of changes) {
        if (!concerns(change.record.value)) continue
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
