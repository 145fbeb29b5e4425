import {
  child,
  FieldErrors,
  index,
  isPathSegmentName,
  type LabelSelectorSpec,
  validateLabelSelector,
  validateObjectMeta,
} from '../../api/index.js'
import { readSelector } from '../apps/selectors.js'
import type { NameRule, ResourceRules } from '../rules.js'

interface PolicyRule {
  verbs?: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

/** Names of roles and bindings may hold colons: `system:node`. Prefixes are judged as names. */
export const rbacName: NameRule = (name) => isPathSegmentName(name)

export const roles: ResourceRules = {
  name: rbacName,
  allowCreateOnUpdate: true,
  validate({ rules }, errors) {
    validateRules(rules, true, errors)
  },
  validateUpdate({ metadata, rules }, _, errors) {
    validateObjectMeta(metadata, { namespaced: true, name: rbacName }, 'metadata', errors)
    validateRules(rules, true, errors)
  },
}

export const clusterroles: ResourceRules = {
  name: rbacName,
  allowCreateOnUpdate: true,
  validate({ rules, aggregationRule }, errors) {
    validateRules(rules, false, errors)
    if (aggregationRule) validateAggregation(aggregationRule.clusterRoleSelectors, false, errors)
  },
  validateUpdate({ metadata, rules, aggregationRule }, old, errors) {
    validateObjectMeta(metadata, { namespaced: false, name: rbacName }, 'metadata', errors)
    validateRules(rules, false, errors)
    if (!aggregationRule) return
    const oldErrors = new FieldErrors()
    for (const selector of selectorsOf(old.aggregationRule)) validateLabelSelector(selector, oldErrors, '')
    validateAggregation(aggregationRule.clusterRoleSelectors, !oldErrors.empty, errors)
  },
}

const selectorsOf = (aggregation: { clusterRoleSelectors?: LabelSelectorSpec[] } | undefined): LabelSelectorSpec[] =>
  aggregation?.clusterRoleSelectors ?? []

function validateRules(rules: readonly PolicyRule[] | undefined, namespaced: boolean, errors: FieldErrors): void {
  rules?.forEach((rule, i) => {
    validateRule(rule, namespaced, index('rules', i), errors)
  })
}

/** Source: ValidatePolicyRule. */
function validateRule(rule: PolicyRule, namespaced: boolean, path: string, errors: FieldErrors): void {
  const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = rule
  if (!verbs?.length) errors.required(child(path, 'verbs'), 'verbs must contain at least one value')
  if (nonResourceURLs?.length) {
    const at = child(path, 'nonResourceURLs')
    if (namespaced) errors.invalid(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs')
    if (apiGroups?.length || resources?.length || resourceNames?.length)
      errors.invalid(at, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs')
    return
  }
  if (!apiGroups?.length) errors.required(child(path, 'apiGroups'), 'resource rules must supply at least one api group')
  if (!resources?.length) errors.required(child(path, 'resources'), 'resource rules must supply at least one resource')
}

function validateAggregation(
  selectors: readonly LabelSelectorSpec[] | undefined,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  const path = 'aggregationRule.clusterRoleSelectors'
  if (!selectors?.length)
    errors.required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')
  selectors?.forEach((selector, i) => {
    validateLabelSelector(selector, errors, index(path, i), { allowInvalidValues })
    if (readSelector(selector) === undefined) errors.invalid(index(path, i), null, 'invalid label selector.')
  })
}
