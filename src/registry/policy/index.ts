import type { ResourceRules } from '../rules.js'
import { poddisruptionbudgets } from './poddisruptionbudgets.js'

/** The policy group's resources that have rules of their own. */
export const policy: Readonly<Record<string, ResourceRules>> = { poddisruptionbudgets }
