import {
  apiVersionOf,
  compareReleases,
  convertBuiltin,
  fillDefaults,
  type KubeObject,
  kindShape,
  kubernetesRelease,
  minorBefore,
  parseApiVersion,
  type Release,
} from '../api/index.js'
import { deprecationWarning } from './catalog/deprecation.js'
import { groupOrder } from './catalog/group-order.js'
import { lifecycleOf } from './catalog/lifecycle.js'
import { type CatalogEntry, catalog } from './catalog.js'
import { tableColumns } from './printers/index.js'
import type {
  APIGroupInfo,
  Resource,
  ResourceVersion,
  Subresource,
  SubresourceHandler,
  VirtualResource,
} from './resource.js'
import type { ResourceRules } from './rules.js'
import { rulesOf } from './rules-of.js'

/** What is to be served of the built-in kinds. */
export interface BuiltinOptions {
  /** Seconds after which events go by themselves (--event-ttl); 0: never. Default: an hour. */
  readonly eventTtlSeconds?: number
  /** Whether --runtime-config and the defaults let a resource be served in a version. */
  served(group: string, version: string, resource: string, introducedDefaultOn: boolean): boolean
  /** The oldest release that has to understand what is written to a store that others read too. Default: the one before. */
  readonly minCompatibility?: Release
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
  /** Resources and subresources of which nothing is stored, by `group/resource` and `group/resource/subresource`. */
  readonly virtual: ReadonlyMap<string, VirtualResource>
  /** Subresources that are left out, by `group/resource/subresource`. Default: none. */
  readonly missing?: ReadonlySet<string>
  /** Subresources with a handler of their own, by `group/resource/subresource`. */
  readonly handlers: ReadonlyMap<string, SubresourceHandler>
}

/** The built-in API groups, as values: groups in the order of discovery, versions and resources as they are preferred. */
export function builtinGroups(options: BuiltinOptions): APIGroupInfo[] {
  const groups = new Map<string, Resource[]>()
  for (const entry of catalog) {
    const resource = resourceOf(entry, options)
    if (resource === undefined) continue
    const list = groups.get(entry.group)
    if (list === undefined) groups.set(entry.group, [resource])
    else list.push(resource)
  }
  // apiregistration.k8s.io has no rank and comes first.
  const rank = (group: string) => groupOrder.findIndex((entry) => entry.group === group)
  return [...groups]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([group, resources]) => ({ group, versions: versionsOf(group, resources), resources }))
}

/** A built-in kind as it lies in the store, whether or not it is served. */
export interface StoredKind {
  readonly kind: string
  readonly rules: ResourceRules
  /** The storage version. */
  readonly version: ResourceVersion
  /** The version in which it is written where others read it too. */
  readonly writtenAs: string
  /** Any version of the kind that may be found stored. */
  versionOf(apiVersion: string): ResourceVersion | undefined
}

/** By prefix: `/registry/pods/`. Shapes are compiled when they are first needed. */
export function storedKinds(
  minCompatibility: Release = minorBefore(kubernetesRelease),
): ReadonlyMap<string, StoredKind> {
  const kinds = new Map<string, StoredKind>()
  for (const entry of catalog) {
    // Events of two groups share a storage: that of the core group.
    if (entry.storagePrefix === undefined || entry.storageGroup !== entry.group) continue
    const rules = rulesOf(entry.group, entry.resource)
    const version = new BuiltinVersion(entry, entry.storageGroup, entry.storageVersion, rules, ungated)
    kinds.set(entry.storagePrefix, {
      kind: entry.kind,
      rules,
      version,
      writtenAs: writtenVersion(entry, minCompatibility),
      versionOf(apiVersion) {
        if (apiVersion === version.apiVersion) return version
        const { group, version: name } = parseApiVersion(apiVersion)
        return kindShape(group, name, entry.kind) && new BuiltinVersion(entry, group, name, rules, ungated)
      },
    })
  }
  return kinds
}

/** What is read from the store has had the defaults of its gates when it was written. */
const ungated = (): boolean => false

function versionsOf(group: string, resources: readonly Resource[]): string[] {
  const served = [...new Set(resources.flatMap((resource) => resource.versions.map((v) => v.version)))]
  const rank = (version: string) =>
    groupOrder.find((entry) => entry.group === group && entry.version === version)?.versionPriority ?? 0
  return served.sort((a, b) => rank(b) - rank(a))
}

