import type { ResourceRules } from '../rules.js'
import { deployments } from './deployments.js'

/** The apps group's resources that have rules of their own. */
export const apps: Readonly<Record<string, ResourceRules>> = { deployments }
