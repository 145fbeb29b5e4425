import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { defaultBetaClaimSpec, defaultClaimSpec } from './defaults.js'

export const resourceclaims: ResourceRules = {
  returnDeletedObject: true,
  resetFields: { status: ['metadata', 'spec'] },
  defaults: {
    v1: ({ spec }) => defaultClaimSpec(spec),
    v1beta2: ({ spec }) => defaultClaimSpec(spec),
    v1beta1: ({ spec }) => defaultBetaClaimSpec(spec),
  },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
}
