import { isHugePages, isNativeResource, parseQuantity, type Quantity } from '../../../api/index.js'
import type { Container, PodSpec } from './types.js'

/** Sums over the resources of a pod's containers. Source: component-helpers resource/helpers.go. */
export type ResourceSums = Map<string, Quantity>

export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name)

export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

/** What all containers together take at once: the sum of the running ones, or a step of initialization if that takes more. */
export function aggregateContainers(spec: PodSpec, kind: 'requests' | 'limits'): ResourceSums {
  const sums: ResourceSums = new Map()
  for (const container of spec.containers ?? []) addAll(sums, container.resources?.[kind])
  const sidecars: ResourceSums = new Map()
  const initial: ResourceSums = new Map()
  for (const container of spec.initContainers ?? []) {
    const own = container.resources?.[kind]
    if (isSidecar(container)) {
      addAll(sums, own)
      addAll(sidecars, own)
      raise(initial, sidecars)
    } else {
      const step: ResourceSums = new Map(sidecars)
      addAll(step, own)
      raise(initial, step)
    }
  }
  raise(sums, initial)
  return sums
}

function addAll(sums: ResourceSums, list: Readonly<Record<string, string>> | undefined): void {
  if (list === undefined || list === null) return
  for (const name of Object.keys(list)) {
    const sum = sums.get(name)
    const quantity = parseQuantity(list[name]!)
    sums.set(name, sum === undefined ? quantity : sum.add(quantity))
  }
}

function raise(sums: ResourceSums, floor: ResourceSums): void {
  for (const [name, quantity] of floor) {
    const sum = sums.get(name)
    if (sum === undefined || sum.compare(quantity) < 0) sums.set(name, quantity)
  }
}
