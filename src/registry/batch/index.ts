import type { ResourceRules } from '../rules.js'
import { cronjobs } from './cronjobs.js'
import { jobs } from './jobs.js'

/** The batch group's resources that have rules of their own. */
export const batch: Readonly<Record<string, ResourceRules>> = { cronjobs, jobs }
