import type { ResourceRules } from '../rules.js'
import { clusterrolebindings, rolebindings } from './bindings.js'
import { clusterroles, roles } from './roles.js'

/** rbac.authorization.k8s.io's resources that have rules of their own. */
export const rbac: Readonly<Record<string, ResourceRules>> = { roles, clusterroles, rolebindings, clusterrolebindings }
