import type { ResourceRules } from '../rules.js'
import { defaultBetaClaimSpec, defaultClaimSpec } from './defaults.js'

export const resourceclaimtemplates: ResourceRules = {
  returnDeletedObject: true,
  defaults: {
    v1: ({ spec }) => defaultClaimSpec(spec?.spec),
    v1beta2: ({ spec }) => defaultClaimSpec(spec?.spec),
    v1beta1: ({ spec }) => defaultBetaClaimSpec(spec?.spec),
  },
}
