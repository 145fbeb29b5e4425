import { createHash } from 'node:crypto'
import type { RegisteredVersion } from '../../aggregator/index.js'
import { compareVersions } from '../../crd/index.js'
import { type APIGroupInfo, groupOrder } from '../../registry/index.js'
import { aggregateVersion, describeGroup, describeResource, resourcesOf } from './describe.js'

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
const ownGroup = 'apiregistration.k8s.io'

/**
 * The discovery documents of a server: loops over its groups. Each is made on first demand and kept until the groups change.
 */
export class DiscoveryDocuments {
  readonly #serverAddress: string
  #groups: readonly DiscoveryGroup[] = []
  #readRegistered: (() => readonly RegisteredVersion[]) | undefined
  #sorted: readonly (readonly RegisteredVersion[])[] | undefined
  #cache = new Map<string, DiscoveryDocument>()
  #aggregations = 0

  /**
   * @param serverAddress `host:port` that clients are told to use; source: apiserver discovery.DefaultAddresses
   * @param cbor lists of resources are offered as CBOR too
   */
  constructor(
    serverAddress: string,
    readonly cbor = false,
  ) {
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

  /**
   * Replaces the group versions that are registered, in any order: `/apis` and `/apis/<group>` list those and no others, and
   * the aggregated document what other servers have. Without any such call all groups count as registered.
   *
   * @param read called when somebody asks; calls come in numbers while definitions are made
   */
  setRegistered(read: () => readonly RegisteredVersion[]): void {
    this.#readRegistered = read
    this.#sorted = undefined
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
      groups: this.#listed(),
    }))
  }

  /** `/apis/<group>`; undefined if there is no such group. */
  group(name: string): DiscoveryDocument | undefined {
    const registered = this.#registered?.find(([version]) => version!.group === name)
    const group = name === '' ? undefined : (registered && groupOf(registered)) || this.#find(name)
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
      items: this.#aggregated(core),
    }))
  }

  /** How often an aggregated document was made. */
  get aggregations(): number {
    return this.#aggregations
  }

  get #registered(): readonly (readonly RegisteredVersion[])[] | undefined {
    if (this.#sorted === undefined && this.#readRegistered !== undefined) this.#sorted = inOrder(this.#readRegistered())
    return this.#sorted
  }

  #listed(): object[] {
    const own = this.#groups.filter((group) => group.group === ownGroup)
    const groups =
      this.#registered === undefined
        ? this.#groups.filter((group) => group.group !== '')
        : [...own, ...this.#registered.map(groupOf).filter(({ group }) => group !== '' && group !== ownGroup)]
    return groups.map(describeGroup)
  }

  /** What other servers have takes the place of what this one has under the same version. */
  #aggregated(core: boolean): object[] {
    this.#aggregations++
    const remote = (this.#registered ?? []).flat().filter((version) => version.remote !== undefined)
    const groups = new Map<string, AggregatedGroup>()
    for (const group of this.#groups) {
      const versions = group.versions.map((version) => [version, aggregateVersion(group, version)] as const)
      groups.set(group.group, { name: group.group, priority: rank(group), versions: new Map(versions) })
    }
    for (const { group: name, version, groupPriority, versionPriority, remote: found } of remote) {
      const group = groups.get(name) ?? { name, priority: groupPriority, versions: new Map() }
      const { resources, freshness } = found!
      const value = { version, ...(resources.length > 0 && { resources }), freshness }
      group.versions.set(version, { priority: versionPriority, value })
      group.priority = Math.max(group.priority, groupPriority)
      groups.set(name, group)
    }
    return [...groups.values()]
      .filter(({ name }) => (name === '') === core)
      .sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1))
      .map(({ name, versions }) => ({
        metadata: name === '' ? {} : { name },
        versions: [...versions]
          .sort(([a, left], [b, right]) => right.priority - left.priority || compareVersions(a, b))
          .map(([, { value }]) => value),
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

function rank(group: DiscoveryGroup): number {
  if (group.group === ownGroup) return 20_001 // the aggregator lists its own group before all APIServices
  return (
    group.groupPriority ??
    groupOrder.find((entry) => entry.group === group.group)?.groupPriority ??
    customResourcePriority
  )
}

interface AggregatedGroup {
  readonly name: string
  priority: number
  readonly versions: Map<string, { readonly priority: number; readonly value: object }>
}

/**
 * Groups by the priority of their best ranked version, then by the name of its APIService; versions of a group by theirs.
 * Source: kube-aggregator pkg/apis/apiregistration/v1/helper, SortedByGroupAndVersion.
 */
function inOrder(versions: readonly RegisteredVersion[]): readonly (readonly RegisteredVersion[])[] {
  const groups = new Map<string, RegisteredVersion[]>()
  for (const version of versions.toSorted((a, b) => b.groupPriority - a.groupPriority || (a.name < b.name ? -1 : 1))) {
    const group = groups.get(version.group)
    if (group === undefined) groups.set(version.group, [version])
    else group.push(version)
  }
  for (const group of groups.values())
    group.sort((a, b) => b.versionPriority - a.versionPriority || compareVersions(a.version, b.version))
  return [...groups.values()]
}

const groupOf = (versions: readonly RegisteredVersion[]): Pick<APIGroupInfo, 'group' | 'versions'> => ({
  group: versions[0]!.group,
  versions: versions.map(({ version }) => version),
})

const serves = (group: APIGroupInfo, version: string): boolean =>
  group.resources.some((resource) => resource.versions.some((v) => v.version === version))
