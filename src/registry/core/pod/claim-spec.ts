import {
  asSent,
  child,
  equalJson,
  type FieldErrors,
  isDns1123Label,
  isDns1123Subdomain,
  type ObjectMeta,
  oneOf,
  quantityPositive,
  validateAnnotations,
  validateLabelSelector,
  validateLabels,
} from '../../../api/index.js'
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate, TypedObjectReference } from './volume-types.js'

export interface ClaimSpecOptions {
  readonly invalidLabelValueInSelector?: boolean
  readonly invalidApiGroup?: boolean
}

/** Source: ValidatePersistentVolumeClaimTemplate. */
export function validateClaimTemplate(
  template: PersistentVolumeClaimTemplate,
  path: string,
  errors: FieldErrors,
): void {
  const meta: ObjectMeta = template.metadata ?? {}
  const at = child(path, 'metadata')
  validateAnnotations(meta.annotations, child(at, 'annotations'), errors)
  validateLabels(meta.labels, child(at, 'labels'), errors)
  for (const [field, told] of forbiddenMeta) if (isSet(meta, field)) errors.forbidden(child(at, told), 'cannot be set')
  validateClaimSpec(template.spec ?? {}, child(path, 'spec'), errors)
}

/** Source: ValidatePersistentVolumeClaimSpec. */
export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: string,
  errors: FieldErrors,
  { invalidLabelValueInSelector = false, invalidApiGroup = false }: ClaimSpecOptions = {},
): void {
  const { dataSource, dataSourceRef } = spec
  validateAccessModes(spec, path, errors, invalidLabelValueInSelector)
  const storage = spec.resources?.requests?.storage
  const storagePath = `${child(path, 'resources')}[storage]`
  if (storage === undefined) errors.required(storagePath)
  else quantityPositive(errors, storagePath, storage)
  if (spec.storageClassName) validateName(spec.storageClassName, child(path, 'storageClassName'), errors)
  if (spec.volumeMode !== undefined) oneOf(errors, child(path, 'volumeMode'), spec.volumeMode, volumeModes)
  if (dataSource) validateDataSource(dataSource, child(path, 'dataSource'), errors, invalidApiGroup)
  if (dataSourceRef) {
    const at = child(path, 'dataSourceRef')
    validateDataSource(dataSourceRef, at, errors, invalidApiGroup)
    const { namespace } = dataSourceRef
    if (namespace) {
      for (const wrong of isDns1123Label(namespace)) errors.invalid(child(at, 'namespace'), namespace, wrong)
    }
  }
  // Upstream prints the path of dataSource as the value, and a path prints as an empty object.
  if (dataSource && dataSourceRef?.namespace) {
    errors.invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified')
  } else if (dataSource && dataSourceRef && !sameReference(dataSource, dataSourceRef)) {
    errors.invalid(path, {}, 'must match dataSourceRef')
  }
  if (spec.volumeAttributesClassName) {
    validateName(spec.volumeAttributesClassName, child(path, 'volumeAttributesClassName'), errors)
  }
}

export const accessModes = ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod']
const volumeModes = ['Block', 'Filesystem']
/** Everything but labels and annotations, and upstream's names of the fields. */
const forbiddenMeta: readonly (readonly [keyof ObjectMeta, string])[] = [
  ['name', 'name'],
  ['generateName', 'generateName'],
  ['namespace', 'namespace'],
  ['selfLink', 'selfLink'],
  ['uid', 'uID'],
  ['resourceVersion', 'resourceVersion'],
  ['generation', 'generation'],
  ['creationTimestamp', 'creationTimestamp'],
  ['deletionTimestamp', 'deletionTimestamp'],
  ['deletionGracePeriodSeconds', 'deletionGracePeriodSeconds'],
  ['ownerReferences', 'ownerReferences'],
  ['finalizers', 'finalizers'],
  ['managedFields', 'managedFields'],
]

function validateAccessModes(
  { accessModes: modes = [], selector }: PersistentVolumeClaimSpec,
  path: string,
  errors: FieldErrors,
  allowInvalidValues: boolean,
): void {
  const at = child(path, 'accessModes')
  if (modes.length === 0) errors.required(at, 'at least 1 access mode is required')
  if (selector) validateLabelSelector(selector, errors, child(path, 'selector'), { allowInvalidValues })
  for (const mode of modes) if (!accessModes.includes(mode)) errors.notSupported(at, mode, accessModes)
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  if (others && modes.includes('ReadWriteOncePod')) {
    errors.forbidden(at, 'may not use ReadWriteOncePod with other access modes')
  }
}

function validateDataSource(
  { apiGroup, kind = '', name }: TypedObjectReference,
  path: string,
  errors: FieldErrors,
  invalidApiGroup: boolean,
): void {
  if (!name) errors.required(child(path, 'name'))
  if (kind === '') errors.required(child(path, 'kind'))
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    errors.invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
  }
  if (apiGroup && !invalidApiGroup) validateName(apiGroup, child(path, 'apiGroup'), errors)
}

function validateName(name: string, path: string, errors: FieldErrors): void {
  for (const wrong of isDns1123Subdomain(name)) errors.invalid(path, name, wrong)
}

const sameReference = (a: TypedObjectReference, b: TypedObjectReference): boolean =>
  equalJson(a.apiGroup, b.apiGroup) && a.kind === b.kind && a.name === b.name

function isSet(meta: ObjectMeta, field: keyof ObjectMeta): boolean {
  const value = asSent(meta, field)
  if (value === 0) return field === 'deletionGracePeriodSeconds' // the one number that is a pointer
  return value !== undefined && value !== null && value !== ''
}
