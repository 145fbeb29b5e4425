import type { ResourceRules } from '../rules.js'
import { runtimeclasses } from './runtimeclasses.js'

/** node.k8s.io's resources that have rules of their own. */
export const node: Readonly<Record<string, ResourceRules>> = { runtimeclasses }
