import type { ResourceRules } from '../rules.js'
import { flowschemas } from './flowschemas.js'
import { prioritylevelconfigurations } from './prioritylevelconfigurations.js'

/** The flowcontrol.apiserver.k8s.io group's resources that have rules of their own. */
export const flowcontrol: Readonly<Record<string, ResourceRules>> = { flowschemas, prioritylevelconfigurations }
