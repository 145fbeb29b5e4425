import {
  child,
  dns1123Subdomain,
  equalJson,
  type FieldErrors,
  isDns1035Label,
  isDns1123Subdomain,
  labelSelector,
  oneOf,
  pathSegment,
  required,
} from '../../api/index.js'
import type { ExpressionCompiler } from './cel/expression-compiler.js'
import { type Previous, validateMatchConditions, validateVariables } from './expressions.js'
import { failurePolicies, validateMatchResources, validateMutatingOperations } from './match-rules.js'
import type { BindingSpec, ParamKind, ParamRef, PolicySpec } from './types.js'

/** What policies of both kinds and their bindings have. Source: kubernetes pkg/apis/admissionregistration/validation. */

export interface PolicyOptions {
  readonly mutating: boolean
  /** Comes to know the variables. */
  readonly compiler: ExpressionCompiler
  readonly previous: Previous
  /** The minor release that has to understand new expressions. */
  readonly compatibleMinor: number | undefined
}

/** @param old of an update: match conditions that it does not touch are not looked at */
export function validatePolicySpec(
  spec: PolicySpec,
  old: PolicySpec | undefined,
  errors: FieldErrors,
  { mutating, compiler, previous, compatibleMinor }: PolicyOptions,
): void {
  const params = hasParams(spec)
  const { failurePolicy, matchConstraints } = spec
  if (failurePolicy === undefined) errors.required('spec.failurePolicy')
  else oneOf(errors, 'spec.failurePolicy', failurePolicy, failurePolicies)
  if (spec.paramKind) validateParamKind(spec.paramKind, 'spec.paramKind', errors)
  if (matchConstraints) {
    validateMatchResources(matchConstraints, 'spec.matchConstraints', errors)
    required(errors, 'spec.matchConstraints.resourceRules', matchConstraints.resourceRules)
  } else errors.required('spec.matchConstraints')
  if (mutating) validateMutatingOperations(matchConstraints, 'spec.matchConstraints', errors)
  const untouched =
    old !== undefined &&
    equalJson(spec.paramKind, old.paramKind) &&
    equalJson(spec.matchConditions ?? [], old.matchConditions ?? [])
  if (!untouched) {
    const conditions = new Set((old?.matchConditions ?? []).map(({ expression = '' }) => expression))
    validateMatchConditions(spec.matchConditions, 'spec.matchConditions', errors, {
      params,
      previous: conditions,
      compatibleMinor,
    })
  }
  validateVariables(spec.variables, 'spec.variables', errors, compiler, params, previous)
}

export const hasParams = ({ paramKind }: PolicySpec): boolean => paramKind !== undefined && paramKind !== null

export function validateBindingSpec({ policyName, paramRef, matchResources }: BindingSpec, errors: FieldErrors): void {
  if (required(errors, 'spec.policyName', policyName)) dns1123Subdomain(errors, 'spec.policyName', policyName)
  if (paramRef) validateParamRef(paramRef, 'spec.paramRef', errors)
  validateMatchResources(matchResources, 'spec.matchResources', errors)
}

function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, at: string, errors: FieldErrors): void {
  if (required(errors, child(at, 'apiVersion'), apiVersion))
    validateVersion(apiVersion, child(at, 'apiVersion'), errors)
  if (!required(errors, child(at, 'kind'), kind)) return
  const wrong = isDns1035Label(kind.toLowerCase())
  if (wrong.length === 0) return
  const detail = `may have mixed case, but should otherwise match: ${wrong.join(',')}`
  errors.invalid(child(at, 'kind'), kind, detail)
}

function validateVersion(apiVersion: string, at: string, errors: FieldErrors): void {
  const parts = apiVersion === '/' ? [''] : apiVersion.split('/')
  if (parts.length > 2) {
    errors.invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
    return
  }
  const group = parts.length === 2 ? parts[0]! : ''
  const version = parts.at(-1)!
  const wrongGroup = group === '' ? [] : isDns1123Subdomain(group)
  if (wrongGroup.length > 0) errors.invalid(at, group, wrongGroup.join(','))
  const wrongVersion = isDns1035Label(version)
  if (version === '') errors.invalid(at, apiVersion, 'version must be specified')
  else if (wrongVersion.length > 0) errors.invalid(at, version, wrongVersion.join(','))
}

function validateParamRef(ref: ParamRef, at: string, errors: FieldErrors): void {
  const { name, selector, parameterNotFoundAction: action } = ref
  const exclusive = 'name and selector are mutually exclusive'
  if (name) pathSegment(errors, child(at, 'name'), name)
  if (name && selector) errors.forbidden(child(at, 'name'), exclusive)
  labelSelector(errors, child(at, 'selector'), selector)
  if (name && selector) errors.forbidden(child(at, 'selector'), exclusive)
  if (!name && !selector) errors.required(at, 'one of name or selector must be specified')
  const own = child(at, 'parameterNotFoundAction')
  if (required(errors, own, action)) oneOf(errors, own, action, ['Deny', 'Allow'], 'given')
}
