/** Whether the API of a protected group (`*.k8s.io`, `*.kubernetes.io`) was approved, by its annotation. */
export type Approval =
  | { readonly kind: 'approved' | 'bypassed' | 'missing' | 'invalid'; readonly message: string }
  /** Nobody asks: the group is not protected. */
  | { readonly kind: 'free' }

export const approvalAnnotation = 'api-approved.kubernetes.io'

/** Source: apiextensions pkg/apihelpers, GetAPIApprovalState. */
export function approvalOf(group: string, annotations: Readonly<Record<string, string>> | undefined): Approval {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group)) return { kind: 'free' }
  const value = annotations?.[approvalAnnotation] ?? ''
  const must = `protected groups must have approval annotation "${approvalAnnotation}"`
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111'
  if (value === '') return { kind: 'missing', message: `${must}, ${see}` }
  if (value.startsWith('unapproved')) return { kind: 'bypassed', message: `not approved: ${JSON.stringify(value)}` }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#\s]+/.test(value)) return { kind: 'approved', message: `approved in ${value}` }
  return { kind: 'invalid', message: `${must} with either a URL or a reason starting with "unapproved", ${see}` }
}

const reasons = {
  approved: 'ApprovedAnnotation',
  bypassed: 'UnapprovedAnnotation',
  missing: 'MissingAnnotation',
  invalid: 'InvalidAnnotation',
} as const

/** The condition that tells it; undefined for groups that are not protected. Source: pkg/controller/apiapproval. */
export function approvalCondition(group: string, annotations: Readonly<Record<string, string>> | undefined) {
  const approval = approvalOf(group, annotations)
  if (approval.kind === 'free') return undefined
  return {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: approval.kind === 'approved' ? ('True' as const) : ('False' as const),
    reason: reasons[approval.kind],
    message: approval.message,
  }
}
