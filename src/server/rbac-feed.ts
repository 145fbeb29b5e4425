import type { RbacAuthorizer, RbacKind } from '../authz/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { Subscription } from '../store/index.js'
import { follow, together } from './follow.js'

const kinds: readonly (readonly [resource: string, kind: RbacKind])[] = [
  ['roles', 'Role'],
  ['clusterroles', 'ClusterRole'],
  ['rolebindings', 'RoleBinding'],
  ['clusterrolebindings', 'ClusterRoleBinding'],
]

/** Keeps an RBAC authorizer's picture of roles and bindings true. */
export function feedRbac(authorizer: RbacAuthorizer, registries: ReadonlyMap<string, GenericRegistry>): Subscription {
  const subscriptions = kinds.flatMap(([resource, kind]) => {
    const registry = registries.get(`rbac.authorization.k8s.io/${resource}`)
    if (registry === undefined) return []
    return follow(registry, {
      set: (object) => authorizer.set(kind, object),
      delete: (namespace, name) => authorizer.delete(kind, namespace, name),
    })
  })
  return together(subscriptions)
}
