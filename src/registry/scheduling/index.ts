import type { ResourceRules } from '../rules.js'
import { podgroups } from './podgroups.js'
import { priorityclasses } from './priorityclasses.js'
import { workloads } from './workloads.js'

/** scheduling.k8s.io's resources that have rules of their own. */
export const scheduling: Readonly<Record<string, ResourceRules>> = { podgroups, priorityclasses, workloads }
