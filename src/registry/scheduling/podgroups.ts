import { child, conditions, equalJson, type FieldErrors, index, isLongName, isShortName } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import {
  dropDisabledParts,
  each,
  exactlyOne,
  maxClaims,
  named,
  type PodGroupParts,
  unique,
  validateParts,
} from './pod-group-parts.js'

interface PodGroupSpec extends PodGroupParts {
  podGroupTemplateRef?: { workload?: { workloadName?: string; podGroupTemplateName?: string } | null } | null
}

interface PodGroupStatus {
  conditions?: Parameters<typeof conditions>[2]
  resourceClaimStatuses?: { name?: string; resourceClaimName?: string }[]
}

const fields = [
  'podGroupTemplateRef',
  'schedulingPolicy',
  'schedulingConstraints',
  'resourceClaims',
  'disruptionMode',
  'priorityClassName',
  'priority',
] as const

/** Pods that are scheduled together. Nothing of a spec changes. */
export const podgroups: ResourceRules = {
  // Upstream's storage of pod groups forgets that a status is the status subresource's.
  resetFields: { '': [], status: ['metadata', 'spec'] },
  prepareForCreate: ({ spec }, context) => dropDisabledParts(spec ?? {}, [], context),
  validate({ spec }, errors) {
    const own: PodGroupSpec = spec ?? {}
    if (own.podGroupTemplateRef) validateTemplateRef(own.podGroupTemplateRef, errors)
    validateParts(own, 'spec', errors)
  },
  prepareForUpdate: ({ spec }, old, context) => dropDisabledParts(spec ?? {}, [old.spec ?? {}], context),
  validateUpdate({ spec }, old, errors) {
    const own: PodGroupSpec = spec ?? {}
    const before: PodGroupSpec = old.spec ?? {}
    for (const field of fields) {
      if (equalJson(own[field] ?? null, before[field] ?? null)) continue
      const path = child('spec', field)
      errors.invalid(path, null, 'field is immutable')
      const claims = own.resourceClaims?.length ?? 0
      if (field === 'resourceClaims' && claims > maxClaims) errors.tooMany(path, claims, maxClaims)
    }
  },
  prepareForStatusUpdate(group, old, { enabled }) {
    keepMetadata(group.metadata, old.metadata)
    const claims = (old.spec as PodGroupSpec)?.resourceClaims
    if (group.status && !enabled('DRAWorkloadResourceClaims') && claims === undefined)
      delete group.status.resourceClaimStatuses
  },
  validateStatusUpdate({ spec, status }, _, errors) {
    const { conditions: list, resourceClaimStatuses: claims = [] }: PodGroupStatus = status ?? {}
    conditions(errors, 'status.conditions', list)
    const known = new Set((spec as PodGroupSpec)?.resourceClaims?.map(({ name = '' }) => name))
    const path = 'status.resourceClaimStatuses'
    for (const [i, { name = '' }] of claims.entries()) {
      if (known.has(name)) continue
      errors.invalid(child(index(path, i), 'name'), name, 'must match the name of an entry in `spec.resourceClaims`')
    }
    if (claims.length > maxClaims) {
      errors.tooMany(path, claims.length, maxClaims)
      return
    }
    unique(errors, path, claims)
    for (const [i, { resourceClaimName: claim }] of claims.entries())
      if (claim !== undefined) each(errors, child(index(path, i), 'resourceClaimName'), claim, isLongName)
  },
}

function validateTemplateRef(ref: NonNullable<PodGroupSpec['podGroupTemplateRef']>, errors: FieldErrors): void {
  const at = 'spec.podGroupTemplateRef'
  exactlyOne(errors, at, ref, ['workload'])
  if (!ref.workload) return
  const { workloadName = '', podGroupTemplateName = '' } = ref.workload
  named(errors, child(at, 'workload.workloadName'), workloadName, isLongName)
  named(errors, child(at, 'workload.podGroupTemplateName'), podGroupTemplateName, isShortName)
}
