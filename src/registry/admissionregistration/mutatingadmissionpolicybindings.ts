import type { ResourceRules } from '../rules.js'
import { defaultAlphaBinding, defaultBinding } from './defaults.js'
import { staticSuffixWarnings } from './static-suffix.js'

export const mutatingadmissionpolicybindings: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultBinding, v1beta1: defaultBinding, v1alpha1: defaultAlphaBinding },
  warnings: staticSuffixWarnings,
}
