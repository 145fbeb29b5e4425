import type { ResourceRules } from '../rules.js'
import { endpointslices } from './endpointslices.js'

/** discovery.k8s.io's resources that have rules of their own. */
export const discovery: Readonly<Record<string, ResourceRules>> = { endpointslices }
