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
  selector?: LabelSelectorSpec
  maxUnavailable?: number | string
  unhealthyPodEvictionPolicy?: string
}

export const poddisruptionbudgets: ResourceRules = {
  // Upstream checks the name as it does every object's, and no further.
  name: 'pathSegment',
  generation: true,
  allowUnconditionalUpdate: false,
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
