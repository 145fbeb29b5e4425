import { rfc3339 } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'

const nameLabel = 'kubernetes.io/metadata.name'

/** A namespace goes when its content is gone: deleting it only marks it, until its finalizers have been taken away. */
export const namespaces: ResourceRules = {
  name: 'dns1123Label',
  returnDeletedObject: true,
  fields: {
    name: ({ metadata }) => metadata.name ?? '',
    'status.phase': ({ status }) => status?.phase ?? '',
  },
  defaults: {
    v1({ metadata }) {
      if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name }
    },
  },
  prepareForCreate(object) {
    object.metadata.labels = { ...object.metadata.labels, [nameLabel]: object.metadata.name ?? '' }
    object.status = { phase: 'Active' }
    const finalizers: string[] = object.spec?.finalizers ?? []
    object.spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] }
  },
  prepareForUpdate(object, old) {
    object.spec = { ...object.spec, finalizers: old.spec?.finalizers }
  },
  holdDeletion(object, { now }) {
    if ((object.spec?.finalizers ?? []).length === 0) return false
    object.metadata.deletionTimestamp ??= rfc3339(now())
    object.status = { ...object.status, phase: 'Terminating' }
    return true
  },
  shouldDeleteDuringUpdate: (object) => (object.spec?.finalizers ?? []).length === 0,
}
