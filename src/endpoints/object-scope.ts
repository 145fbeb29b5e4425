import { copyJson, type KubeObject } from '../api/index.js'
import type { FieldManager } from '../apply/index.js'
import type { GenericRegistry, Resource, ResourceVersion, Subresource } from '../registry/index.js'
import { fieldManagerOf } from './field-manager.js'
import type { EndpointEnvironment, RequestScope } from './scope.js'

/** The scope of a resource itself and of all its subresources but scale. */
export function objectScope(
  resource: Resource,
  registry: GenericRegistry | undefined,
  version: ResourceVersion,
  subresource: Subresource | undefined,
  environment: EndpointEnvironment,
): RequestScope {
  const other = subresource?.virtual?.version
  if (other !== undefined) return otherKind(resource, other, subresource!, environment)
  const asStored = resource.storage?.version.apiVersion === version.apiVersion
  const show = (stored: KubeObject): KubeObject => (asStored ? stored : version.fromStorage(copyJson(stored)))
  let manager: FieldManager | undefined
  return {
    resource,
    version,
    registry,
    subresource,
    environment,
    get fieldManager() {
      manager ??= fieldManagerOf(resource, version, subresource?.name ?? '', environment.now)
      return manager
    },
    asStored,
    show,
    live: show,
    keep: (shown: KubeObject) => version.toStorage(shown),
  }
}

/** The scope of a subresource whose objects are of another kind than the resource's and of which nothing is stored. */
function otherKind(
  { storage: _, ...parent }: Resource,
  version: ResourceVersion,
  subresource: Subresource,
  environment: EndpointEnvironment,
): RequestScope {
  const same = (object: KubeObject): KubeObject => object
  let manager: FieldManager | undefined
  return {
    resource: parent,
    version,
    registry: undefined,
    subresource,
    environment,
    get fieldManager() {
      const own = { ...parent, versions: [version], rules: {} }
      manager ??= fieldManagerOf(own, version, subresource.name, environment.now)
      return manager
    },
    asStored: false,
    show: same,
    live: same,
    keep: same,
  }
}
