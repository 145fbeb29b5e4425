import { createHash } from 'node:crypto'
import {
  type APIGroupInfo,
  type GroupVersionKind,
  groupOrder,
  type Resource,
  type Subresource,
} from '../../registry/index.js'

/** A group as discovery lists it. */
export interface DiscoveryGroup extends APIGroupInfo {
  /** The rank of a group that is not built in. Default: 1000, that of custom resources. */
  readonly groupPriority?: number
}

type DocumentType =
  | 'meta.v1.APIVersions'
  | 'meta.v1.APIGroup'
  | 'meta.v1.APIGroupList'
  | 'meta.v1.APIResourceList'
  | 'apidiscovery.v2.APIGroupDiscoveryList'

/** A document and what it takes to send it: bytes are made on first demand and kept. */
export interface DiscoveryDocument {
  /** As it goes over the wire; keys in the order in which Go writes them. */
  readonly value: object
  /** The type of the facts it is an instance of. */
  readonly type: DocumentType
  readonly json: Buffer
  /** Upper-case hexadecimal SHA-512 of the JSON, without quotes. */
  readonly hash: string
}

const customResourcePriority = 1000

/**
 * The discovery documents of a server: loops over its groups. Each is made on first demand and kept until the groups change.
 */
export class DiscoveryDocuments {
  readonly #serverAddress: string
  #groups: readonly DiscoveryGroup[] = []
  #cache = new Map<string, DiscoveryDocument>()

  /** @param serverAddress `host:port` that clients are told to use; source: apiserver discovery.DefaultAddresses */
  constructor(serverAddress: string) {
    this.#serverAddress = serverAddress
  }

  /** Replaces all groups, in any order; "" is the core group. Groups and versions without resources are left out. */
  setGroups(groups: readonly DiscoveryGroup[]): void {
    this.#groups = groups
      .map((group) => ({ ...group, versions: group.versions.filter((v) => serves(group, v)) }))
      .filter((group) => group.versions.length > 0)
      .sort((a, b) => rank(b) - rank(a) || (a.group < b.group ? -1 : 1))
    this.invalidate()
  }

  /** Forgets the documents, for when a group's resources have changed in place. */
  invalidate(): void {
    this.#cache = new Map()
  }

  /** Groups in the order of discovery. */
  get groups(): readonly DiscoveryGroup[] {
    return this.#groups
  }

  /** `/api`. */
  apiVersions(): DiscoveryDocument {
    return this.#document('api', 'meta.v1.APIVersions', () => ({
      kind: 'APIVersions',
      versions: this.#find('')?.versions ?? [],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: this.#serverAddress }],
    }))
  }

  /** `/apis`. */
  groupList(): DiscoveryDocument {
    return this.#document('apis', 'meta.v1.APIGroupList', () => ({
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: this.#groups.filter((group) => group.group !== '').map(describeGroup),
    }))
  }

  /** `/apis/<group>`; undefined if there is no such group. */
  group(name: string): DiscoveryDocument | undefined {
    const group = name === '' ? undefined : this.#find(name)
    if (group === undefined) return undefined
    return this.#document(`apis/${name}`, 'meta.v1.APIGroup', () => ({
      kind: 'APIGroup',
      apiVersion: 'v1',
      ...describeGroup(group),
    }))
  }

  /** `/api/v1` (group "") and `/apis/<group>/<version>`; undefined if that is not served. */
  resourceList(name: string, version: string): DiscoveryDocument | undefined {
    const group = this.#find(name)
    if (!group?.versions.includes(version)) return undefined
    return this.#document(`apis/${name}/${version}`, 'meta.v1.APIResourceList', () => ({
      kind: 'APIResourceList',
      // Upstream keeps the core group's list as it was before lists had versions.
      ...(name !== '' && { apiVersion: 'v1' }),
      groupVersion: name === '' ? version : `${name}/${version}`,
      resources: resourcesOf(group, version).flatMap(describeResource),
    }))
  }

  /** APIGroupDiscoveryList v2 of `/api` (`core`) or `/apis`. */
  aggregated(core: boolean): DiscoveryDocument {
    return this.#document(core ? 'agg/api' : 'agg/apis', 'apidiscovery.v2.APIGroupDiscoveryList', () => ({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: this.#groups.filter((group) => (group.group === '') === core).map(aggregateGroup),
    }))
  }

  #find(name: string): DiscoveryGroup | undefined {
    return this.#groups.find((group) => group.group === name)
  }

  #document(key: string, type: DocumentType, build: () => object): DiscoveryDocument {
    let document = this.#cache.get(key)
    if (document === undefined) {
      document = new LazyDocument(type, build())
      this.#cache.set(key, document)
    }
    return document
  }
}

