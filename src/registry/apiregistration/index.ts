import type { ResourceRules } from '../rules.js'
import { apiservices } from './apiservices.js'

/** The apiregistration.k8s.io group's resources that have rules of their own. */
export const apiregistration: Readonly<Record<string, ResourceRules>> = { apiservices }
