import { child, each, type FieldErrors, oneOf, required, validateObjectMeta } from '../../api/index.js'
import type { Type } from '../../cel/index.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { expressionTools, loadExpressions } from './cel/load-expressions.js'
import { defaultPolicy } from './defaults.js'
import { compiles, expression } from './expressions.js'
import { reinvocationPolicies } from './match-rules.js'
import { hasParams, validatePolicySpec } from './policy-spec.js'
import { refuseStaticSuffix, staticSuffixWarnings } from './static-suffix.js'
import type { MutatingPolicySpec, Mutation } from './types.js'

export const mutatingadmissionpolicies: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: defaultPolicy, v1beta1: defaultPolicy, v1alpha1: defaultPolicy },
  ready: loadExpressions,
  validate(policy, errors, context) {
    validateSpec(policy.spec ?? {}, undefined, errors, context)
    refuseStaticSuffix(policy, errors, context)
  },
  validateUpdate({ metadata, spec }, old, errors, context) {
    validateObjectMeta(metadata, { namespaced: false, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateSpec(spec ?? {}, old.spec ?? {}, errors, context)
  },
  warnings: staticSuffixWarnings,
}

function validateSpec(
  spec: MutatingPolicySpec,
  old: MutatingPolicySpec | undefined,
  errors: FieldErrors,
  { compatibleMinor }: RuleContext,
): void {
  const { ExpressionCompiler } = expressionTools()
  const compiler = new ExpressionCompiler(true, compatibleMinor)
  const previous = new Set(
    (old?.mutations ?? []).map(
      ({ applyConfiguration, jsonPatch }) => (applyConfiguration ?? jsonPatch)?.expression ?? '',
    ),
  )
  validatePolicySpec(spec, old, errors, { mutating: true, compiler, previous, compatibleMinor })
  const compile: Compile = (path, text, type) =>
    compiles(errors, path, text, () =>
      compiler.compile(text, [type], { params: hasParams(spec), authorizer: true, patches: true }, previous.has(text)),
    )
  required(errors, 'spec.mutations', spec.mutations, 'mutations must contain at least one item')
  each('spec.mutations', spec.mutations, (mutation, at) => validateMutation(mutation, at, errors, compile))
  if (required(errors, 'spec.reinvocationPolicy', spec.reinvocationPolicy))
    oneOf(errors, 'spec.reinvocationPolicy', spec.reinvocationPolicy, reinvocationPolicies)
}

type Compile = (path: string, text: string, type: Type) => void

const patchFields = [
  ['JSONPatch', 'jsonPatch', 'applyConfiguration'],
  ['ApplyConfiguration', 'applyConfiguration', 'jsonPatch'],
] as const

function validateMutation(mutation: Mutation, at: string, errors: FieldErrors, compile: Compile): void {
  const { patchType } = mutation
  if (!required(errors, child(at, 'patchType'), patchType)) return
  const mine = patchFields.find(([type]) => type === patchType)
  if (mine === undefined) {
    oneOf(errors, child(at, 'patchType'), patchType, ['ApplyConfiguration', 'JSONPatch'])
    return
  }
  const [type, field, other] = mine
  const patch = mutation[field]
  if (patch) {
    const path = child(at, `${field}.expression`)
    if (expression(errors, path, patch.expression)) compile(path, (patch.expression ?? '').trim(), returnTypeOf(type))
  } else errors.required(child(at, field), `must be specified when patchType is ${type}`)
  if (mutation[other]) errors.invalid(child(at, other), `{${other}}`, `must not be specified when patchType is ${type}`)
}

function returnTypeOf(patchType: string): Type {
  const { configurationObject, jsonPatchType, listOf } = expressionTools()
  return patchType === 'JSONPatch' ? listOf(jsonPatchType) : configurationObject
}
