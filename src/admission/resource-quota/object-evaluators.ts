import { type KubeObject, parseQuantity, type Quantity, quantityOf } from '../../api/index.js'
import type { Amounts } from '../pod-resources.js'
import { countName, type Evaluator, selects } from './evaluator.js'

export const one: Quantity = quantityOf(1)

/** Counts objects. @param aliases further names that quotas have for the count */
export function countEvaluator(group: string, resource: string, ...aliases: string[]): Evaluator {
  const names = [countName(group, resource), ...aliases]
  const usage: Amounts = new Map(names.map((name) => [name, one]))
  return {
    handles: ({ subresource, operation }) => subresource === '' && operation === 'CREATE',
    matches: (name) => names.includes(name),
    matchesScope: () => false,
    constraint: () => undefined,
    usage: () => usage,
  }
}

/** New objects and changed ones. */
export const changes: Evaluator['handles'] = ({ subresource, operation }) =>
  subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')

/** Source: kubernetes pkg/quota/v1/evaluator/core/services.go. */
export function serviceEvaluator(): Evaluator {
  const names = ['count/services', 'services', 'services.nodeports', 'services.loadbalancers']
  return {
    handles: changes,
    matches: (name) => names.includes(name),
    matchesScope: () => false,
    constraint: () => undefined,
    usage({ spec = {} }) {
      const ports: readonly { nodePort?: number }[] = spec.ports ?? []
      const balanced = spec.type === 'LoadBalancer'
      const counted =
        balanced && spec.allocateLoadBalancerNodePorts === false
          ? ports.filter(({ nodePort }) => nodePort).length
          : balanced || spec.type === 'NodePort'
            ? ports.length
            : 0
      return new Map([
        ['count/services', one],
        ['services', one],
        ['services.nodeports', quantityOf(counted)],
        ['services.loadbalancers', quantityOf(balanced ? 1 : 0)],
      ])
    },
  }
}

const claims = 'persistentvolumeclaims'
const storage = 'requests.storage'
const ofClass = '.storageclass.storage.k8s.io/'

/** Source: kubernetes pkg/quota/v1/evaluator/core/persistent_volume_claims.go. */
/** @param classes whether claims are told apart by their class of attributes */
export function claimEvaluator(classes: boolean): Evaluator {
  return {
    handles: (attributes) => changes(attributes) || attributes.subresource === 'status',
    matches: (name) =>
      name === 'count/persistentvolumeclaims' ||
      [claims, storage].some((counted) => name === counted || name.endsWith(ofClass + counted)),
    matchesScope(selector, claim) {
      if (!classes || selector.scopeName !== 'VolumeAttributesClass') return false
      const names = attributesClasses(claim)
      return names.length === 0 ? selects(selector, undefined) : names.some((name) => selects(selector, name))
    },
    constraint: () => undefined,
    usage({ metadata, spec = {}, status }) {
      const amounts: Amounts = new Map([
        [claims, one],
        ['count/persistentvolumeclaims', one],
      ])
      const className: string =
        metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? ''
      if (className !== '') amounts.set(className + ofClass + claims, one)
      const asked: string | undefined = spec.resources?.requests?.storage
      if (asked === undefined) return amounts
      let size = parseQuantity(asked).roundUp(0)
      const allocated: string | undefined = status?.allocatedResources?.storage
      if (allocated !== undefined && parseQuantity(allocated).compare(size) > 0)
        size = parseQuantity(allocated).roundUp(0)
      amounts.set(storage, size)
      if (className !== '') amounts.set(className + ofClass + storage, size)
      return amounts
    },
  }
}

const attributesClasses = ({ spec, status }: KubeObject): string[] =>
  [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter(Boolean)
