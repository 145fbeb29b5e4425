import {
  asSent,
  equalJson,
  type FieldErrors,
  type KubeObject,
  validateAnnotations,
  validateLabels,
  validateObjectMeta,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { validateAdminAccess } from './admin-access.js'
import { validateDeviceClaim } from './claim-spec.js'
import { defaultBetaClaimSpec, defaultClaimSpec } from './defaults.js'
import { dropDisabledClaimFields } from './disabled-fields.js'
import { loadSelectors, type SelectorOptions, selectorOptions, selectorsOf } from './load-selectors.js'
import { sameConfigured } from './same-configured.js'

export const resourceclaimtemplates: ResourceRules = {
  returnDeletedObject: true,
  defaults: {
    v1: ({ spec }) => defaultClaimSpec(spec?.spec),
    v1beta2: ({ spec }) => defaultClaimSpec(spec?.spec),
    v1beta1: ({ spec }) => defaultBetaClaimSpec(spec?.spec),
  },
  ready: ({ spec }) => loadSelectors(selectorsOf(spec?.spec?.devices)),
  prepareForCreate: ({ spec }, context) => dropDisabledClaimFields(spec?.spec, undefined, context),
  validate(template, errors, context) {
    validateAdminAccess(template.spec?.spec?.devices?.requests, context, errors)
    validateTemplate(template, selectorOptions(context, false), errors)
  },
  prepareForUpdate: ({ spec }, old, context) => dropDisabledClaimFields(spec?.spec, old.spec?.spec, context),
  validateUpdate(template, old, errors, context) {
    validateObjectMeta(template.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    // What cannot change has been stored before.
    validateTemplate(template, selectorOptions(context, true), errors)
    const { spec } = template
    if (!equalJson(spec, old.spec) || !sameConfigured(spec?.spec, old.spec?.spec))
      errors.invalid('spec', internalForm(spec, 'resource.v1.ResourceClaimTemplateSpec'), 'field is immutable')
  },
}

function validateTemplate({ spec }: KubeObject, options: SelectorOptions, errors: FieldErrors): void {
  validateMetadata(spec?.metadata ?? {}, errors)
  validateDeviceClaim(spec?.spec?.devices ?? {}, 'spec.spec.devices', options, errors)
}

/** In upstream's order of fields. */
const notOfTemplates = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
]

/** Claims get labels and annotations from their template, and nothing else. */
function validateMetadata(metadata: KubeObject['metadata'], errors: FieldErrors): void {
  validateAnnotations(metadata.annotations, 'spec.metadata.annotations', errors)
  validateLabels(metadata.labels, 'spec.metadata.labels', errors)
  for (const field of notOfTemplates)
    if (isSet(field, asSent(metadata as Record<string, unknown>, field)))
      errors.forbidden(`spec.metadata.${goName(field)}`, 'cannot be set')
}

/** Of the numbers only the grace period is a pointer. */
const isSet = (field: string, value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && (value !== 0 || field === 'deletionGracePeriodSeconds')

/** Upstream makes the path of the Go field's name. */
const goName = (field: string): string => (field === 'uid' ? 'uID' : field)
