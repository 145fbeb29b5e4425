import type { FieldErrors } from '../../api/index.js'
import type { RuleContext } from '../rules.js'
import type { DeviceRequest, DeviceResult } from './types.js'

const label = 'resource.kubernetes.io/admin-access'

/** Devices may be had for administration in namespaces that say so. Source: kubernetes pkg/registry/resource, AuthorizedForAdmin. */
export function validateAdminAccess(
  requests: readonly DeviceRequest[] | null | undefined,
  context: RuleContext,
  errors: FieldErrors,
): void {
  const i = requests?.findIndex(({ exactly }) => exactly?.adminAccess === true) ?? -1
  // Upstream looks below `spec` for templates too.
  if (i >= 0) requireLabel(`spec.devices.requests[${i}].adminAccess`, context, errors)
}

/** What was granted before stays. */
export function validateAdminResults(
  results: readonly DeviceResult[] = [],
  old: readonly DeviceResult[] = [],
  context: RuleContext,
  errors: FieldErrors,
): void {
  if (old.some(isAdmin)) return
  const i = results.findIndex(isAdmin)
  if (i >= 0) requireLabel(`status.allocation.devices.results[${i}].adminAccess`, context, errors)
}

const isAdmin = ({ adminAccess }: DeviceResult): boolean => adminAccess === true

function requireLabel(at: string, { namespaceLabels, namespace }: RuleContext, errors: FieldErrors): void {
  const labels = namespaceLabels?.()
  if (labels === undefined)
    errors.internal(at, `could not retrieve namespace to verify admin access: namespaces "${namespace}" not found`)
  else if (labels[label] !== 'true')
    errors.forbidden(at, `admin access to devices requires the \`${label}: true\` label on the containing namespace`)
}
