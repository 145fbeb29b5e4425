import {
  type FieldErrors,
  index,
  isQualifiedName,
  type KubeObject,
  rfc3339,
  validateObjectMeta,
} from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import type { UpdateStrategy } from '../update.js'

const nameLabel = 'kubernetes.io/metadata.name'
const meta = { namespaced: false, name: 'dns1123Label' } as const

/** How PUT to /finalize treats a namespace: everything but its status may change. */
const finalize: UpdateStrategy = {
  prepare(object, old) {
    labelWithName(object)
    object.status = old.status
  },
  validate(object, _, errors) {
    finalizersOf(object).forEach((finalizer, i) => {
      validateFinalizer(finalizer, index('spec.finalizers', i), errors)
    })
  },
}

/** A namespace goes when its content is gone: deleting it only marks it, until its finalizers have been taken away. */
export const namespaces: ResourceRules = {
  name: 'dns1123Label',
  returnDeletedObject: true,
  fields: { 'status.phase': ({ status }) => status?.phase ?? '' },
  defaults: {
    v1(object) {
      if (object.metadata.name) labelWithName(object)
      object.status ??= {}
      object.status.phase ||= 'Active'
    },
  },
  prepareForCreate(object) {
    labelWithName(object)
    object.status = { phase: 'Active' }
    const finalizers = finalizersOf(object)
    object.spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] }
  },
  validate(object, errors) {
    for (const finalizer of finalizersOf(object)) validateFinalizer(finalizer, 'spec.finalizers', errors)
  },
  prepareForUpdate(object, old) {
    labelWithName(object)
    object.spec = { ...object.spec, finalizers: old.spec?.finalizers }
  },
  validateUpdate(object, _, errors) {
    validateObjectMeta(object.metadata, meta, 'metadata', errors)
    for (const finalizer of finalizersOf(object)) validateFinalizer(finalizer, 'spec.finalizers', errors)
  },
  prepareForStatusUpdate: labelWithName,
  validateStatusUpdate(object, _, errors) {
    const phase: string = object.status?.phase ?? ''
    const deleting = object.metadata.deletionTimestamp !== undefined
    if (phase === (deleting ? 'Terminating' : 'Active')) return
    const detail = deleting
      ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
      : "may only be 'Active' if `deletionTimestamp` is empty"
    errors.invalid('status.Phase', phase, detail)
  },
  subresources: { finalize },
  resetFields: { finalize: ['status'] },
  holdDeletion(object, { now }, orphanDependents) {
    const { metadata } = object
    // The first deletion only marks, whatever finalizers there are.
    if (metadata.deletionTimestamp !== undefined) return finalizersOf(object).length > 0
    metadata.deletionTimestamp = rfc3339(now())
    object.status = { ...object.status, phase: 'Terminating' }
    // Elsewhere dependents that are not orphaned are deleted in the background.
    if (orphanDependents === false) metadata.finalizers = [...(metadata.finalizers ?? []), 'foregroundDeletion']
    return true
  },
  shouldDeleteDuringUpdate: (object) => finalizersOf(object).length === 0,
}

const finalizersOf = (object: KubeObject): string[] => object.spec?.finalizers ?? []

/** Generated names are not known when defaults are filled in, and nobody may take the label away. */
function labelWithName({ metadata }: KubeObject): void {
  metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name ?? '' }
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

function validateFinalizer(name: string, path: string, errors: FieldErrors): void {
  for (const wrong of isQualifiedName(name)) errors.invalid(path, name, wrong)
  if (!name.includes('/') && !standardFinalizers.includes(name)) {
    errors.invalid(path, name, 'name is neither a standard finalizer name nor is it fully qualified')
  }
}
