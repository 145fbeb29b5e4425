import { validateObjectMeta } from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { validateAdminAccess, validateAdminResults } from './admin-access.js'
import { requestNames, validateDeviceClaim } from './claim-spec.js'
import { idOf, validateClaimStatus } from './claim-status.js'
import { defaultBetaClaimSpec, defaultClaimSpec } from './defaults.js'
import { dropDisabledClaimFields, dropDisabledStatusFields } from './disabled-fields.js'
import { loadSelectors, selectorOptions, selectorsOf } from './load-selectors.js'
import { sameConfigured } from './same-configured.js'
import type { ResourceClaimStatus } from './types.js'

export const resourceclaims: ResourceRules = {
  returnDeletedObject: true,
  resetFields: { status: ['metadata', 'spec'] },
  defaults: {
    v1: ({ spec }) => defaultClaimSpec(spec),
    v1beta2: ({ spec }) => defaultClaimSpec(spec),
    v1beta1: ({ spec }) => defaultBetaClaimSpec(spec),
  },
  ready: ({ spec }) => loadSelectors(selectorsOf(spec?.devices)),
  prepareForCreate: ({ spec }, context) => dropDisabledClaimFields(spec, undefined, context),
  validate({ spec }, errors, context) {
    validateAdminAccess(spec?.devices?.requests, context, errors)
    validateDeviceClaim(spec?.devices ?? {}, 'spec.devices', selectorOptions(context, false), errors)
  },
  prepareForUpdate: ({ spec }, old, context) => dropDisabledClaimFields(spec, old.spec, context),
  validateUpdate({ metadata, spec }, old, errors) {
    validateObjectMeta(metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    if (!sameConfigured(spec, old.spec))
      errors.invalid('spec', internalForm(spec, 'resource.v1.ResourceClaimSpec'), 'field is immutable')
  },
  prepareForStatusUpdate(claim, old, context) {
    keepMetadata(claim.metadata, old.metadata)
    claim.status ??= {}
    dropDisabledStatusFields(claim.status, old.status ?? {}, context)
    dropDeallocatedDevices(claim.status, old.status ?? {})
  },
  validateStatusUpdate({ metadata, spec, status }, old, errors, context) {
    const results = status?.allocation?.devices?.results
    validateAdminResults(results, old.status?.allocation?.devices?.results, context, errors)
    const claim = { names: requestNames(spec?.devices), deleting: metadata.deletionTimestamp !== undefined }
    validateClaimStatus(status ?? {}, old.status ?? {}, claim, errors)
  },
}

/** What drivers say about devices goes with the devices. */
function dropDeallocatedDevices(status: ResourceClaimStatus, old: ResourceClaimStatus): void {
  if (!status.devices) return
  const gone = new Set(old.allocation?.devices?.results?.map(idOf))
  for (const result of status.allocation?.devices?.results ?? []) gone.delete(idOf(result))
  const left = status.devices.filter((device) => !gone.has(idOf(device)))
  if (left.length === status.devices.length) return
  if (left.length === 0) delete status.devices
  else status.devices = left
}
