import type { ResourceRules } from '../rules.js'
import { namespaces } from './namespaces.js'

/** The core group's resources that have rules of their own. */
export const core: Readonly<Record<string, ResourceRules>> = { namespaces }

export {
  defaultPodSpec,
  defaultPodTemplate,
  dropDisabledTemplateFields,
  type PodSpec,
  type PodTemplateSpec,
  type PodValidationOptions,
  podTemplateOptions,
  podTemplateWarnings,
  validatePodSpec,
  validatePodTemplateForSelector,
  validatePodTemplateSpec,
} from './pod/index.js'
