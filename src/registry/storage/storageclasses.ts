import type { ResourceRules } from '../rules.js'

export const storageclasses: ResourceRules = {
  returnDeletedObject: true,
  defaults: {
    v1(storageClass) {
      storageClass.reclaimPolicy ??= 'Delete'
      storageClass.volumeBindingMode ??= 'Immediate'
    },
  },
}
