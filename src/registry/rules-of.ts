import { apps } from './apps/index.js'
import { core } from './core/index.js'
import { rbac } from './rbac/index.js'
import type { ResourceRules } from './rules.js'

const none: ResourceRules = {}

/** By group, then by resource. A kind that is not here has no rules of its own. */
const byGroup: Readonly<Record<string, Readonly<Record<string, ResourceRules>>>> = {
  '': core,
  apps,
  'rbac.authorization.k8s.io': rbac,
}

export const rulesOf = (group: string, resource: string): ResourceRules => byGroup[group]?.[resource] ?? none
