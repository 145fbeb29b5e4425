import { type KubeObject, parseQuantity } from '../../api/index.js'
import type { AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'
import { betaStorageClass } from './default-classes.js'

/**
 * Lets claims grow only where their storage class says that volumes can.
 *
 * @see kubernetes plugin/pkg/admission/storage/persistentvolume/resize
 */
export function persistentVolumeClaimResize(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'PersistentVolumeClaimResize',
    handles: (operation) => operation === 'UPDATE',
    validate(attributes) {
      const { object, oldObject, subresource } = attributes
      if (subresource !== '' || !isOf(attributes, '', 'persistentvolumeclaims')) return
      if (object === undefined || oldObject === undefined || size(object).compare(size(oldObject)) <= 0) return
      if (oldObject.status?.phase !== 'Bound')
        throw refuse(attributes, 'Only bound persistent volume claims can be expanded')
      const name = className(object)
      const expands =
        name !== '' &&
        name === className(oldObject) &&
        objects.find('storage.k8s.io/storageclasses', '', name)?.allowVolumeExpansion === true
      if (!expands)
        throw refuse(
          attributes,
          'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
        )
    },
  }
}

const size = ({ spec }: KubeObject) => parseQuantity(spec?.resources?.requests?.storage ?? '0')

const className = ({ metadata, spec }: KubeObject): string =>
  metadata.annotations?.[betaStorageClass] ?? spec?.storageClassName ?? ''
