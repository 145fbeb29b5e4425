import { asSent, child, type FieldErrors, index, quantityNonNegative } from '../../api/index.js'
import type { ScalingRules } from './hpa-types.js'

const period = 15
const limits = { periodSeconds: 1800, stabilizationWindowSeconds: 3600 }
const selectPolicies = ['Disabled', 'Max', 'Min']
const policyTypes = ['Percent', 'Pods']

/** Rules for one direction with what was left out. Source: GenerateHPAScaleUpRules and GenerateHPAScaleDownRules. */
export function withDefaults(rules: ScalingRules | undefined, direction: 'up' | 'down'): ScalingRules {
  const doubled = { type: 'Percent', value: 100, periodSeconds: period }
  const out: ScalingRules = {
    ...(direction === 'up' ? { stabilizationWindowSeconds: 0 } : {}),
    selectPolicy: 'Max',
    policies: direction === 'up' ? [{ type: 'Pods', value: 4, periodSeconds: period }, doubled] : [doubled],
  }
  for (const [field, value] of Object.entries(rules ?? {}))
    if (value !== undefined && value !== null) Object.assign(out, { [field]: value })
  const policies = rules && asSent(rules, 'policies')
  if (policies) out.policies = policies
  return out
}

/** Source: validateScalingRules. */
export function validateScalingRules(rules: ScalingRules, path: string, errors: FieldErrors): void {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules
  const windowPath = child(path, 'stabilizationWindowSeconds')
  if (window !== undefined && window < 0) errors.invalid(windowPath, window, 'must be greater than or equal to zero')
  if (window !== undefined && window > limits.stabilizationWindowSeconds)
    errors.invalid(windowPath, window, `must be less than or equal to ${limits.stabilizationWindowSeconds}`)
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy))
    errors.notSupported(child(path, 'selectPolicy'), selectPolicy, selectPolicies)
  if (policies.length === 0) errors.required(child(path, 'policies'), 'must specify at least one Policy')
  policies.forEach(({ type = '', value = 0, periodSeconds = 0 }, i) => {
    const at = index(child(path, 'policies'), i)
    if (!policyTypes.includes(type)) errors.notSupported(child(at, 'type'), type, policyTypes)
    if (value <= 0) errors.invalid(child(at, 'value'), value, 'must be greater than zero')
    const periodPath = child(at, 'periodSeconds')
    if (periodSeconds <= 0) errors.invalid(periodPath, periodSeconds, 'must be greater than zero')
    if (periodSeconds > limits.periodSeconds)
      errors.invalid(periodPath, periodSeconds, `must be less than or equal to ${limits.periodSeconds}`)
  })
  if (tolerance !== undefined) quantityNonNegative(errors, child(path, 'tolerance'), tolerance)
}
