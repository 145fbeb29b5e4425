import type { ResourceRules } from '../rules.js'
import { defaultBinding } from './defaults.js'
import { staticSuffixWarnings } from './static-suffix.js'

export const validatingadmissionpolicybindings: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultBinding },
  warnings: staticSuffixWarnings,
}
