import type { AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { isOf } from '../resources.js'

const copied = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

/**
 * Tells pods where they are: copies the topology labels of the node that a pod is bound to.
 *
 * @see kubernetes plugin/pkg/admission/podtopologylabels
 */
export function podTopologyLabels(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    handles: (operation) => operation === 'CREATE',
    admit(attributes) {
      const { object, subresource } = attributes
      if (object === undefined || !isOf(attributes, '', 'pods')) return
      const { target } = object
      const name =
        subresource === ''
          ? object.spec?.nodeName
          : subresource === 'binding' && target?.kind === 'Node'
            ? target.name
            : undefined
      if (!name) return
      const labels = objects.find('/nodes', '', name)?.metadata.labels
      if (labels === undefined) return
      for (const label of copied) {
        const value = labels[label]
        if (value === undefined) continue
        object.metadata.labels ??= {}
        object.metadata.labels[label] = value
      }
    },
  }
}
