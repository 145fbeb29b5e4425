import {
  type Authorizer,
  alwaysAllow,
  alwaysDeny,
  authorizerUnion,
  NodeGraph,
  nodeAuthorizer,
  type PolicyRule,
  privilegedGroups,
  RbacAuthorizer,
} from '../authz/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { Store, Subscription } from '../store/index.js'
import type { ServerConfig } from './config.js'
import { together } from './follow.js'
import { feedNodeGraph } from './node-feed.js'
import { feedRbac } from './rbac-feed.js'

export interface Authorization {
  readonly authorizer: Authorizer
  /** Who has which rights by role; what may be given away is judged by it. */
  readonly rbac: RbacAuthorizer
  /** Keeps pictures of stored objects true until it is closed. */
  readonly feed: Subscription
}

/** The chain of authorizers by `--authorization-mode`, after system:masters, who may do everything. */
export async function authorizerOf(
  { authorization }: ServerConfig,
  registries: ReadonlyMap<string, GenericRegistry>,
  store: Store,
): Promise<Authorization> {
  const authorizers: Authorizer[] = [privilegedGroups('system:masters')]
  const feeds: Subscription[] = []
  const rbac = new RbacAuthorizer()
  for (const mode of authorization.modes) {
    switch (mode) {
      case 'AlwaysAllow':
        authorizers.push(alwaysAllow())
        break
      case 'AlwaysDeny':
        authorizers.push(alwaysDeny())
        break
      case 'RBAC':
        feeds.push(feedRbac(rbac, registries, store))
        authorizers.push(rbac)
        break
      case 'Node': {
        const graph = new NodeGraph()
        feeds.push(feedNodeGraph(graph, registries, store))
        authorizers.push(nodeAuthorizer(graph, await nodeRules()))
        break
      }
      default:
        throw new Error(`--authorization-mode=${mode} is not there yet`)
    }
  }
  return { authorizer: authorizerUnion(authorizers), rbac, feed: together(feeds) }
}

/** What the bootstrap role of nodes allows; the role itself is bound to nobody. */
async function nodeRules(): Promise<readonly PolicyRule[]> {
  const { default: roles } = await import('./bootstrap/data/clusterroles.json', { with: { type: 'json' } })
  const role = roles.find(({ metadata }) => metadata.name === 'system:node')
  if (role?.rules === undefined) throw new Error('there is no bootstrap role system:node')
  return role.rules as readonly PolicyRule[]
}
