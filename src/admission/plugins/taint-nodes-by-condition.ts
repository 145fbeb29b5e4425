import type { AdmissionPlugin } from '../admission.js'
import { isOf } from '../resources.js'

const notReady = 'node.kubernetes.io/not-ready'

/**
 * Keeps pods from new nodes until these have told that they are ready.
 *
 * @see kubernetes plugin/pkg/admission/nodetaint
 */
export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    handles: (operation) => operation === 'CREATE',
    admit(attributes) {
      const { object, subresource } = attributes
      if (subresource !== '' || object === undefined || !isOf(attributes, '', 'nodes')) return
      object.spec ??= {}
      const own: readonly { key?: string; effect?: string }[] = object.spec.taints ?? []
      if (own.some(({ key, effect }) => key === notReady && effect === 'NoSchedule')) return
      object.spec.taints = [...own, { key: notReady, effect: 'NoSchedule' }]
    },
  }
}
