import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { defaultPolicy } from './defaults.js'
import { staticSuffixWarnings } from './static-suffix.js'

export const validatingadmissionpolicies: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultPolicy },
  warnings: staticSuffixWarnings,
  resetFields: { status: ['spec', 'metadata'] },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
}
