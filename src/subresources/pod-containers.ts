import { badRequest, type KubeObject } from '../api/index.js'

/**
 * The container that is meant where a pod is asked for a stream.
 *
 * @throws ApiError 400 if it is not clear which, or there is none of that name
 * @see kubernetes pkg/registry/core/pod/strategy.go, validateContainer
 */
export function containerOf(pod: KubeObject, asked: string): string {
  const { name } = pod.metadata
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {}
  const names: string[] = [...initContainers, ...containers, ...ephemeralContainers].map((one) => one.name)
  if (asked !== '') {
    if (names.includes(asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${name}`)
  }
  if (containers.length === 1) return containers[0].name
  if (containers.length === 0) throw badRequest(`a container name must be specified for pod ${name}`)
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
}
