import { child, type FieldErrors, index } from '../../../api/index.js'
import type { PodValidationOptions } from './options.js'
import type { Container, ContainerRestartRule } from './types.js'

const policies = ['Always', 'Never', 'OnFailure']
const operators = ['In', 'NotIn']
const maxRules = 20
const maxExitCodes = 255

/** A container's own restart policy and rules. Source: validateContainerRestartPolicy. */
export function validateRestartRules(
  { restartPolicy, restartPolicyRules: rules = [] }: Container,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  if (restartPolicy === undefined) {
    if (rules.length === 0) return
    errors.required(child(path, 'restartPolicy'), 'must specify restartPolicy when restart rules are used')
  } else if (!policies.includes(restartPolicy)) {
    errors.notSupported(child(path, 'restartPolicy'), restartPolicy, policies)
  }
  const at = child(path, 'restartPolicyRules')
  if (rules.length > maxRules) errors.tooMany(at, rules.length, maxRules)
  rules.forEach((rule, i) => {
    validateRule(rule, index(at, i), errors, options)
  })
}

/** The same for init containers, of which sidecars had a policy first. */
export function validateInitRestartPolicy(
  container: Container,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container
  if (restartPolicy === undefined) {
    if (rules.length === 0) return
    errors.required(child(path, 'restartPolicy'), 'must specify restartPolicy when restart rules are used')
  } else if (!options.restartPolicyRules) {
    if (restartPolicy !== 'Always') errors.notSupported(child(path, 'restartPolicy'), restartPolicy, ['Always'])
  } else if (restartPolicy !== 'Always' || options.restartAllContainers) {
    validateRestartRules(container, path, errors, options)
  } else if (rules.length > 0) {
    const detail = 'restartPolicyRules are not allowed for init containers with restart policy Always'
    errors.forbidden(child(path, 'restartPolicyRules'), detail)
  }
}

function validateRule(
  { action = '', exitCodes }: ContainerRestartRule,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const actions = options.restartAllContainers ? ['Restart', 'RestartAllContainers'] : ['Restart']
  if (!actions.includes(action)) errors.notSupported(child(path, 'action'), action, actions)
  const at = child(path, 'exitCodes')
  if (!exitCodes) {
    errors.required(at, 'must be specified')
    return
  }
  const { operator = '', values = [] } = exitCodes
  if (!operators.includes(operator)) errors.notSupported(child(at, 'operator'), operator, operators)
  if (values.length > maxExitCodes) errors.tooMany(child(at, 'values'), values.length, maxExitCodes)
}
