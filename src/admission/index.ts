// What other folders may use of admission/.
export {
  type AdmissionAttributes,
  AdmissionChain,
  type AdmissionObserver,
  type AdmissionPlugin,
  type Observe,
  type Operation,
  type RequestTime,
  type Step,
} from './admission.js'
export type { Access, AccessQuestion, Authorize } from './authorization.js'
export { CachedObjects } from './cached-objects.js'
export { type AdmissionConfiguration, readAdmissionConfiguration } from './configuration/configuration.js'
export type { Decide } from './expressions/checks.js'
export type { ObjectViews, ResourceView } from './object-views.js'
export type { ObjectReader } from './objects.js'
export {
  admissionPluginNames,
  enabledPluginNames,
  makePlugins,
  type PluginEnvironment,
} from './plugin-table.js'
export type { MapKind, ResourceMapping } from './plugins/owner-references.js'
export type { PodSecurityObserver } from './pod-security/observer.js'
export type { LevelVersion } from './pod-security/policy.js'
export type { PolicyErrorType, PolicyObserver } from './policy/observer.js'
export type { FindParamKind, ParamResource } from './policy/params.js'
export type { SaveQuotas } from './resource-quota/resource-quota.js'
export type { WebhookObserver, WebhookStep } from './webhook/observer.js'
