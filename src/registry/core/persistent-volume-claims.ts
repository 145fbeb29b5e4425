import {
  asSent,
  copySent,
  FieldErrors,
  immutable,
  isNativeResource,
  isQualifiedName,
  type KubeObject,
  keepSent,
  key,
  parseQuantity,
  validateLabelSelector,
  validateObjectMeta,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules, RuleContext } from '../rules.js'
import { attributesClassOff } from './persistent-volume-spec.js'
import { type ClaimSpecOptions, validateClaimSpec } from './pod/claim-spec.js'
import { roundResourceList } from './pod/index.js'
import { semanticEqual } from './pod/semantic-equal.js'
import { jsonDiff } from './pod/unified-diff.js'
import type { PersistentVolumeClaimSpec } from './pod/volume-types.js'
import { validateResourceAmount } from './resource-names.js'
import { classAnnotation } from './volume-annotations.js'

/** Once made, a claim may only grow, and change its class of attributes, when it is bound. */
export const persistentVolumeClaims: ResourceRules = {
  returnDeletedObject: true,
  // The phase is only a default: it gets into the store with the first update.
  unsettledWhenCreated: true,
  defaults: {
    v1(object) {
      object.status ??= {}
      object.status.phase ||= 'Pending'
      object.spec ??= {}
      object.spec.volumeMode ??= 'Filesystem'
      const { spec, status } = object
      for (const list of [spec.resources?.limits, spec.resources?.requests]) roundResourceList(list)
      for (const list of [status.capacity, status.allocatedResources]) roundResourceList(list)
    },
  },
  prepareForCreate(object, context) {
    object.status = { phase: 'Pending' }
    const spec = specOf(object)
    dropDisabled(spec, {}, context)
    dropUnknownSource(spec, {})
    copySource(spec)
  },
  validate: (object, errors) => validateClaimSpec(specOf(object), 'spec', errors),
  prepareForUpdate(object, old, context) {
    const spec = specOf(object)
    dropDisabled(spec, specOf(old), context)
    dropUnknownSource(spec, specOf(old))
    copySource(spec)
  },
  validateUpdate(object, old, errors, { enabled }) {
    validateObjectMeta(object.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateClaimSpec(specOf(object), 'spec', errors, optionsFor(specOf(old)))
    validateChange(object, old, enabled(attributesClass), errors)
  },
  prepareForStatusUpdate({ status }, old, { enabled }) {
    if (enabled(attributesClass) || !status) return
    if (old.status?.currentVolumeAttributesClassName === undefined) delete status.currentVolumeAttributesClassName
    if (old.status?.modifyVolumeStatus === undefined) delete status.modifyVolumeStatus
  },
  validateStatusUpdate: (object, _, errors) => validateStatus(object, errors),
  warnings(object, old, { subresource }) {
    if (subresource === 'status' && old !== undefined) return []
    const { resources = {} } = specOf(object)
    const warnings: string[] = []
    if (Object.hasOwn(object.metadata.annotations ?? {}, classAnnotation)) {
      warnings.push(
        `metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`,
      )
    }
    for (const list of ['requests', 'limits'] as const) {
      const size = resources[list]?.storage
      if (size === undefined || parseQuantity(size).isWhole) continue
      warnings.push(
        `spec.resources.${list}[storage]: fractional byte value ${JSON.stringify(size)} is invalid, must be an integer`,
      )
    }
    return warnings
  },
}

const attributesClass = 'VolumeAttributesClass'

const specOf = (object: KubeObject): PersistentVolumeClaimSpec => object.spec ?? {}

function dropDisabled(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec, { enabled }: RuleContext): void {
  if (!enabled(attributesClass) && old.volumeAttributesClassName === undefined) delete spec.volumeAttributesClassName
  const elsewhere = spec.dataSourceRef?.namespace
  if (elsewhere && !enabled('CrossNamespaceVolumeDataSource') && old.dataSourceRef == null) delete spec.dataSourceRef
}

/** Sources of other kinds than these two are taken in dataSourceRef only; in dataSource they have always been ignored. */
function dropUnknownSource(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec): void {
  if (old.dataSource != null || old.dataSourceRef != null || spec.dataSourceRef != null) return
  const { apiGroup = '', kind } = spec.dataSource ?? {}
  const claim = kind === 'PersistentVolumeClaim' && !apiGroup
  if (!claim && !(kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io')) delete spec.dataSource
}

function copySource(spec: PersistentVolumeClaimSpec): void {
  if (spec.dataSource != null && spec.dataSourceRef == null) spec.dataSourceRef = { ...spec.dataSource }
  else if (spec.dataSourceRef != null && spec.dataSource == null && !spec.dataSourceRef.namespace) {
    const { namespace: _, ...source } = spec.dataSourceRef
    spec.dataSource = source
  }
}

/** What was stored under older rules may stay. */
function optionsFor(old: PersistentVolumeClaimSpec): ClaimSpecOptions {
  const errors = new FieldErrors()
  validateLabelSelector(old.selector, errors, '')
  return {
    invalidLabelValueInSelector: !errors.empty,
    invalidApiGroup: old.dataSource?.apiGroup != null || old.dataSourceRef?.apiGroup != null,
  }
}

/** Source: pkg/apis/core/validation, ValidatePersistentVolumeClaimUpdate. */
function validateChange(object: KubeObject, old: KubeObject, classMayChange: boolean, errors: FieldErrors): void {
  const spec = specOf(object)
  const before: PersistentVolumeClaimSpec = { ...specOf(old) }
  copySource(before)
  const after: PersistentVolumeClaimSpec = copySent(spec)
  const reference = { ...before }
  if (!before.volumeName) {
    if (spec.volumeName === undefined) delete reference.volumeName
    else reference.volumeName = spec.volumeName
  }
  maskClass(object, old, after, errors)
  if (object.status?.phase === 'Bound') {
    const size = before.resources?.requests?.storage
    if (after.resources !== undefined && asSent(after.resources, 'requests') != null) {
      const requests = { ...after.resources.requests, storage: size ?? '0' }
      after.resources = keepSent(after.resources, { ...after.resources, requests })
    }
    if (before.volumeAttributesClassName === undefined) delete after.volumeAttributesClassName
    else after.volumeAttributesClassName = before.volumeAttributesClassName
  }
  if (!semanticEqual(after, reference, 'PersistentVolumeClaimSpec')) {
    const difference = jsonDiff(
      internalForm(reference, 'core.v1.PersistentVolumeClaimSpec'),
      internalForm(after, 'core.v1.PersistentVolumeClaimSpec'),
    )
    const detail =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    errors.forbidden('spec', `${detail}\n${difference}`)
  }
  const [size, had] = [sizeOf(spec), sizeOf(before)]
  if (size.compare(had) < 0 && size.compare(parseQuantity(old.status?.capacity?.storage ?? '0')) <= 0) {
    errors.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')
  }
  immutable(errors, 'volumeMode', spec.volumeMode, before.volumeMode)
  if (!classMayChange && spec.volumeAttributesClassName !== before.volumeAttributesClassName)
    errors.forbidden('spec.volumeAttributesClassName', attributesClassOff)
  validateAttributesClass(spec, before, old, errors)
}

/** A class may move from the old annotation to its field, and be given to a claim that had none. */
function maskClass(object: KubeObject, old: KubeObject, after: PersistentVolumeClaimSpec, errors: FieldErrors): void {
  const had = old.metadata.annotations?.[classAnnotation]
  const has = object.metadata.annotations?.[classAnnotation]
  const [name, before] = [specOf(object).storageClassName, specOf(old).storageClassName]
  const moved = had !== undefined && before == null && name === had && (has === undefined || has === had)
  if (moved) {
    delete after.storageClassName
    return
  }
  if ((has ?? '') !== (had ?? '')) {
    errors.invalid(`metadata.annotations.${classAnnotation}`, has ?? '', 'field is immutable')
  }
  if (name != null && before == null && (had === undefined || name === had)) delete after.storageClassName
}

function validateAttributesClass(
  spec: PersistentVolumeClaimSpec,
  before: PersistentVolumeClaimSpec,
  old: KubeObject,
  errors: FieldErrors,
): void {
  const name = spec.volumeAttributesClassName
  if (name === before.volumeAttributesClassName || old.status?.currentVolumeAttributesClassName == null) return
  const to = name == null ? 'nil' : name === '' ? 'empty string' : undefined
  if (to === undefined) return
  const detail = `update to ${to} is forbidden when status.currentVolumeAttributesClassName is not nil`
  errors.forbidden('spec.volumeAttributesClassName', detail)
}

const sizeOf = ({ resources }: PersistentVolumeClaimSpec) => parseQuantity(resources?.requests?.storage ?? '0')

const resizeStates = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
]

/** Source: pkg/apis/core/validation, ValidatePersistentVolumeClaimStatusUpdate. */
function validateStatus(object: KubeObject, errors: FieldErrors): void {
  if (!specOf(object).accessModes?.length) errors.required('Spec.accessModes')
  const { capacity = {}, allocatedResourceStatuses = {}, allocatedResources = {} } = object.status ?? {}
  for (const name of Object.keys(capacity)) validateBasic(capacity[name], key('status.capacity', name), errors)
  const statuses = 'status.allocatedResourceStatuses'
  for (const name of Object.keys(allocatedResourceStatuses)) {
    validateKey(name, statuses, errors)
    if (!resizeStates.includes(allocatedResourceStatuses[name])) errors.notSupported(statuses, name, resizeStates)
  }
  const at = 'status.allocatedResources'
  for (const name of Object.keys(allocatedResources)) {
    if (!validateKey(name, at, errors)) continue
    const amount: string = allocatedResources[name]
    if (validateBasic(amount, key(at, name), errors)) validateResourceAmount('storage', amount, key(at, name), errors)
  }
}

function validateKey(name: string, path: string, errors: FieldErrors): boolean {
  const wrong = isQualifiedName(name)
  for (const text of wrong) errors.invalid(path, name, text)
  if (wrong.length > 0) return false
  if (!isNativeResource(name) || name === 'storage') return true
  errors.notSupported(path, name, ['storage'])
  return false
}

function validateBasic(amount: string, path: string, errors: FieldErrors): boolean {
  const value = parseQuantity(amount).value()
  if (value >= 0) return true
  errors.invalid(path, value, 'must be a valid resource quantity')
  return false
}
