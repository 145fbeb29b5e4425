import { child, type FieldErrors, index, qualifiedName, quoteList } from '../../api/index.js'
import type { JobSpec, OnExitCodes, OnPodCondition, PodFailurePolicyRule } from './job-types.js'

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const operators = ['In', 'NotIn']
const statuses = ['False', 'True', 'Unknown']
const limits = { rules: 20, exitCodes: 255, conditions: 20 }

/** Source: validatePodFailurePolicy. */
export function validateFailurePolicy(spec: JobSpec, path: string, errors: FieldErrors): void {
  const rules = spec.podFailurePolicy?.rules ?? []
  const at = child(path, 'rules')
  if (rules.length > limits.rules) errors.tooMany(at, rules.length, limits.rules)
  const { containers, initContainers } = spec.template?.spec ?? {}
  const containerNames = new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name = '' }) => name))
  rules.forEach((rule, i) => {
    validateRule(spec, rule, index(at, i), containerNames, errors)
  })
}

function validateRule(
  spec: JobSpec,
  rule: PodFailurePolicyRule,
  path: string,
  containerNames: ReadonlySet<string>,
  errors: FieldErrors,
): void {
  const { action = '', onExitCodes } = rule
  const onPodConditions = rule.onPodConditions ?? []
  const at = child(path, 'action')
  if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined)
      errors.invalid(at, action, 'requires the backoffLimitPerIndex to be set')
  } else requiredOf(action, actions, at, errors)
  if (onExitCodes !== undefined) validateExitCodes(onExitCodes, child(path, 'onExitCodes'), containerNames, errors)
  validateConditions(onPodConditions, child(path, 'onPodConditions'), errors)
  if (onExitCodes !== undefined && onPodConditions.length > 0)
    errors.invalidWithoutValue(path, 'specifying both OnExitCodes and OnPodConditions is not supported')
  if (onExitCodes === undefined && onPodConditions.length === 0)
    errors.invalidWithoutValue(path, 'specifying one of OnExitCodes and OnPodConditions is required')
}

function validateConditions(patterns: readonly OnPodCondition[], path: string, errors: FieldErrors): void {
  if (patterns.length > limits.conditions) errors.tooMany(path, patterns.length, limits.conditions)
  patterns.forEach(({ type, status = '' }, i) => {
    const at = index(path, i)
    qualifiedName(errors, child(at, 'type'), type)
    requiredOf(status, statuses, child(at, 'status'), errors)
  })
}

function validateExitCodes(
  { operator = '', containerName, values: given }: OnExitCodes,
  path: string,
  containerNames: ReadonlySet<string>,
  errors: FieldErrors,
): void {
  const values = given ?? []
  requiredOf(operator, operators, child(path, 'operator'), errors)
  if (containerName !== undefined && !containerNames.has(containerName))
    errors.invalid(
      child(path, 'containerName'),
      containerName,
      'must be one of the container or initContainer names in the pod template',
    )
  const at = child(path, 'values')
  if (values.length === 0) errors.invalid(at, given ?? null, 'at least one value is required')
  else if (values.length > limits.exitCodes) errors.tooMany(at, values.length, limits.exitCodes)
  const seen = new Set<number>()
  values.forEach((value, i) => {
    if (operator === 'In' && value === 0) errors.invalid(index(at, i), value, 'must not be 0 for the In operator')
    if (seen.has(value)) errors.duplicate(index(at, i), value)
    seen.add(value)
  })
  if (values.some((value, i) => i > 0 && values[i - 1]! > value)) errors.invalid(at, values, 'must be ordered')
}

function requiredOf(value: string, supported: readonly string[], path: string, errors: FieldErrors): void {
  if (value === '') errors.required(path, `valid values: ${quoteList(supported)}`)
  else if (!supported.includes(value)) errors.notSupported(path, value, supported)
}
