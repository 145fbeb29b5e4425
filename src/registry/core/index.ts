import type { ResourceRules } from '../rules.js'
import { namespaces } from './namespaces.js'
import { pods } from './pods.js'
import { podtemplates } from './podtemplates.js'
import { replicationcontrollers } from './replicationcontrollers.js'

/** The core group's resources that have rules of their own. */
export const core: Readonly<Record<string, ResourceRules>> = {
  namespaces,
  pods,
  podtemplates,
  replicationcontrollers,
}

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
