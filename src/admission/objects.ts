import type { KubeObject } from '../api/index.js'

/**
 * What plugins look up while they decide: synchronous reads of the newest stored state. Resources are `group/plural`
 * (`/pods` for the core group); one that is not served has no objects. Objects are shared: they must not be changed.
 */
export interface ObjectReader {
  /** @param namespace empty for cluster-scoped resources */
  find(resource: string, namespace: string, name: string): KubeObject | undefined
  /** In the order of their keys. @param namespace empty: all of them */
  list(resource: string, namespace: string): readonly KubeObject[]
}

/** The objects of a resource one after the other, parsed when they are called for: for many, and for those that change much. */
export type ObjectScan = (resource: string, namespace: string) => Iterable<() => KubeObject>
