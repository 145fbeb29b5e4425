import type { KubeObject } from '../../api/index.js'
import { defaultPodLevelResources } from '../../registry/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import { aggregate } from '../aggregate.js'
import type { ObjectReader } from '../objects.js'
import { amountsOf, podAmounts, type ResourceList } from '../pod-resources.js'
import { refuse } from '../refuse.js'
import { isOf } from '../resources.js'
import { type Bounds, violations } from './limit-bounds.js'

const annotation = 'kubernetes.io/limit-ranger'

interface Limit extends Bounds {
  readonly type: string
  readonly default?: ResourceList
  readonly defaultRequest?: ResourceList
}

interface Container {
  readonly name: string
  resources?: { requests?: ResourceList; limits?: ResourceList }
}

/**
 * Fills in what containers do not say about resources, and holds pods, containers and claims to the limit ranges of their
 * namespace.
 *
 * @param podLevel whether pods may have resources of their own (feature gate PodLevelResources)
 * @see kubernetes plugin/pkg/admission/limitranger
 */
export function limitRanger(objects: ObjectReader, podLevel: boolean): AdmissionPlugin {
  const rangesFor = (attributes: AdmissionAttributes): readonly KubeObject[] => {
    if (!limits(attributes) || attributes.oldObject?.metadata.deletionTimestamp !== undefined) return []
    return objects.list('/limitranges', attributes.namespace)
  }
  return {
    name: 'LimitRanger',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    admit(attributes) {
      const { object } = attributes
      if (object === undefined || !isOf(attributes, '', 'pods')) return
      for (const range of rangesFor(attributes)) fillIn(object, limitsOf(range))
    },
    validate(attributes) {
      const { object, resource } = attributes
      if (object === undefined || resource.group !== '') return
      for (const range of rangesFor(attributes)) {
        const problems =
          resource.resource === 'pods'
            ? podProblems(object, limitsOf(range), podLevel)
            : claimProblems(object, limitsOf(range))
        if (problems.length > 0) throw refuse(attributes, aggregate(problems))
      }
    },
  }
}

/** New pods and claims, claims that change, and pods that are resized. */
function limits({ resource, subresource, operation }: AdmissionAttributes): boolean {
  if (resource.group !== '') return false
  if (resource.resource === 'pods') return operation === 'UPDATE' ? subresource === 'resize' : subresource === ''
  return resource.resource === 'persistentvolumeclaims' && subresource === ''
}

const limitsOf = (range: KubeObject): readonly Limit[] => range.spec?.limits ?? []

function fillIn(pod: KubeObject, all: readonly Limit[]): void {
  const requests: Record<string, string> = {}
  const most: Record<string, string> = {}
  for (const limit of all) {
    if (limit.type !== 'Container') continue
    Object.assign(requests, limit.defaultRequest)
    Object.assign(most, limit.default)
  }
  const told: string[] = []
  for (const container of (pod.spec?.containers ?? []) as Container[])
    complete(container, requests, most, 'container', told)
  for (const container of (pod.spec?.initContainers ?? []) as Container[])
    complete(container, requests, most, 'init container', told)
  if (told.length === 0) return
  // What follows from the containers is filled in when upstream reads the stored pod, so it is told of what is here, too.
  defaultPodLevelResources(pod.spec)
  pod.metadata.annotations ??= {}
  pod.metadata.annotations[annotation] = `LimitRanger plugin set: ${told.join('; ')}`
}

function complete(
  container: Container,
  requests: ResourceList,
  most: ResourceList,
  what: string,
  told: string[],
): void {
  const add = (kind: 'requests' | 'limits', defaults: ResourceList, word: string) => {
    const own = container.resources?.[kind] ?? {}
    const missing = Object.keys(defaults).filter((name) => !Object.hasOwn(own, name))
    if (missing.length === 0) return
    container.resources ??= {}
    container.resources[kind] = { ...own, ...Object.fromEntries(missing.map((name) => [name, defaults[name]!])) }
    told.push(`${missing.sort().join(', ')} ${word} for ${what} ${container.name}`)
  }
  add('requests', requests, 'request')
  add('limits', most, 'limit')
}

function podProblems(pod: KubeObject, all: readonly Limit[], podLevel: boolean): string[] {
  const containers: Container[] = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  return all.flatMap((limit) => {
    if (limit.type === 'Container')
      return containers.flatMap(({ resources }) =>
        violations('Container', limit, amountsOf(resources?.requests), amountsOf(resources?.limits)),
      )
    if (limit.type !== 'Pod') return []
    const options = { podLevel: (name: string) => podLevel && (name === 'cpu' || name === 'memory'), overhead: false }
    return violations('Pod', limit, podAmounts(pod, 'requests', options), podAmounts(pod, 'limits', options))
  })
}

function claimProblems(claim: KubeObject, all: readonly Limit[]): string[] {
  const requests = amountsOf(claim.spec?.resources?.requests)
  return all.flatMap((limit) =>
    limit.type === 'PersistentVolumeClaim' ? violations(limit.type, limit, requests, undefined) : [],
  )
}
