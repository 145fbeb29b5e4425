import type { RequestInfo } from '../http/index.js'

const reading: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'proxy'])

/**
 * How many watches run on what, so that a write can be charged with the watchers it will have to be told to.
 * Source: apiserver pkg/util/flowcontrol/watch_tracker.go.
 */
export class WatchTracker {
  readonly #counts = new Map<string, number>()

  /** @returns what forgets the watch */
  register(info: RequestInfo): () => void {
    if (info.resource === 'pods' && watchesOneNode(info.fieldSelector)) return () => {}
    const key = keyOf(info, info.namespace, info.name)
    this.#add(key, 1)
    let isOver = false
    return () => {
      if (!isOver) this.#add(key, -1)
      isOver = true
    }
  }

  /** Watches of the whole resource, of the namespace, and of the object itself; 0 for what changes nothing. */
  interestedIn(info: RequestInfo): number {
    if (this.#counts.size === 0 || reading.has(info.verb)) return 0
    const { namespace, name } = info
    let count = this.#counts.get(keyOf(info, '', '')) ?? 0
    if (namespace !== '') count += this.#counts.get(keyOf(info, namespace, '')) ?? 0
    if (name !== '') count += this.#counts.get(keyOf(info, namespace, name)) ?? 0
    return count
  }

  #add(key: string, change: number): void {
    const count = (this.#counts.get(key) ?? 0) + change
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
  }
}

const keyOf = ({ apiGroup, resource }: RequestInfo, namespace: string, name: string): string =>
  `${apiGroup}/${resource}/${namespace}/${name}`

/** A kubelet's watch: an event of a pod goes to one of them at most, so that they do not count. */
const watchesOneNode = (selector: string): boolean =>
  selector.includes('spec.nodeName') &&
  selector.split(',').some((term) => /^\s*spec\.nodeName\s*==?\s*[^=\s]/.test(term))
