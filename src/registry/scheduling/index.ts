import type { ResourceRules } from '../rules.js'
import { priorityclasses } from './priorityclasses.js'

/** scheduling.k8s.io's resources that have rules of their own. */
export const scheduling: Readonly<Record<string, ResourceRules>> = { priorityclasses }
