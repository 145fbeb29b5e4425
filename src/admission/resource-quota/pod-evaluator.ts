import {
  isExtendedResource,
  isNativeResource,
  isPodLevelResource,
  type KubeObject,
  quantityOf,
} from '../../api/index.js'
import { type Amounts, amountsOf, type Container, podAmounts, type ResourceList } from '../pod-resources.js'
import { type Evaluator, type ScopeSelector, selects } from './evaluator.js'

const counted = new Set([
  'count/pods',
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
])
/** Where a quota has one of these, every container must say it. */
const demanded = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory']
const hugePages = 'hugepages-'
const deviceClass = 'deviceclass.resource.kubernetes.io/'
const one = quantityOf(1)

/**
 * @param podLevel whether pods may have resources of their own (feature gate PodLevelResources)
 * @see kubernetes pkg/quota/v1/evaluator/core/pods.go
 */
export function podEvaluator(podLevel: boolean, now: () => number): Evaluator {
  return {
    handles({ subresource, operation, object, oldObject }) {
      if (subresource === 'resize') return operation === 'UPDATE'
      if (subresource !== '') return false
      return operation === 'CREATE' || (operation === 'UPDATE' && isTerminating(object) !== isTerminating(oldObject))
    },
    matches: (name) =>
      counted.has(name) ||
      name.startsWith(hugePages) ||
      name.startsWith(`requests.${hugePages}`) ||
      (name.startsWith('requests.') && (!isNativeResource(name) || name.startsWith(`requests.${deviceClass}`))),
    matchesScope,
    constraint(names, pod) {
      if (podLevel && hasPodLevelResources(pod)) return undefined
      return missing(
        demanded.filter((name) => names.includes(name)),
        pod,
      )
    },
    usage(pod) {
      const count: Amounts = new Map([['count/pods', one]])
      if (isOver(pod, now())) return count
      const of = statusAmounts(pod)
      const options = {
        podLevel: (name: string) => podLevel && isPodLevelResource(name),
        overhead: true,
        ...(of === undefined ? {} : { of }),
      }
      return new Map([
        ...count,
        ...quotaAmounts(podAmounts(pod, 'requests', options), podAmounts(pod, 'limits', options)),
      ])
    },
  }
}

const isTerminating = (pod: KubeObject | undefined): boolean => (pod?.spec?.activeDeadlineSeconds ?? -1) >= 0

function matchesScope(selector: ScopeSelector, pod: KubeObject): boolean {
  switch (selector.scopeName) {
    case 'Terminating':
      return isTerminating(pod)
    case 'NotTerminating':
      return !isTerminating(pod)
    case 'BestEffort':
      return pod.status?.qosClass === 'BestEffort'
    case 'NotBestEffort':
      return pod.status?.qosClass !== 'BestEffort'
    case 'PriorityClass':
      return selects(selector, pod.spec?.priorityClassName || undefined)
    case 'CrossNamespacePodAffinity':
      return looksBeyondNamespace(pod)
    default:
      return false
  }
}

interface AffinityTerm {
  readonly namespaces?: readonly string[]
  readonly namespaceSelector?: unknown
}

function looksBeyondNamespace({ spec }: KubeObject): boolean {
  const beyond = ({ namespaces = [], namespaceSelector }: AffinityTerm) =>
    namespaces.length > 0 || namespaceSelector !== undefined
  return [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].some((affinity) => {
    const required: readonly AffinityTerm[] = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
    const preferred: readonly { podAffinityTerm?: AffinityTerm }[] =
      affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    return required.some(beyond) || preferred.some(({ podAffinityTerm }) => beyond(podAffinityTerm ?? {}))
  })
}

/** Pods that have ended, or should have, take nothing but their place. */
function isOver({ metadata, status }: KubeObject, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true
  const { deletionTimestamp, deletionGracePeriodSeconds: grace } = metadata
  return deletionTimestamp !== undefined && grace !== undefined && now > Date.parse(deletionTimestamp) + grace * 1000
}

const hasPodLevelResources = ({ spec }: KubeObject): boolean =>
  [...Object.keys(spec?.resources?.requests ?? {}), ...Object.keys(spec?.resources?.limits ?? {})].some(
    isPodLevelResource,
  )

function missing(names: readonly string[], { spec }: KubeObject): string | undefined {
  if (names.length === 0) return undefined
  const containers: Container[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  const texts = names.flatMap((name) => {
    const silent = containers
      .filter(({ resources }) => !quotaAmounts(amountsOf(resources?.requests), amountsOf(resources?.limits)).has(name))
      .map((container) => container.name ?? '')
    return silent.length === 0 ? [] : [`${name} for: ${[...new Set(silent)].sort().join(',')}`]
  })
  return texts.length === 0 ? undefined : `must specify ${texts.join('; ')}`
}

/** Requests and limits under the names that quotas have for them. */
function quotaAmounts(requests: Amounts, limits: Amounts): Amounts {
  const amounts: Amounts = new Map([['pods', one]])
  for (const name of ['cpu', 'memory', 'ephemeral-storage']) {
    const request = requests.get(name)
    if (request !== undefined) amounts.set(name, request).set(`requests.${name}`, request)
    const limit = limits.get(name)
    if (limit !== undefined) amounts.set(`limits.${name}`, limit)
  }
  for (const [name, request] of requests) {
    if (name.startsWith(hugePages)) amounts.set(name, request)
    if (name.startsWith(hugePages) || isExtended(name)) amounts.set(`requests.${name}`, request)
  }
  return amounts
}

const isExtended = (name: string): boolean => name.startsWith(deviceClass) || isExtendedResource(name)

interface ContainerStatus {
  readonly name: string
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList }
  readonly allocatedResources?: ResourceList
}

/**
 * Amounts of containers that are being resized: the largest of what is wanted, allocated and in force; undefined where no
 * container tells. Source: component-helpers resource, determineEffectiveRequests and Limits.
 */
function statusAmounts({
  status,
}: KubeObject): ((container: Container, kind: 'requests' | 'limits') => Amounts) | undefined {
  const told: ContainerStatus[] = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  const statuses = new Map(told.filter(({ resources }) => resources !== undefined).map((one) => [one.name, one]))
  if (statuses.size === 0) return undefined
  const conditions: readonly { type?: string; reason?: string }[] = status?.conditions ?? []
  const infeasible = conditions.find(({ type }) => type === 'PodResizePending')?.reason === 'Infeasible'
  return (container, kind) => {
    const wanted = container.resources?.[kind]
    const found = statuses.get(container.name ?? '')
    if (found === undefined) return amountsOf(wanted)
    const inForce = found.resources?.[kind]
    const allocated = kind === 'requests' ? found.allocatedResources : undefined
    return largest(infeasible ? [inForce, allocated] : [wanted, inForce, allocated])
  }
}

function largest(lists: readonly (ResourceList | undefined)[]): Amounts {
  const most: Amounts = new Map()
  for (const list of lists)
    for (const [name, amount] of amountsOf(list)) {
      const known = most.get(name)
      if (known === undefined || amount.compare(known) > 0) most.set(name, amount)
    }
  return most
}
