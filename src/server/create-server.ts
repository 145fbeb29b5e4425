import { AdmissionChain } from '../admission/index.js'
import { clusterResolver, endpointResolver } from '../aggregator/index.js'
import { featureGates, releaseText } from '../api/index.js'
import { attributesOf, forbiddenError, rbacEscalation } from '../authz/index.js'
import {
  DiscoveryDocuments,
  type EndpointEnvironment,
  EquivalentResources,
  OpenApiDocuments,
  readDescriptions,
  Turnstile,
} from '../endpoints/index.js'
import { impersonation } from '../filters/index.js'
import { BufferPool } from '../http/index.js'
import { Hub } from '../hub/index.js'
import { builtinGroups, repairServiceAllocation, serviceAllocationUsage, serviceCompanions } from '../registry/index.js'
import { type AccountTokens, accountTokensOf } from './account-tokens.js'
import { admissionPlugins } from './admission-plugins.js'
import { AggregatorServer } from './aggregator-server.js'
import { auditorOf } from './auditor.js'
import { authenticatorOf } from './authenticator.js'
import { authorizerOf } from './authorizer.js'
import { Membership } from './bootstrap/membership.js'
import { builtinHandlers } from './builtin-handlers.js'
import { ClientAuthorities } from './client-authorities.js'
import { ClusterView } from './cluster-view.js'
import { completeConfig } from './config/complete.js'
import { effectiveVersions } from './config/effective-versions.js'
import { emulatedApis } from './config/emulated-apis.js'
import { knownVersions } from './config/known-versions.js'
import { enabledApis } from './config/runtime-config.js'
import { validateConfig } from './config/validate.js'
import type { ServerOptions } from './config.js'
import { delegate } from './delegation.js'
import { readEgress } from './egress.js'
import { ExtensionsServer } from './extensions.js'
import { flowControl } from './flow-control.js'
import { KubeAPIServer } from './kube-apiserver.js'
import { Loopback } from './loopback.js'
import {
  AccessMetrics,
  AggregatorMetrics,
  AuditMetrics,
  EgressMetrics,
  ExternalSignerMetrics,
  RequestMetrics,
  stateMetrics,
} from './metrics/index.js'
import { nonResourceRoutes } from './non-resource-routes.js'
import { registriesOf, registryEnvironment } from './registries.js'
import { RunningServer } from './running-server.js'
import type { Server } from './server.js'
import { serverId } from './server-id.js'
import { openStore } from './storage/open-store.js'
import { tracingOf } from './tracing/index.js'
import { versionInfo } from './version.js'

