import type { KubeObject } from '../../api/index.js'
import type { AdmissionPlugin } from '../admission.js'
import type { ObjectReader } from '../objects.js'
import { isOf } from '../resources.js'

/** Also read on claims themselves: how classes were named before there was a field for them. */
export const betaStorageClass = 'volume.beta.kubernetes.io/storage-class'
const defaultStorageClassMarks = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
const defaultIngressClassMarks = ['ingressclass.kubernetes.io/is-default-class']

/**
 * Gives claims that name no storage class the default one.
 *
 * @see kubernetes plugin/pkg/admission/storage/storageclass/setdefault
 */
export function defaultStorageClass(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'DefaultStorageClass',
    handles: (operation) => operation === 'CREATE',
    admit(attributes) {
      const { object, subresource } = attributes
      if (subresource !== '' || object === undefined || !isOf(attributes, '', 'persistentvolumeclaims')) return
      if (object.spec?.storageClassName !== undefined || hasAnnotation(object, betaStorageClass)) return
      const found = newestDefault(objects.list('storage.k8s.io/storageclasses', ''), defaultStorageClassMarks)
      if (found === undefined) return
      object.spec ??= {}
      object.spec.storageClassName = found
    },
  }
}

/**
 * Gives ingresses that name no class the default one.
 *
 * @see kubernetes plugin/pkg/admission/network/defaultingressclass
 */
export function defaultIngressClass(objects: ObjectReader): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    handles: (operation) => operation === 'CREATE',
    admit(attributes) {
      const { object, subresource } = attributes
      if (subresource !== '' || object === undefined || !isOf(attributes, 'networking.k8s.io', 'ingresses')) return
      if (object.spec?.ingressClassName !== undefined || hasAnnotation(object, 'kubernetes.io/ingress.class')) return
      const found = newestDefault(objects.list('networking.k8s.io/ingressclasses', ''), defaultIngressClassMarks)
      if (found === undefined) return
      object.spec ??= {}
      object.spec.ingressClassName = found
    },
  }
}

const hasAnnotation = ({ metadata }: KubeObject, name: string): boolean =>
  metadata.annotations !== undefined && Object.hasOwn(metadata.annotations, name)

/** Of several defaults the one made last; of those made in the same second the first by name. */
function newestDefault(classes: readonly KubeObject[], marks: readonly string[]): string | undefined {
  let best: KubeObject | undefined
  for (const candidate of classes) {
    if (!marks.some((mark) => candidate.metadata.annotations?.[mark] === 'true')) continue
    if (best === undefined || isBefore(candidate, best)) best = candidate
  }
  return best?.metadata.name
}

function isBefore({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  const made = Date.parse(a.creationTimestamp ?? '') - Date.parse(b.creationTimestamp ?? '')
  return made === 0 ? (a.name ?? '') < (b.name ?? '') : made > 0
}
