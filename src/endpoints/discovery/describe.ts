import { createHash } from 'node:crypto'
import {
  type APIGroupInfo,
  type GroupVersionKind,
  groupOrder,
  type Resource,
  type Subresource,
} from '../../registry/index.js'

// What discovery says of a group, a version and a resource; keys in the order in which Go writes them.

const customVersionPriority = 100

export const resourcesOf = (group: APIGroupInfo, version: string): readonly Resource[] =>
  group.resources
    .filter((resource) => resource.versions.some((v) => v.version === version))
    .sort((a, b) => (a.resource < b.resource ? -1 : 1))

export function describeGroup(group: Pick<APIGroupInfo, 'group' | 'versions'>): object {
  const versions = group.versions.map((version) => ({ groupVersion: `${group.group}/${version}`, version }))
  return { name: group.group, versions, preferredVersion: versions[0] }
}

export function describeResource(resource: Resource): readonly object[] {
  const { storage, shortNames, categories } = resource
  const main = {
    name: resource.resource,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: [...(resource.shownVerbs ?? resource.verbs)],
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(storage !== undefined && {
      storageVersionHash: storageVersionHash(
        storage.version.group,
        storage.writtenAs ?? storage.version.version,
        storage.version.kind,
      ),
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

export const aggregateVersion = (group: APIGroupInfo, version: string) => ({
  priority:
    groupOrder.find((entry) => entry.group === group.group && entry.version === version)?.versionPriority ??
    customVersionPriority,
  value: {
    version,
    resources: resourcesOf(group, version).map((resource) => aggregateResource(resource, version)),
    freshness: 'Current',
  },
})

const aggregateResource = (resource: Resource, version: string): object => ({
  resource: resource.resource,
  responseKind: kindOf({ group: '', version: '', kind: resource.kind }, resource, version),
  scope: resource.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: resource.singular,
  verbs: [...(resource.shownVerbs ?? resource.verbs)],
  ...(resource.shortNames.length > 0 && { shortNames: resource.shortNames }),
  ...(resource.categories.length > 0 && { categories: resource.categories }),
  ...(resource.subresources.length > 0 && {
    subresources: resource.subresources.map((sub) => ({
      subresource: sub.name,
      responseKind: kindOf(sub.responseKind, resource, version),
      verbs: [...sub.verbs],
    })),
  }),
})

/** Of custom resources the group and version are told even where they are those around. */
function kindOf({ group, version, kind }: GroupVersionKind, resource: Resource, around: string): object {
  const isCustom = resource.versions.some(({ form }) => form !== undefined)
  return isCustom && version === '' ? { group: resource.group, version: around, kind } : { group, version, kind }
}

/** What `storageVersionHash` is. Source: apiserver pkg/endpoints/discovery/storageversionhash.go. */
export function storageVersionHash(group: string, version: string, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}
