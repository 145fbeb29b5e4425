import { isExtendedResource } from '../../api/index.js'
import type { AdmissionPlugin } from '../admission.js'
import { isOfPods } from '../resources.js'
import type { Toleration } from './tolerations.js'

interface Container {
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
}

/**
 * Lets pods that ask for an extended resource onto nodes that are tainted for it.
 *
 * @see kubernetes plugin/pkg/admission/extendedresourcetoleration
 */
export function extendedResourceToleration(): AdmissionPlugin {
  return {
    name: 'ExtendedResourceToleration',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    admit(attributes) {
      const { object } = attributes
      if (object === undefined || !isOfPods(attributes)) return
      const containers: Container[] = [...(object.spec?.containers ?? []), ...(object.spec?.initContainers ?? [])]
      const names = containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {}))
      for (const name of [...new Set(names.filter(isExtendedResource))].sort()) {
        const toleration = { key: name, operator: 'Exists', effect: 'NoSchedule' }
        const own: readonly Toleration[] = object.spec.tolerations ?? []
        const rest = own.filter(
          ({ key, operator, effect, value = '' }) =>
            !(key === name && operator === 'Exists' && effect === 'NoSchedule' && value === ''),
        )
        if (rest.length === own.length) object.spec.tolerations = [...own, toleration]
      }
    },
  }
}
