import { each, type FieldErrors, oneOf, required, validateObjectMeta } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { defaultBinding } from './defaults.js'

import { validateBindingSpec } from './policy-spec.js'
import { refuseStaticSuffix, staticSuffixWarnings } from './static-suffix.js'
import type { BindingSpec } from './types.js'

export const validatingadmissionpolicybindings: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultBinding },
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
  const actions = spec.validationActions ?? []
  const seen = new Set<string>()
  each('spec.validationActions', actions, (action, at) => {
    oneOf(errors, at, action, ['Audit', 'Deny', 'Warn'])
    if (seen.has(action)) errors.duplicate(at, action)
    seen.add(action)
  })
  if (seen.has('Deny') && seen.has('Warn')) {
    const detail =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
    errors.invalid('spec.validationActions', actions, detail)
  }
  required(errors, 'spec.validationActions', actions, 'at least one validation action is required')
}
