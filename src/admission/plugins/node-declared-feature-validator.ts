import { equalJson, type KubeObject } from '../../api/index.js'
import type { AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'

/** Features of nodes that an update of a pod takes, in order of their names. Source: component-helpers nodedeclaredfeatures. */
const features: readonly (readonly [name: string, needed: (old: KubeObject, pod: KubeObject) => boolean])[] = [
  ['InPlacePodLevelResourcesVerticalScaling', (old, pod) => !equalJson(old.spec?.resources, pod.spec?.resources)],
  ['InPlacePodVerticalScalingInitContainers', resizesInitContainers],
]

/**
 * A pod is changed only in ways that its node says it can deal with.
 *
 * @see kubernetes plugin/pkg/admission/nodedeclaredfeatures
 */
export function nodeDeclaredFeatureValidator(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'NodeDeclaredFeatureValidator',
    handles: (operation) => operation === 'UPDATE',
    validate(attributes) {
      const { object, oldObject, subresource } = attributes
      if (!isOf(attributes, '', 'pods') || (subresource !== '' && subresource !== 'resize')) return
      const name: string | undefined = object?.spec?.nodeName
      if (object === undefined || oldObject === undefined || !name) return
      if (oldObject.metadata.generation === object.metadata.generation) return
      const needed = features.filter(([, isNeeded]) => isNeeded(oldObject, object)).map(([feature]) => feature)
      if (needed.length === 0) return
      const node = objects.find('/nodes', '', name)
      if (node === undefined) throw refuse(attributes, `node "${name}" not found`)
      const declared: readonly string[] = node.status?.declaredFeatures ?? []
      const missing = needed.filter((feature) => !declared.includes(feature))
      if (missing.length > 0)
        throw refuse(
          attributes,
          `pod update requires features ${missing.join(', ')} which are not available on node "${name}"`,
        )
    },
  }
}

interface Container {
  readonly restartPolicy?: string
  readonly resources?: unknown
}

/** Sidecars apart. */
function resizesInitContainers({ spec: old }: KubeObject, { spec }: KubeObject): boolean {
  const now: readonly Container[] = spec?.initContainers ?? []
  const before: readonly Container[] = old?.initContainers ?? []
  return before.some(
    ({ restartPolicy, resources }, i) =>
      restartPolicy !== 'Always' && !equalJson(resources ?? {}, now[i]?.resources ?? {}),
  )
}
