import type { RbacAuthorizer, RbacKind } from '../authz/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { Change, Store, Subscription } from '../store/index.js'

const kinds: readonly (readonly [resource: string, kind: RbacKind])[] = [
  ['roles', 'Role'],
  ['clusterroles', 'ClusterRole'],
  ['rolebindings', 'RoleBinding'],
  ['clusterrolebindings', 'ClusterRoleBinding'],
]

/** Keeps an RBAC authorizer's picture of roles and bindings true: first what is stored, then every change as it is committed. */
export function feedRbac(
  authorizer: RbacAuthorizer,
  registries: ReadonlyMap<string, GenericRegistry>,
  store: Store,
): Subscription {
  const subscriptions = kinds.flatMap(([resource, kind]) => {
    const registry = registries.get(`rbac.authorization.k8s.io/${resource}`)
    return registry === undefined ? [] : [follow(authorizer, kind, registry, store)]
  })
  return {
    close() {
      for (const subscription of subscriptions) subscription.close()
    },
  }
}

function follow(authorizer: RbacAuthorizer, kind: RbacKind, registry: GenericRegistry, store: Store): Subscription {
  const at = store.revision
  const { prefix } = registry
  for (const record of store.scan({ start: prefix, end: `${prefix.slice(0, -1)}0` }, { at }))
    authorizer.set(kind, registry.parse(record))
  return store.changes(prefix, at, {
    changed(changes: readonly Change[]) {
      for (const change of changes) {
        const object = registry.parse(change.record)
        if (change.kind !== 'deleted') authorizer.set(kind, object)
        else authorizer.delete(kind, object.metadata.namespace ?? '', object.metadata.name ?? '')
      }
    },
  })
}
