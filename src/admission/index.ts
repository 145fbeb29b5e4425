// What other folders may use of admission/.
export { type AdmissionAttributes, AdmissionChain, type AdmissionPlugin, type Operation } from './admission.js'
export type { AccessQuestion, Authorize } from './authorization.js'
export { CachedObjects } from './cached-objects.js'
export type { ObjectReader } from './objects.js'
export {
  admissionPluginNames,
  enabledPluginNames,
  makePlugins,
  missingAdmissionPlugins,
  type PluginEnvironment,
} from './plugin-table.js'
export type { SaveQuotas } from './resource-quota/resource-quota.js'
