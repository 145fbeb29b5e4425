import { FieldErrors, type KubeObject } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import { aggregate } from '../aggregate.js'
import { failure, refuse } from '../refuse.js'
import { isOfPods } from '../resources.js'

interface Container {
  image?: string
  imagePullPolicy?: string
}

/**
 * Has images pulled again for every pod, so that nobody runs one that they may not pull.
 *
 * @see kubernetes plugin/pkg/admission/alwayspullimages
 */
export function alwaysPullImages(): AdmissionPlugin {
  return {
    name: 'AlwaysPullImages',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    admit(attributes) {
      const { object } = attributes
      if (object === undefined || isIgnored(attributes)) return
      for (const { container } of containersOf(object)) container.imagePullPolicy = 'Always'
      for (const { image } of volumesOf(object)) if (image !== undefined) image.pullPolicy = 'Always'
    },
    validate(attributes) {
      const { object } = attributes
      if (object === undefined || isIgnored(attributes)) return
      const errors = new FieldErrors()
      for (const { container, path } of containersOf(object))
        if (container.imagePullPolicy !== 'Always')
          errors.notSupported(`${path}.imagePullPolicy`, container.imagePullPolicy ?? '', ['Always'])
      volumesOf(object).forEach(({ image }, i) => {
        if (image !== undefined && image.pullPolicy !== 'Always')
          errors.notSupported(`spec.volumes[${i}].image.pullPolicy`, image.pullPolicy ?? '', ['Always'])
      })
      if (errors.empty) return
      throw failure(
        aggregate(errors.list.map(({ field, message }) => refuse(attributes, `${field}: ${message}`).message)),
      )
    },
  }
}

/** What is not a pod, and updates that bring no new image. */
function isIgnored(attributes: AdmissionAttributes): boolean {
  if (!isOfPods(attributes)) return true
  const { operation, object, oldObject } = attributes
  if (operation !== 'UPDATE' || object === undefined || oldObject === undefined) return false
  const known = new Set(containersOf(oldObject).map(({ container }) => container.image))
  return containersOf(object).every(({ container }) => known.has(container.image))
}

function containersOf({ spec }: KubeObject): { container: Container; path: string }[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    ((spec?.[list] ?? []) as Container[]).map((container, i) => ({ container, path: `spec.${list}[${i}]` })),
  )
}

const volumesOf = ({ spec }: KubeObject): readonly { readonly image?: { pullPolicy?: string } }[] => spec?.volumes ?? []
