import {
  atMost100Percent,
  conditions,
  FieldErrors,
  intOrPercent,
  type LabelSelectorSpec,
  optionalOneOf,
  validateLabelSelector,
} from '../../api/index.js'
import { countsNonNegative } from '../apps/status.js'
import type { ResourceRules } from '../rules.js'

interface PodDisruptionBudgetSpec {
  minAvailable?: number | string
  selector?: LabelSelectorSpec | null
  maxUnavailable?: number | string
  unhealthyPodEvictionPolicy?: string
}

export const poddisruptionbudgets: ResourceRules = {
  // Upstream checks the name as it does every object's, and no further.
  name: 'pathSegment',
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: { v1: ({ spec }) => dropBetaLabel(spec ?? {}) },
  validate({ spec }, errors) {
    validateSpec(spec ?? {}, false, errors)
  },
  validateUpdate({ spec }, old, errors) {
    const oldErrors = new FieldErrors()
    validateLabelSelector(old.spec?.selector, oldErrors, '')
    validateSpec(spec ?? {}, !oldErrors.empty, errors)
  },
  validateStatusUpdate(object, _old, errors) {
    const status = object.status ?? {}
    conditions(errors, 'status.conditions', status.conditions)
    countsNonNegative(errors, 'status', status, counts)
  },
}

/** In v1beta1 an empty selector selected nothing; requirements of this label stood for what only the other version could say. */
const betaLabel = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'

/** Takes them from the selector, unless one of them is all there is and selects nothing. Source: pkg/apis/policy/v1/conversion.go. */
function dropBetaLabel(spec: PodDisruptionBudgetSpec): void {
  const { selector } = spec
  const requirements = selector?.matchExpressions ?? []
  const ofLabel = requirements.filter(({ key }) => key === betaLabel)
  if (selector == null || ofLabel.length === 0) return
  const matchesNone =
    requirements.length === 1 &&
    requirements[0]!.operator === 'Exists' &&
    !requirements[0]!.values?.length &&
    Object.keys(selector.matchLabels ?? {}).length === 0
  if (matchesNone) return
  const others = requirements.filter(({ key }) => key !== betaLabel)
  if (others.length > 0) spec.selector = { ...selector, matchExpressions: others }
  else {
    const { matchExpressions: _, ...rest } = selector
    spec.selector = rest
  }
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']

/** Source: ValidatePodDisruptionBudgetSpec. */
function validateSpec(spec: PodDisruptionBudgetSpec, allowInvalidValues: boolean, errors: FieldErrors): void {
  const { minAvailable, selector, maxUnavailable, unhealthyPodEvictionPolicy } = spec
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const told = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
    }
    errors.invalid('spec', told, 'minAvailable and maxUnavailable cannot be both set')
  }
  intOrPercent(errors, 'spec.minAvailable', minAvailable)
  atMost100Percent(errors, 'spec.minAvailable', minAvailable)
  intOrPercent(errors, 'spec.maxUnavailable', maxUnavailable)
  atMost100Percent(errors, 'spec.maxUnavailable', maxUnavailable)
  validateLabelSelector(selector, errors, 'spec.selector', { allowInvalidValues })
  optionalOneOf(errors, 'spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, evictionPolicies)
}

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget']
