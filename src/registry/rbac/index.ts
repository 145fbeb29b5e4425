import type { ResourceRules } from '../rules.js'

/** Names of roles and bindings may hold colons: `system:node`. */
const named: ResourceRules = { name: 'pathSegment', allowCreateOnUpdate: true }

/** rbac.authorization.k8s.io's resources that have rules of their own. */
export const rbac: Readonly<Record<string, ResourceRules>> = {
  roles: named,
  clusterroles: named,
  rolebindings: named,
  clusterrolebindings: named,
}
