import { type KubeObject, parseQuantity, type Quantity } from '../../../api/index.js'
import type { PodSpec } from './types.js'

/** Source: pkg/apis/core/helper/qos. */
export const podQos = (pod: KubeObject, podLevel = true): string =>
  pod.status?.qosClass || computeQos(pod.spec ?? {}, podLevel)

const computeResources = ['cpu', 'memory']

/** `Guaranteed`, `Burstable` or `BestEffort`. Pod-level resources count instead of the containers' where there are any, and they are looked at. */
export function computeQos(spec: PodSpec, podLevel = true): string {
  const requests: Sums = new Map()
  const limits: Sums = new Map()
  let guaranteed = true
  const own = podLevel ? spec.resources : undefined
  const lists = own
    ? [own]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.resources ?? {})
  for (const list of lists) {
    addPositive(requests, list.requests)
    const limited = addPositive(limits, list.limits)
    // At pod level, no limits at all leave the question to the sums.
    const counts = !own || Object.keys(list.limits ?? {}).length > 0
    if (counts && limited < computeResources.length) guaranteed = false
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  const equal = [...requests].every(([name, request]) => limits.get(name)?.equals(request))
  return guaranteed && equal && requests.size === limits.size ? 'Guaranteed' : 'Burstable'
}

type Sums = Map<string, Quantity>

/** How many of the compute resources have a positive amount. */
function addPositive(sums: Sums, list: Readonly<Record<string, string>> | undefined): number {
  let found = 0
  for (const name of computeResources) {
    const text = list?.[name]
    if (text === undefined) continue
    const quantity = parseQuantity(text)
    if (quantity.sign <= 0) continue
    found++
    sums.set(name, sums.get(name)?.add(quantity) ?? quantity)
  }
  return found
}
