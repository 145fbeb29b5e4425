import type { ResourceRules } from '../rules.js'
import { horizontalpodautoscalers } from './horizontalpodautoscalers.js'

/** The autoscaling group's resources that have rules of their own. */
export const autoscaling: Readonly<Record<string, ResourceRules>> = { horizontalpodautoscalers }
