import { type FieldErrors, validateObjectMeta } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { defaultAlphaBinding, defaultBinding } from './defaults.js'
import { validateMutatingOperations } from './match-rules.js'
import { validateBindingSpec } from './policy-spec.js'
import { refuseStaticSuffix, staticSuffixWarnings } from './static-suffix.js'
import type { BindingSpec } from './types.js'

export const mutatingadmissionpolicybindings: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultBinding, v1beta1: defaultBinding, v1alpha1: defaultAlphaBinding },
  validate(binding, errors, context) {
    validateSpec(binding.spec ?? {}, errors)
    refuseStaticSuffix(binding, errors, context)
  },
  validateUpdate({ metadata, spec }, _, errors) {
    validateObjectMeta(metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSpec(spec ?? {}, errors)
  },
  warnings: staticSuffixWarnings,
}

function validateSpec(spec: BindingSpec, errors: FieldErrors): void {
  validateBindingSpec(spec, errors)
  validateMutatingOperations(spec.matchResources, 'spec.matchResources', errors)
}