class LazyDocument implements DiscoveryDocument {
  #json: Buffer | undefined
  #hash: string | undefined

  constructor(
    readonly type: DocumentType,
    readonly value: object,
  ) {}

  get json(): Buffer {
    this.#json ??= Buffer.from(`${JSON.stringify(this.value)}\n`)
    return this.#json
  }

  get hash(): string {
    this.#hash ??= createHash('sha512').update(this.json).digest('hex').toUpperCase()
    return this.#hash
  }
}

/** What `storageVersionHash` is. Source: apiserver pkg/endpoints/discovery/storageversionhash.go. */
export function storageVersionHash(group: string, version: string, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function rank(group: DiscoveryGroup): number {
  if (group.group === 'apiregistration.k8s.io') return 17_999 // the aggregator lists its own group before all APIServices
  return (
    group.groupPriority ??
    groupOrder.find((entry) => entry.group === group.group)?.groupPriority ??
    customResourcePriority
  )
}

const serves = (group: APIGroupInfo, version: string): boolean =>
  group.resources.some((resource) => resource.versions.some((v) => v.version === version))

const resourcesOf = (group: APIGroupInfo, version: string): readonly Resource[] =>
  group.resources
    .filter((resource) => resource.versions.some((v) => v.version === version))
    .sort((a, b) => (a.resource < b.resource ? -1 : 1))

function describeGroup(group: APIGroupInfo): object {
  const versions = group.versions.map((version) => ({ groupVersion: `${group.group}/${version}`, version }))
  return { name: group.group, versions, preferredVersion: versions[0] }
}

function describeResource(resource: Resource): readonly object[] {
  const { storage, shortNames, categories } = resource
  const main = {
    name: resource.resource,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: [...resource.verbs],
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(storage !== undefined && {
      storageVersionHash: storageVersionHash(storage.version.group, storage.version.version, storage.version.kind),
    }),
  }
  return [main, ...resource.subresources.map((sub) => describeSubresource(resource, sub))]
}

const describeSubresource = (resource: Resource, { name, responseKind, verbs }: Subresource): object => ({
  name: `${resource.resource}/${name}`,
  singularName: '',
  namespaced: resource.namespaced,
  ...(responseKind.group !== '' && { group: responseKind.group }),
  ...(responseKind.version !== '' && { version: responseKind.version }),
  kind: responseKind.kind,
  verbs: [...verbs],
})

const aggregateGroup = (group: APIGroupInfo): object => ({
  metadata: group.group === '' ? {} : { name: group.group },
  versions: group.versions.map((version) => ({
    version,
    resources: resourcesOf(group, version).map(aggregateResource),
    freshness: 'Current',
  })),
})

const aggregateResource = (resource: Resource): object => ({
  resource: resource.resource,
  responseKind: kindOf({ group: '', version: '', kind: resource.kind }),
  scope: resource.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: resource.singular,
  verbs: [...resource.verbs],
  ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
  ...(resource.categories.length > 0 && { categories: resource.categories }),
  ...(resource.subresources.length > 0 && {
    subresources: resource.subresources.map((sub) => ({
      subresource: sub.name,
      responseKind: kindOf(sub.responseKind),
      verbs: [...sub.verbs],
    })),
  }),
})

const kindOf = ({ group, version, kind }: GroupVersionKind): object => ({ group, version, kind })
