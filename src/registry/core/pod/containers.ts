import { child, index } from '../../../api/index.js'
import type { Container, PodSpec } from './types.js'

/** Calls back for every container of a pod, init containers first, ephemeral ones last. */
export function forEachContainer(
  spec: PodSpec,
  path: string,
  visit: (container: Container, path: string) => void,
): void {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    spec[list]?.forEach((container, i) => {
      visit(container, index(child(path, list), i))
    })
  }
}

/** Whether any container of a pod has a property, in the same order. */
export function someContainer(spec: PodSpec, test: (container: Container) => boolean): boolean {
  return (
    (spec.initContainers?.some(test) ?? false) ||
    (spec.containers?.some(test) ?? false) ||
    (spec.ephemeralContainers?.some(test) ?? false)
  )
}
