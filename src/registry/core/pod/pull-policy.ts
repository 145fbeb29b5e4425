import type { FieldErrors } from '../../../api/index.js'

const pullPolicies = ['Always', 'IfNotPresent', 'Never']

/** Of images of containers and of image volumes. */
export function validatePullPolicy(policy: string | undefined, path: string, errors: FieldErrors): void {
  if (!policy) errors.required(path)
  else if (!pullPolicies.includes(policy)) errors.notSupported(path, policy, pullPolicies)
}
