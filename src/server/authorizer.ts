import {
  type AuthorizationConfiguration,
  type Authorizer,
  type AuthorizerConfiguration,
  abacAuthorizer,
  alwaysAllow,
  alwaysDeny,
  authorizerUnion,
  type MatchConditionCompiler,
  matchConditionCompiler,
  NodeGraph,
  nodeAuthorizer,
  parseAbacPolicies,
  privilegedGroups,
  RbacAuthorizer,
} from '../authz/index.js'
import type { GenericRegistry } from '../registry/index.js'
import type { Subscription } from '../store/index.js'
import { configurationOfModes, loadAuthorizationConfiguration, readWholeFile } from './access/authorization-source.js'
import { FollowedFile } from './access/followed-file.js'
import { WebhookChain } from './access/webhook-chain.js'
import { nodeRules } from './bootstrap/rbac-objects.js'
import type { ServerConfig } from './config.js'
import { together } from './follow.js'
import type { Logger } from './logs/logger.js'
import type { AccessMetrics } from './metrics/index.js'
import { feedNodeGraph } from './node-feed.js'
import { feedRbac } from './rbac-feed.js'

export interface Authorization {
  readonly authorizer: Authorizer
  /** Who has which rights by role; what may be given away is judged by it. */
  readonly rbac: RbacAuthorizer
  /** Keeps pictures of stored objects, and of the configuration file, true until it is closed. */
  readonly feed: Subscription
}

export interface AuthorizationEnvironment {
  readonly registries: ReadonlyMap<string, GenericRegistry>
  readonly log: Logger
  readonly metrics: AccessMetrics
  /** Whether a feature gate is on. */
  enabled(gate: string): boolean
}

/**
 * The chain of authorizers by `--authorization-mode` or `--authorization-config`, after system:masters, who may do everything.
 * Authorizers with a state are made once; what the file says of their order, and its webhooks, are made anew when it changes.
 * Source: kubernetes pkg/kubeapiserver/authorizer.
 *
 * @throws Error if a file that a flag names cannot be used
 */
export async function authorizerOf(
  config: ServerConfig,
  environment: AuthorizationEnvironment,
): Promise<Authorization> {
  const { authorization } = config
  const { log, metrics } = environment
  const { configFile } = authorization
  let compiler: Promise<MatchConditionCompiler> | undefined
  const conditions = (): Promise<MatchConditionCompiler> => {
    compiler ??= matchConditionCompiler()
    return compiler
  }
  const initial = configFile === '' ? undefined : readWholeFile(configFile)
  const configuration =
    initial === undefined
      ? configurationOfModes(authorization)
      : await loadAuthorizationConfiguration(initial, conditions)
  const types = new Set(configuration.authorizers.map(({ type }) => type))
  types.delete('Webhook')

  const feeds: Subscription[] = []
  const rbac = new RbacAuthorizer()
  try {
    const [lasting, first] = await invalid(async () => {
      const made = await lastingAuthorizers(types, rbac, feeds, config, environment)
      return [made, await Chain.of(configuration, made, config, environment, conditions)] as const
    })
    let chain = first
    const retired = new Set<Chain>()
    feeds.push({
      close() {
        chain.close()
        for (const one of retired) one.close()
      },
    })
    if (initial !== undefined) {
      const file = new FollowedFile(configFile, initial, async (bytes) => {
        const next = await loadAuthorizationConfiguration(bytes, conditions, types)
        const before = chain
        chain = await Chain.of(next, lasting, config, environment, conditions)
        retired.add(before)
        // Requests that are being judged by it may end.
        setTimeout(() => {
          retired.delete(before)
          before.close()
        }, graceMs).unref()
      })
      feeds.push(file.follow('authorization', log, metrics.authorizationConfig, config.environment.now))
    }
    const authorizer: Authorizer = {
      authorize: (attributes) => chain.authorizer.authorize(attributes),
      rulesFor: (user, namespace) => chain.authorizer.rulesFor!(user, namespace),
    }
    const fixed = initial === undefined ? chain.authorizer : authorizer
    return { authorizer: fixed, rbac, feed: together(feeds) }
  } catch (error) {
    together(feeds).close()
    throw error
  }
}

const graceMs = 60_000

async function invalid<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    throw new Error(`invalid authorization config: ${(error as Error).message}`, { cause: error })
  }
}

type Lasting = ReadonlyMap<string, Authorizer>

async function lastingAuthorizers(
  types: ReadonlySet<string>,
  rbac: RbacAuthorizer,
  feeds: Subscription[],
  { authorization }: ServerConfig,
  { registries, log, enabled }: AuthorizationEnvironment,
): Promise<Lasting> {
  const lasting = new Map<string, Authorizer>([
    ['AlwaysAllow', alwaysAllow()],
    ['AlwaysDeny', alwaysDeny()],
  ])
  if (types.has('RBAC')) {
    feeds.push(feedRbac(rbac, registries))
    lasting.set('RBAC', rbac)
  }
  if (types.has('Node')) {
    const graph = new NodeGraph()
    feeds.push(feedNodeGraph(graph, registries))
    lasting.set('Node', nodeAuthorizer(graph, await nodeRules(enabled), enabled))
  }
  if (types.has('ABAC')) {
    const file = authorization.policyFile
    const text = readWholeFile(file).toString()
    lasting.set('ABAC', abacAuthorizer(await parseAbacPolicies(text, file, (warning) => log.warn(warning))))
  }
  return lasting
}

/** The authorizers of one configuration. */
class Chain {
  private constructor(
    readonly authorizer: Authorizer,
    readonly webhooks: WebhookChain,
  ) {}

  static async of(
    { authorizers }: AuthorizationConfiguration,
    lasting: Lasting,
    config: ServerConfig,
    { log, metrics }: AuthorizationEnvironment,
    conditions: () => Promise<MatchConditionCompiler>,
  ): Promise<Chain> {
    const webhooks = new WebhookChain(
      log,
      metrics,
      config.environment.now,
      conditions,
      config.egress.dialers.controlPlane,
    )
    try {
      const all: Authorizer[] = []
      for (const one of authorizers) {
        const inner = one.webhook === undefined ? found(lasting, one) : await webhooks.add(one.name, one.webhook)
        all.push(metrics.counted(one.type, one.name, inner))
      }
      return new Chain(authorizerUnion([privilegedGroups('system:masters'), ...all]), webhooks)
    } catch (error) {
      webhooks.close()
      throw error
    }
  }

  close(): void {
    this.webhooks.close()
  }
}

function found(lasting: Lasting, { type }: AuthorizerConfiguration): Authorizer {
  const one = lasting.get(type)
  if (one === undefined)
    throw new Error(`authorizer type ${type} is not allowed if it was not enabled at initial server startup`)
  return one
}
