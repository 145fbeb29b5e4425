import { equalJson } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'

/** Its generation starts with the first change: a new one has none. */
export const csidrivers: ResourceRules = {
  allowUnconditionalUpdate: false,
  returnDeletedObject: true,
  defaults: {
    v1(driver) {
      driver.spec ??= {}
      const { spec } = driver
      spec.attachRequired ??= true
      spec.podInfoOnMount ??= false
      spec.storageCapacity ??= false
      spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
      if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent']
      spec.requiresRepublish ??= false
      spec.seLinuxMount ??= false
    },
  },
  prepareForUpdate(driver, old) {
    if (!equalJson(driver.spec, old.spec)) driver.metadata.generation = (old.metadata.generation ?? 0) + 1
  },
}
