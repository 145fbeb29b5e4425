import { child, each, type FieldErrors, oneOf, required, validateObjectMeta } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { defaultPolicy } from './defaults.js'
import { expression } from './expressions.js'
import { reinvocationPolicies } from './match-rules.js'
import { validatePolicySpec } from './policy-spec.js'
import { refuseStaticSuffix, staticSuffixWarnings } from './static-suffix.js'
import type { MutatingPolicySpec, Mutation } from './types.js'

export const mutatingadmissionpolicies: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultPolicy, v1beta1: defaultPolicy, v1alpha1: defaultPolicy },
  validate(policy, errors, context) {
    validateSpec(policy.spec ?? {}, undefined, errors)
    refuseStaticSuffix(policy, errors, context)
  },
  validateUpdate({ metadata, spec }, old, errors) {
    validateObjectMeta(metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSpec(spec ?? {}, old.spec ?? {}, errors)
  },
  warnings: staticSuffixWarnings,
}

function validateSpec(spec: MutatingPolicySpec, old: MutatingPolicySpec | undefined, errors: FieldErrors): void {
  validatePolicySpec(spec, old, true, errors)
  required(errors, 'spec.mutations', spec.mutations, 'mutations must contain at least one item')
  each('spec.mutations', spec.mutations, (mutation, at) => validateMutation(mutation, at, errors))
  if (required(errors, 'spec.reinvocationPolicy', spec.reinvocationPolicy))
    oneOf(errors, 'spec.reinvocationPolicy', spec.reinvocationPolicy, reinvocationPolicies)
}

const patchFields = [
  ['JSONPatch', 'jsonPatch', 'applyConfiguration'],
  ['ApplyConfiguration', 'applyConfiguration', 'jsonPatch'],
] as const

function validateMutation(mutation: Mutation, at: string, errors: FieldErrors): void {
  const { patchType } = mutation
  if (!required(errors, child(at, 'patchType'), patchType)) return
  const mine = patchFields.find(([type]) => type === patchType)
  if (mine === undefined) {
    oneOf(errors, child(at, 'patchType'), patchType, ['ApplyConfiguration', 'JSONPatch'])
    return
  }
  const [type, field, other] = mine
  const patch = mutation[field]
  if (patch) expression(errors, child(at, `${field}.expression`), patch.expression)
  else errors.required(child(at, field), `must be specified when patchType is ${type}`)
  if (mutation[other]) errors.invalid(child(at, other), `{${other}}`, `must not be specified when patchType is ${type}`)
}
