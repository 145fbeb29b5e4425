import type { ResourceRules } from '../rules.js'
import { namespaces } from './namespaces.js'

/** The core group's resources that have rules of their own. */
export const core: Readonly<Record<string, ResourceRules>> = { namespaces }
