import type { ResourceRules } from '../rules.js'
import { leasecandidates } from './leasecandidates.js'
import { leases } from './leases.js'

/** coordination.k8s.io's resources that have rules of their own. */
export const coordination: Readonly<Record<string, ResourceRules>> = { leasecandidates, leases }
