import { forbidden } from '../../api/index.js'
import type { AdmissionPlugin } from '../admission.js'
import { isOfPods } from '../resources.js'

const hostname = 'kubernetes.io/hostname'

/**
 * Pods may keep others away from their node only, not from larger parts of the cluster.
 *
 * @see kubernetes plugin/pkg/admission/antiaffinity
 */
export function limitPodHardAntiAffinityTopology(): AdmissionPlugin {
  return {
    name: 'LimitPodHardAntiAffinityTopology',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    validate(attributes) {
      const { object, resource } = attributes
      if (object === undefined || !isOfPods(attributes)) return
      const terms: readonly { topologyKey?: string }[] =
        object.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
      const wrong = terms.find(({ topologyKey }) => topologyKey !== hostname)
      if (wrong === undefined) return
      throw forbidden(
        resource,
        object.metadata.name ?? '',
        `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${wrong.topologyKey ?? ''} but only key ${hostname} is allowed`,
      )
    },
  }
}