function resourceOf(entry: CatalogEntry, options: BuiltinOptions): Resource | undefined {
  if (entry.gate !== undefined && !options.enabled(entry.gate)) return undefined
  const served = entry.versions.filter((v) =>
    options.served(entry.group, v.version, entry.resource, v.introducedDefaultOn),
  )
  if (served.length === 0) return undefined
  const rules = rulesFor(entry, options)
  const enabled = (gate: string): boolean => options.enabled(gate)
  const storage = new BuiltinVersion(entry, entry.storageGroup, entry.storageVersion, rules, enabled)
  const versions = served.map(({ version }) =>
    entry.storageGroup === entry.group && entry.storageVersion === version
      ? storage
      : new BuiltinVersion(entry, entry.group, version, rules, enabled),
  )
  const virtual = options.virtual.get(`${entry.group}/${entry.resource}`)
  const writtenAs = writtenVersion(entry, options.minCompatibility ?? minorBefore(kubernetesRelease))
  return {
    group: entry.group,
    resource: entry.resource,
    singular: entry.singular,
    kind: entry.kind,
    shortNames: entry.shortNames,
    categories: entry.categories,
    namespaced: entry.namespaced,
    verbs: new Set(entry.verbs),
    versions,
    subresources: subresourcesOf(entry, options),
    rules,
    get columns() {
      return tableColumns(entry.group, entry.kind)
    },
    ...(entry.storagePrefix === undefined
      ? {}
      : { storage: { prefix: entry.storagePrefix, version: storage, writtenAs } }),
    ...(virtual === undefined ? {} : { virtual }),
  }
}

/**
 * The most preferred version that a release knows; the one objects are stored in where it knows none, or where that is
 * not left to preference. Source: apiserver pkg/server/storage/resource_encoding_config.go.
 */
function writtenVersion({ group, resource, versions, storageVersion }: CatalogEntry, release: Release): string {
  if (storageVersion !== versions[0]?.version) return storageVersion
  const known = versions.find(({ version }) => {
    const { introduced } = lifecycleOf(group, version, resource)
    return introduced === undefined || compareReleases(introduced, release) <= 0
  })
  return known?.version ?? storageVersion
}

function rulesFor(
  { group, resource }: CatalogEntry,
  { eventTtlSeconds = 3600, enabled }: BuiltinOptions,
): ResourceRules {
  const all = rulesOf(group, resource)
  const rules = all.without === undefined || enabled(all.without.gate) ? all : { ...all, ...all.without.rules }
  return resource === 'events' && eventTtlSeconds > 0 ? { ...rules, ttlSeconds: () => eventTtlSeconds } : rules
}

function subresourcesOf(entry: CatalogEntry, options: BuiltinOptions): Subresource[] {
  return entry.subresources
    .filter(({ gate }) => gate === undefined || options.enabled(gate))
    .filter(({ name }) => options.missing?.has(`${entry.group}/${entry.resource}/${name}`) !== true)
    .map(({ name, responseKind, verbs }) => {
      const path = `${entry.group}/${entry.resource}/${name}`
      const serve = options.handlers.get(path)
      const virtual = options.virtual.get(path)
      return {
        name,
        responseKind,
        verbs: new Set(verbs),
        get columns() {
          return tableColumns(responseKind.group || entry.group, responseKind.kind)
        },
        ...(serve === undefined ? {} : { serve }),
        ...(virtual === undefined ? {} : { virtual }),
      }
    })
}

/** A version of a built-in kind. Its shape is compiled when it is first needed. */
class BuiltinVersion implements ResourceVersion {
  readonly apiVersion: string
  readonly kind: string
  readonly listKind: string

  constructor(
    readonly entry: CatalogEntry,
    readonly group: string,
    readonly version: string,
    readonly rules: ResourceRules,
    readonly enabled: (gate: string) => boolean,
  ) {
    this.apiVersion = apiVersionOf({ group, version })
    this.kind = entry.kind
    this.listKind = `${entry.kind}List`
  }

  get shape() {
    const shape = kindShape(this.group, this.version, this.kind)
    if (shape === undefined) throw new Error(`no facts about ${this.apiVersion} ${this.kind}`)
    Object.defineProperty(this, 'shape', { value: shape })
    return shape
  }

  get deprecation() {
    const deprecation = deprecationWarning(this.group, this.version, this.kind)
    Object.defineProperty(this, 'deprecation', { value: deprecation })
    return deprecation
  }

  defaults(object: KubeObject): void {
    fillDefaults(object, this.shape)
    this.rules.defaults?.[this.version]?.(object, this.enabled)
  }

  toStorage(object: KubeObject): KubeObject {
    return convertBuiltin(
      object,
      this.kind,
      apiVersionOf({ group: this.entry.storageGroup, version: this.entry.storageVersion }),
    )
  }

  fromStorage(object: KubeObject): KubeObject {
    return convertBuiltin(object, this.kind, this.apiVersion)
  }
}
