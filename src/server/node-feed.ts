import type { NodeGraph, NodeGraphKind } from '../authz/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { Subscription } from '../store/index.js'
import { follow, together } from './follow.js'

const kinds: readonly (readonly [resource: string, kind: NodeGraphKind])[] = [
  ['/pods', 'Pod'],
  ['/persistentvolumes', 'PersistentVolume'],
  ['storage.k8s.io/volumeattachments', 'VolumeAttachment'],
  ['resource.k8s.io/resourceslices', 'ResourceSlice'],
  ['certificates.k8s.io/podcertificaterequests', 'PodCertificateRequest'],
]

/** Keeps the Node authorizer's graph true: which node has to do with what. */
export function feedNodeGraph(graph: NodeGraph, registries: ReadonlyMap<string, GenericRegistry>): Subscription {
  const subscriptions = kinds.flatMap(([resource, kind]) => {
    const registry = registries.get(resource)
    if (registry === undefined) return []
    return follow(registry, {
      ...(kind === 'Pod' ? { concerns: isBound } : {}),
      set: (object) => graph.set(kind, object),
      delete: (namespace, name) => graph.delete(kind, namespace, name),
    })
  })
  return together(subscriptions)
}

/**
 * A pod without a node is of no node's concern, and one that has a node never loses it. Text inside of strings has its quotes
 * escaped, so that only a member can look like this.
 */
const isBound = (value: Buffer): boolean => value.includes('"nodeName":"')