/**
 * Builds a server, top to bottom: store, hub, registries, admission, endpoints, the chain of delegation, authentication and
 * authorization. It opens its data and serves nothing before `run`.
 *
 * @throws Error whose message lists all problems of the options, or says why the data cannot be opened
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const given = completeConfig(options)
  const problems = validateConfig(given)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const { configFile } = given.egress
  const egressMetrics = new EgressMetrics()
  const dialers = configFile === '' ? given.egress.dialers : await readEgress(configFile, egressMetrics)
  const config = { ...given, egress: { configFile, dialers } }
  const log = config.logs.logger
  const { now, random } = config.environment
  const versions = effectiveVersions(config.generic)
  const gates = featureGates(config.features.gates, versions.emulated)
  const enabled = (gate: string): boolean => gates.enabled(gate)
  const { emulationForwardCompatible, runtimeConfigEmulationForwardCompatible } = config.generic
  const served = emulatedApis(
    enabledApis(config.apiEnablement.runtimeConfig, knownVersions(), emulationForwardCompatible),
    { versions, emulationForwardCompatible, runtimeConfigEmulationForwardCompatible, enabled },
  )

  const authorities = new ClientAuthorities(config.authentication, log)
  const shared = config.store.etcd.servers.length > 0
  const { store, others, health, metrics: storageMetrics, release } = await openStore(config)
  let accountTokens: AccountTokens | undefined
  try {
    const signerMetrics = new ExternalSignerMetrics()
    accountTokens = await accountTokensOf(config, enabled, signerMetrics)
    const accountKeys = accountTokens.keys
    const hub = new Hub(store, { others })
    const groups = builtinGroups({
      eventTtlSeconds: Math.ceil(config.network.eventTtlMs / 1000),
      served,
      minCompatibility: versions.minCompatibility,
      enabled,
      ...builtinHandlers(config, accountTokens, enabled, () => ({
        registries,
        admission,
        authorizer,
        tokens,
        environment,
      })),
    })
    const storing = registryEnvironment({
      store,
      garbageCollector: config.store.garbageCollector,
      allowPrivileged: config.admission.allowPrivileged,
      compatibleMinor: versions.minCompatibility.minor,
      now,
      enabled,
    })
    const [firstPort, lastPort] = config.network.serviceNodePortRange
    const allocation = {
      environment: { ...storing, store: others.get('/registry/services/specs/') ?? store },
      clusterIpRanges: config.network.serviceClusterIpRanges,
      nodePortRange: { first: firstPort, size: lastPort - firstPort + 1 },
      random: (below: number) => Math.floor(random() * below),
    }
    const registries = registriesOf(groups, storing, new Map([['/services', serviceCompanions(allocation)]]), others)
    const loopback = new Loopback(registries, now)
    const cluster = new ClusterView(registries)
    const resolver = config.aggregator.endpointRouting ? endpointResolver(cluster, random) : clusterResolver(cluster)
    const resolveService = Object.assign(resolver, {
      dialers: { service: dialers.cluster, url: dialers.controlPlane },
    })
    const accessMetrics = new AccessMetrics(serverId())
    const { authorizer, rbac, feed } = await authorizerOf(config, {
      registries,
      log,
      metrics: accessMetrics,
      enabled,
    })
    const {
      authenticator,
      tokens,
      feed: identities,
    } = await authenticatorOf(config, {
      loopback,
      authorities,
      accountKeys,
      log,
      metrics: accessMetrics,
    })
    const aggregatorMetrics = new AggregatorMetrics(() => discovery.aggregations)
    const metrics = new RequestMetrics(() => discovery.groups)
    const auditMetrics = new AuditMetrics()
    const auditor = await auditorOf(config, auditMetrics, log)
    const tracing = await tracingOf(config.generic.tracingConfigFile, serverId(), log)
    const equivalents = new EquivalentResources()
    const plugins = await admissionPlugins(
      config,
      loopback,
      authorizer,
      gates,
      resolveService,
      metrics.admission,
      equivalents,
    )
    const admission = new AdmissionChain([...plugins, rbacEscalation(authorizer, rbac)], metrics.admission)
    const environment: EndpointEnvironment = {
      hub,
      admission,
      equivalents,
      watches: new Set(),
      turns: new Turnstile(),
      buffers: new BufferPool(),
      cbor: gates.enabled('CBORServingAndStorage'),
      maxRequestBodyBytes: config.generic.maxRequestBodyBytes,
      minRequestTimeoutMs: config.generic.minRequestTimeoutMs,
      onDeprecated: metrics.aged,
      watching: metrics.watching,
      random,
      now,
      async authorize(context, verb) {
        const attributes = { ...attributesOf(context), verb }
        const { verdict, reason } = await authorizer.authorize(attributes)
        if (verdict !== 'allow') throw forbiddenError(attributes, reason)
      },
    }
    const discovery = new DiscoveryDocuments(
      `${config.generic.advertiseAddress}:${config.secureServing.port}`,
      gates.enabled('CBORServingAndStorage'),
    )
    discovery.setGroups(groups)
    const openapi = new OpenApiDocuments({
      release: releaseText(versions.emulated),
      descriptions: () => readDescriptions(new URL('./descriptions.json', import.meta.url)),
      cbor: gates.enabled('CBORServingAndStorage'),
    })
    openapi.setGroups(groups)

    const { generic, features } = config
    const flow = features.priorityAndFairness
      ? flowControl({
          serverSeats: generic.maxRequestsInflight + generic.maxMutatingRequestsInflight,
          requestTimeoutMs: generic.requestTimeoutMs,
          registries,
          loopback,
          log,
          enabled,
          onRefused: metrics.dropped,
          random,
        })
      : undefined
    const version = { ...versionInfo(versions), gitVersion: config.generic.reportedVersion }
    const routes = nonResourceRoutes({
      config,
      version,
      enabled,
      log,
      accountKeys,
      metrics: [
        ...metrics.all,
        ...storageMetrics,
        ...accessMetrics.all,
        ...signerMetrics.all,
        ...egressMetrics.all,
        ...aggregatorMetrics.all,
        ...auditMetrics.all,
        ...(flow?.metrics ?? []),
        ...stateMetrics({ registries, gates, version, serviceAllocation: () => serviceAllocationUsage(allocation) }),
      ],
      flowController: flow?.controller,
      discovery,
      openapi,
    })
    const apiServer = new KubeAPIServer(routes, environment)
    for (const group of groups) apiServer.install(group, registries)
    const extensions = new ExtensionsServer({
      registries,
      environment,
      resolveService,
      log,
      changed(custom) {
        discovery.setGroups([...groups, ...custom])
        openapi.setGroups([...groups, ...custom])
        aggregator.customGroupsChanged(custom)
      },
    })
    extensions.definitions.open()
    discovery.setGroups([...groups, ...extensions.groups])
    openapi.setGroups([...groups, ...extensions.groups])
    const aggregator = new AggregatorServer({
      config,
      groups,
      registries,
      cluster,
      resolve: resolveService,
      loopback,
      discovery,
      openapi,
      metrics: aggregatorMetrics,
      streams: environment.watches,
      log,
      enabled,
    })
    aggregator.open(extensions.groups)
    const handler = delegate([aggregator, apiServer, extensions])

    return new RunningServer({
      config,
      enabled,
      log,
      store,
      health,
      membership: shared ? new Membership(loopback, storing, config.generic.advertiseAddress) : undefined,
      hub,
      loopback,
      registries,
      repairAllocation: () => repairServiceAllocation(allocation),
      environment,
      metrics,
      routes,
      auditor,
      tracing,
      authenticator,
      authorities,
      authorizer,
      impersonation: impersonation(authorizer, gates.enabled('ConstrainedImpersonation'), accessMetrics.impersonation),
      flowControl: flow,
      handler,
      definitions: extensions.definitions,
      aggregator,
      async release() {
        aggregator.close()
        extensions.definitions.close()
        admission.close()
        flow?.close()
        feed.close()
        identities.close()
        accountTokens?.close()
        authorities.close()
        hub.close()
        await auditor?.backend.close()
        await tracing?.close()
        await release()
      },
    })
  } catch (error) {
    accountTokens?.close()
    authorities.close()
    await release()
    throw error
  }
}
