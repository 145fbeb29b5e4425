import {
  Aggregator,
  type CertificateFiles,
  clientCertificateFiles,
  type LocalVersion,
  type ServiceResolver,
} from '../aggregator/index.js'
import type { DiscoveryDocuments, DiscoveryGroup, OpenApiDocuments } from '../endpoints/index.js'
import type { Handler, RequestContext } from '../http/index.js'
import { type APIGroupInfo, type GenericRegistry, groupOrder } from '../registry/index.js'
import type { Subscription } from '../store/index.js'
import { certificateReloadMs } from './client-authorities.js'
import type { ClusterView } from './cluster-view.js'
import type { ServerConfig } from './config.js'
import type { DelegationTarget } from './delegation.js'
import { follow, together } from './follow.js'
import type { Logger } from './logs/logger.js'
import type { Loopback } from './loopback.js'
import type { AggregatorMetrics } from './metrics/index.js'

export interface AggregatorParts {
  readonly config: ServerConfig
  /** The built-in groups. */
  readonly groups: readonly APIGroupInfo[]
  readonly registries: ReadonlyMap<string, GenericRegistry>
  readonly cluster: ClusterView
  readonly resolve: ServiceResolver
  readonly loopback: Loopback
  readonly discovery: DiscoveryDocuments
  readonly openapi: OpenApiDocuments
  readonly metrics: AggregatorMetrics
  readonly log: Logger
  enabled(gate: string): boolean
  /** What goes on until somebody ends it. */
  readonly streams: Set<{ end(): void }>
}

const resource = 'apiregistration.k8s.io/apiservices'
/** Of the APIServices of custom resources. Source: kubernetes pkg/controlplane/controller/crdregistration. */
const customPriority = { groupPriority: 1000, versionPriority: 100 }

/** The first server of the chain of delegation: group versions that others serve. Upstream: the kube-aggregator. */
export class AggregatorServer implements DelegationTarget {
  readonly name = 'kube-aggregator'
  readonly aggregator: Aggregator
  /** Whether a certificate is shown to aggregated servers. */
  readonly showsCertificate: boolean
  readonly #parts: AggregatorParts
  readonly #certificate: CertificateFiles | undefined
  #subscription: Subscription | undefined

  /** @throws Error if the client certificate cannot be used, or APIServices are not served */
  constructor(parts: AggregatorParts) {
    this.#parts = parts
    const { config, loopback, log, openapi } = parts
    const { proxyClientCertFile, proxyClientKeyFile, rejectForwardingRedirects } = config.aggregator
    const { now } = config.environment
    this.showsCertificate = proxyClientCertFile !== ''
    this.#certificate = this.showsCertificate
      ? clientCertificateFiles(
          proxyClientCertFile,
          proxyClientKeyFile,
          certificateReloadMs,
          () => {
            log.info(1, 'The certificate for aggregated servers was read again', { file: proxyClientCertFile })
            this.aggregator.reconnect()
          },
          (error) => log.error(error, 'The changed certificate for aggregated servers cannot be used'),
        )
      : undefined
    this.aggregator = new Aggregator({
      cluster: parts.cluster,
      resolve: this.#loopbackFirst(parts.resolve),
      certificate: () => this.#certificate?.current,
      builtIn: builtInVersions(parts.groups),
      writes: {
        create: (service) => loopback.ensure(resource, service),
        update: (name, change) => loopback.change(resource, '', name, '', (stored) => change(stored as never)),
        updateStatus: (name, change) =>
          loopback.change(resource, '', name, 'status', (stored) => change(stored as never)),
        delete: (name, uid) => loopback.delete(resource, '', name, uid),
      },
      discoveryChanged: () => this.#publish(),
      openApiChanged: () => openapi.setForeign(this.aggregator.openApis),
      observe: parts.metrics,
      refuseRedirects: rejectForwardingRedirects,
      sendUid: parts.enabled('RemoteRequestHeaderUID'),
      streams: parts.streams,
      servesDocument: (name) => openapi.isOwn(name),
      now,
      // All of these are tried again; the conditions of the APIService tell clients.
      failed: (what, name, error) => log.info(2, what, { apiService: name, err: String((error as Error).message) }),
    })
  }

  /** Takes over what is stored, then follows. Reads only. */
  open(custom: readonly DiscoveryGroup[]): void {
    const { registries } = this.#parts
    const registry = registries.get(resource)
    if (registry === undefined) throw new Error('apiservices are not served')
    this.aggregator.autoRegistration.setContinuous(customVersions(custom))
    this.#subscription = together([
      follow(registry, {
        set: (object) => this.aggregator.set(object),
        delete: (_, name) => this.aggregator.delete(name),
      }),
      this.#parts.cluster.follow((namespace, service) => this.aggregator.serviceChanged(namespace, service)),
    ])
    this.#publish()
  }

  /** The groups of custom resources are these now. */
  customGroupsChanged(custom: readonly DiscoveryGroup[]): void {
    this.aggregator.autoRegistration.setContinuous(customVersions(custom))
    this.#publish()
  }

  route(context: RequestContext): Handler | undefined {
    return this.aggregator.route(context)
  }

  close(): void {
    this.#subscription?.close()
    this.#certificate?.close()
    this.aggregator.close()
  }

  #publish(): void {
    this.#parts.discovery.setRegistered(() => this.aggregator.versions)
  }

  /** This server's own service need not be reachable from here. */
  #loopbackFirst(resolve: ServiceResolver): ServiceResolver {
    const { port } = this.#parts.config.secureServing
    return (namespace, name, servicePort) =>
      namespace === 'default' && name === 'kubernetes' && servicePort === 443 && port !== 0
        ? { host: '127.0.0.1', port }
        : resolve(namespace, name, servicePort)
  }
}

function builtInVersions(groups: readonly APIGroupInfo[]): LocalVersion[] {
  return groups.flatMap(({ group, versions, resources }) =>
    versions.flatMap((version) => {
      const served = resources.some((each) => each.versions.some((one) => one.version === version))
      const rank = groupOrder.find((each) => each.group === group && each.version === version)
      return !served || rank === undefined ? [] : [rank]
    }),
  )
}

const customVersions = (groups: readonly DiscoveryGroup[]): LocalVersion[] =>
  groups.flatMap(({ group, versions }) => versions.map((version) => ({ group, version, ...customPriority })))
