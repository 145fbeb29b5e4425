// Pods and pod templates, for all kinds that hold one.
export { defaultPodLevelResources, defaultPodTemplate, roundResourceList } from './defaults.js'
export { dropDisabledTemplateFields } from './disabled-fields.js'
export type { PodValidationOptions } from './options.js'
export { podTemplateOptions } from './ratcheting.js'
export type { Container, EphemeralContainer, PodSpec, PodTemplateSpec, Probe } from './types.js'
export { validatePodTemplateForSelector, validatePodTemplateSpec } from './validate-template.js'
export type { Volume } from './volume-types.js'
export { podTemplateWarnings } from './warnings.js'
