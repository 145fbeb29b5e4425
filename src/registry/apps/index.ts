import type { ResourceRules } from '../rules.js'
import { controllerrevisions } from './controllerrevisions.js'
import { daemonsets } from './daemonsets.js'
import { deployments } from './deployments.js'
import { replicasets } from './replicasets.js'
import { statefulsets } from './statefulsets.js'

/** The apps group's resources that have rules of their own. */
export const apps: Readonly<Record<string, ResourceRules>> = {
  controllerrevisions,
  daemonsets,
  deployments,
  replicasets,
  statefulsets,
}
