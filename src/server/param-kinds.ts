import type { CachedObjects, FindParamKind, ParamResource } from '../admission/index.js'
import { copyJson, type KubeObject } from '../api/index.js'
import type { EquivalentResources, ServedView } from '../endpoints/index.js'
import type { GenericRegistry } from '../registry/index.js'

/**
 * The objects that policies may have as parameters, in the version that the policy names. What is used once is kept parsed from
 * then on.
 *
 * @param registries by `group/plural`
 */
export function findingParamKinds(
  served: EquivalentResources,
  registries: ReadonlyMap<string, GenericRegistry>,
  objects: CachedObjects,
): FindParamKind {
  return (group, version, kind) => {
    const view = served.findKind(group, version, kind)
    if (view === undefined) return undefined
    const key = `${view.resource.group}/${view.resource.resource}`
    const registry = registries.get(key)
    if (registry === undefined) return undefined
    objects.keep(key)
    return resourceOf(view, key, registry, objects)
  }
}

function resourceOf(
  { version }: ServedView,
  key: string,
  { resource, storage }: GenericRegistry,
  objects: CachedObjects,
): ParamResource {
  const show = (object: KubeObject): KubeObject | Promise<KubeObject> => {
    if (version.apiVersion === storage.version.apiVersion) return object
    if (version.form !== undefined) return version.form.convertAsync(object, version.apiVersion)
    return version.fromStorage(copyJson(object))
  }
  return {
    namespaced: resource.namespaced,
    find(namespace, name) {
      const found = objects.find(key, namespace, name)
      return found === undefined ? undefined : show(found)
    },
    async list(namespace) {
      const shown: KubeObject[] = []
      for (const object of objects.list(key, namespace)) shown.push(await show(object))
      return shown
    },
  }
}
