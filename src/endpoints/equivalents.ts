import type { ResourceView } from '../admission/index.js'
import type { Resource, ResourceVersion, Subresource } from '../registry/index.js'

/** A version in which objects are served, under the name of a resource. */
export interface ServedView extends ResourceView {
  readonly version: ResourceVersion
}

/**
 * Which resources are the same objects under other names: those that lie in one place of the store.
 * Upstream: runtime.EquivalentResourceRegistry.
 */
export class EquivalentResources {
  readonly #views = new Map<string, ServedView[]>()

  add(resource: Resource, version: ResourceVersion): void {
    this.#list(resource, '').push(viewOf(resource, version, undefined))
    for (const subresource of resource.subresources)
      this.#list(resource, subresource.name).push(viewOf(resource, version, subresource))
  }

  remove(resource: Resource): void {
    const names = new Set(resource.versions.map(({ version }) => version))
    for (const subresource of ['', ...resource.subresources.map(({ name }) => name)]) {
      const key = keyOf(resource, subresource)
      const left = this.#list(resource, subresource).filter(
        ({ resource: { group, resource: name, version } }) =>
          group !== resource.group || name !== resource.resource || !names.has(version),
      )
      if (left.length === 0) this.#views.delete(key)
      else this.#views.set(key, left)
    }
  }

  /** A resource, not one of its subresources, whose objects are of this kind. */
  findKind(group: string, version: string, kind: string): ServedView | undefined {
    for (const [key, views] of this.#views) {
      if (!key.endsWith(' ')) continue
      const found = views.find(
        (view) => view.kind.kind === kind && view.kind.version === version && view.kind.group === group,
      )
      if (found !== undefined) return found
    }
    return undefined
  }

  of(resource: Resource, subresource: string): readonly ServedView[] {
    return this.#views.get(keyOf(resource, subresource)) ?? []
  }

  #list(resource: Resource, subresource: string): ServedView[] {
    const key = keyOf(resource, subresource)
    let list = this.#views.get(key)
    if (list === undefined) {
      list = []
      this.#views.set(key, list)
    }
    return list
  }
}

const keyOf = ({ group, resource, storage }: Resource, subresource: string): string =>
  `${storage?.prefix ?? `${group}/${resource}`} ${subresource}`

function viewOf(resource: Resource, version: ResourceVersion, subresource: Subresource | undefined): ServedView {
  const { group, version: name, kind } = subresource?.responseKind ?? { group: '', version: '', kind: version.kind }
  return {
    resource: { group: resource.group, version: version.version, resource: resource.resource },
    kind: { group: group || version.group, version: name || version.version, kind },
    version,
  }
}
