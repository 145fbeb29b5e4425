import type { ResourceRules } from '../rules.js'

import { defaultPolicy } from './defaults.js'
import { staticSuffixWarnings } from './static-suffix.js'

export const mutatingadmissionpolicies: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultPolicy, v1beta1: defaultPolicy, v1alpha1: defaultPolicy },
  warnings: staticSuffixWarnings,
}
