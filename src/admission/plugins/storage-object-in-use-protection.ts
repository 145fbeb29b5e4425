import type { AdmissionPlugin } from '../admission.js'

const finalizers: ReadonlyMap<string, string> = new Map([
  ['/persistentvolumes', 'kubernetes.io/pv-protection'],
  ['/persistentvolumeclaims', 'kubernetes.io/pvc-protection'],
  ['storage.k8s.io/volumeattributesclasses', 'kubernetes.io/vac-protection'],
])

/**
 * Keeps volumes, claims and attribute classes from going away while they are used: a controller takes the finalizer off.
 *
 * @see kubernetes plugin/pkg/admission/storage/storageobjectinuseprotection
 */
export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: 'StorageObjectInUseProtection',
    handles: (operation) => operation === 'CREATE',
    admit({ resource, subresource, object }) {
      if (subresource !== '' || object === undefined) return
      const finalizer = finalizers.get(`${resource.group}/${resource.resource}`)
      if (finalizer === undefined) return
      const own = object.metadata.finalizers ?? []
      if (!own.includes(finalizer)) object.metadata.finalizers = [...own, finalizer]
    },
  }
}
