import type { KubeObject } from '../../api/index.js'
import { podReferences, type Vertex, vertex, volumeSecrets } from './pod-references.js'

export type NodeGraphKind = 'Pod' | 'PersistentVolume' | 'VolumeAttachment' | 'ResourceSlice' | 'PodCertificateRequest'

interface Contribution {
  readonly node: string
  /** What leads to `node` at once. */
  readonly near: readonly Vertex[]
  /** What leads on to another vertex. */
  readonly links: readonly (readonly [Vertex, Vertex])[]
}

/**
 * Which objects a node has to do with: through its pods, their claims and volumes. A path is short (secret → volume → claim →
 * node at most), and what pods refer to is indexed by node, so that a config map of ten thousand pods costs one look-up.
 */
export class NodeGraph {
  readonly #contributions = new Map<Vertex, Contribution>()
  /** Vertex → node → how many objects say so. */
  readonly #near = new Map<Vertex, Map<string, number>>()
  readonly #links = new Map<Vertex, Map<Vertex, number>>()

  set(kind: NodeGraphKind, object: KubeObject): void {
    const { namespace = '', name = '' } = object.metadata
    this.delete(kind, namespace, name)
    const self = vertex(kind.toLowerCase(), namespace, name)
    const contribution = contributionOf(kind, self, object)
    if (contribution === undefined) return
    this.#contributions.set(self, contribution)
    this.#apply(contribution, 1)
  }

  delete(kind: NodeGraphKind, namespace: string, name: string): void {
    const self = vertex(kind.toLowerCase(), namespace, name)
    const old = this.#contributions.get(self)
    if (old === undefined) return
    this.#contributions.delete(self)
    this.#apply(old, -1)
  }

  reaches(from: Vertex, node: string, depth = 0): boolean {
    if (this.#near.get(from)?.has(node) === true) return true
    const links = this.#links.get(from)
    if (links === undefined || depth > 3) return false
    for (const next of links.keys()) if (this.reaches(next, node, depth + 1)) return true
    return false
  }

  #apply({ node, near, links }: Contribution, change: 1 | -1): void {
    for (const from of near) count(this.#near, from, node, change)
    for (const [from, to] of links) count(this.#links, from, to, change)
  }
}

function count(map: Map<Vertex, Map<string, number>>, from: Vertex, to: string, change: 1 | -1): void {
  const counts = map.get(from) ?? new Map<string, number>()
  const left = (counts.get(to) ?? 0) + change
  if (left > 0) counts.set(to, left)
  else counts.delete(to)
  if (counts.size > 0) map.set(from, counts)
  else map.delete(from)
}

function contributionOf(kind: NodeGraphKind, self: Vertex, object: KubeObject): Contribution | undefined {
  const { spec } = object
  if (kind === 'PersistentVolume') {
    const claim = spec?.claimRef
    if (claim === undefined) return undefined
    const toClaim = [self, vertex('persistentvolumeclaim', claim.namespace ?? '', claim.name ?? '')] as const
    return { node: '', near: [], links: [toClaim, ...volumeSecrets(object).map((secret) => [secret, self] as const)] }
  }
  const node: unknown = spec?.nodeName
  if (typeof node !== 'string' || node === '') return undefined
  const near = kind === 'Pod' ? [self, ...podReferences(object)] : [self]
  return { node, near, links: [] }
}
