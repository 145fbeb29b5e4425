import type { EndpointEnvironment } from '../endpoints/index.js'
import { type InstalledResource, ResourceRouter } from '../endpoints/index.js'
import type { Handler, RequestContext } from '../http/index.js'
import type { APIGroupInfo, GenericRegistry } from '../registry/index.js'
import { type DelegationTarget, isRooted } from './delegation.js'
import type { NonResourceRoutes } from './non-resource-routes.js'

/** The server of the built-in groups, and of the paths that are no resources. */
export class KubeAPIServer implements DelegationTarget {
  readonly name = 'kube-apiserver'
  readonly #router: ResourceRouter

  constructor(
    readonly routes: NonResourceRoutes,
    readonly environment: EndpointEnvironment,
  ) {
    this.#router = new ResourceRouter(environment)
  }

  /** Upstream: InstallAPIGroup. */
  install(group: APIGroupInfo, registries: ReadonlyMap<string, GenericRegistry>): void {
    for (const resource of group.resources) {
      const installed: InstalledResource = {
        resource,
        registry: registries.get(`${resource.group}/${resource.resource}`),
      }
      this.#router.install(installed)
    }
  }

  route(context: RequestContext): Handler | undefined {
    const { info } = context
    if (info.isResourceRequest)
      return isRooted(info) && this.#router.knows(info.apiGroup) ? this.#router.handle : undefined
    return this.routes.find(info.path)
  }
}
