import {
  type Authorizer,
  alwaysAllow,
  alwaysDeny,
  authorizerUnion,
  privilegedGroups,
  RbacAuthorizer,
} from '../authz/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { Store, Subscription } from '../store/index.js'
import type { ServerConfig } from './config.js'
import { feedRbac } from './rbac-feed.js'

/** The chain of authorizers by `--authorization-mode`, after system:masters, who may do everything. */
export function authorizerOf(
  { authorization }: ServerConfig,
  registries: ReadonlyMap<string, GenericRegistry>,
  store: Store,
): { authorizer: Authorizer; feed?: Subscription } {
  const authorizers: Authorizer[] = [privilegedGroups('system:masters')]
  let feed: Subscription | undefined
  for (const mode of authorization.modes) {
    switch (mode) {
      case 'AlwaysAllow':
        authorizers.push(alwaysAllow())
        break
      case 'AlwaysDeny':
        authorizers.push(alwaysDeny())
        break
      case 'RBAC': {
        const rbac = new RbacAuthorizer()
        feed = feedRbac(rbac, registries, store)
        authorizers.push(rbac)
        break
      }
      // Nodes get what RBAC gives them: their own graph of permissions is not built yet (README).
      case 'Node':
        break
      default:
        throw new Error(`--authorization-mode=${mode} is not there yet`)
    }
  }
  return { authorizer: authorizerUnion(authorizers), ...(feed === undefined ? {} : { feed }) }
}
