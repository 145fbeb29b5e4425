import type { AdmissionPlugin } from '../admission.js'

interface Toleration {
  readonly key?: string
  readonly effect?: string
}

export interface DefaultTolerationSeconds {
  readonly notReady: number
  readonly unreachable: number
}

/**
 * Lets pods stay for a while on nodes that are not ready or cannot be reached, unless they say themselves what they
 * tolerate.
 *
 * @see kubernetes plugin/pkg/admission/defaulttolerationseconds
 */
export function defaultTolerationSeconds({ notReady, unreachable }: DefaultTolerationSeconds): AdmissionPlugin {
  const defaults = [
    { key: 'node.kubernetes.io/not-ready', seconds: notReady },
    { key: 'node.kubernetes.io/unreachable', seconds: unreachable },
  ]
  return {
    name: 'DefaultTolerationSeconds',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    admit({ resource, subresource, object }) {
      if (resource.resource !== 'pods' || resource.group !== '' || subresource !== '' || object === undefined) return
      object.spec ??= {}
      const own: readonly Toleration[] = object.spec.tolerations ?? []
      const missing = defaults.filter(({ key }) => !own.some((toleration) => tolerates(toleration, key)))
      if (missing.length === 0) return
      object.spec.tolerations = [
        ...own,
        ...missing.map(({ key, seconds }) => ({
          key,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: seconds,
        })),
      ]
    },
  }
}

const tolerates = (toleration: Toleration, key: string): boolean =>
  (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === 'NoExecute')
