import { copyJson, type KubeObject } from '../api/index.js'
import type { FieldManager } from '../apply/index.js'
import type { GenericRegistry, Resource, ResourceVersion, Subresource } from '../registry/index.js'
import { fieldManagerOf } from './field-manager.js'
import type { EndpointEnvironment, RequestScope } from './scope.js'

/** The scope of a resource itself, of its status, and of subresources with handlers of their own. */
export function objectScope(
  resource: Resource,
  registry: GenericRegistry | undefined,
  version: ResourceVersion,
  subresource: Subresource | undefined,
  environment: EndpointEnvironment,
): RequestScope {
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
