import { child, type FieldErrors, index, positive, validateLabelSelector } from '../../../api/index.js'
import { validateMatchLabelKeys, validateUnmergedLabelKeys } from './label-keys.js'
import type { PodValidationOptions } from './options.js'
import type { TopologySpreadConstraint } from './types.js'

const actions = ['DoNotSchedule', 'ScheduleAnyway']
const policies = ['Honor', 'Ignore']

/** Source: validateTopologySpreadConstraints. */
export function validateTopologySpread(
  constraints: readonly TopologySpreadConstraint[],
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  constraints.forEach((constraint, i) => {
    const at = index(path, i)
    const { topologyKey = '', whenUnsatisfiable: action = '', minDomains, matchLabelKeys, labelSelector } = constraint
    positive(errors, child(at, 'maxSkew'), constraint.maxSkew ?? 0)
    if (topologyKey === '') errors.required(child(at, 'topologyKey'), 'can not be empty')
    if (!actions.includes(action)) errors.notSupported(child(at, 'whenUnsatisfiable'), action, actions)
    const again = constraints
      .slice(i + 1)
      .some((other) => (other.topologyKey ?? '') === topologyKey && (other.whenUnsatisfiable ?? '') === action)
    if (again) errors.duplicate(child(at, '{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${action}}`)
    if (minDomains !== undefined) {
      positive(errors, child(at, 'minDomains'), minDomains)
      if (action !== 'DoNotSchedule') {
        const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`
        errors.invalid(child(at, 'minDomains'), minDomains, detail)
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[field]
      if (policy !== undefined && !policies.includes(policy)) errors.notSupported(child(at, field), policy, policies)
    }
    if (mergesKeys(options)) validateMatchLabelKeys({ matchLabelKeys: matchLabelKeys ?? [] }, labelSelector, at, errors)
    else validateUnmergedLabelKeys(matchLabelKeys, labelSelector, child(at, 'matchLabelKeys'), errors)
    if (!options.invalidTopologySpreadSelector) {
      validateLabelSelector(labelSelector, errors, child(at, 'labelSelector'))
    }
  })
}

/** An old object that breaks the rule of the day is judged by the other one. */
function mergesKeys(options: PodValidationOptions): boolean {
  if (!options.matchLabelKeysInTopologySpread) return false
  return options.matchLabelKeysSelectorMerge
    ? !options.oldViolatesMatchLabelKeys
    : options.oldViolatesLegacyMatchLabelKeys
}
