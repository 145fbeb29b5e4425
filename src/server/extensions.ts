import { methodNotSupported, notFound } from '../api/index.js'
import { unsupportedMediaType } from '../codec/index.js'
import {
  type Converter,
  type CustomKind,
  compareVersions,
  customResource,
  type Definition,
  Definitions,
  noneConverter,
  versionsOf,
  WebhookClient,
  webhookConverter,
} from '../crd/index.js'
import { type DiscoveryGroup, type EndpointEnvironment, fieldManagerOf, ResourceRouter } from '../endpoints/index.js'
import { type Handler, type RequestContext, type ResolveService, webhookTarget } from '../http/index.js'
import { GenericRegistry, type Resource } from '../registry/index.js'
import { type DelegationTarget, isRooted } from './delegation.js'
import type { Logger } from './logs/logger.js'
import { self } from './loopback.js'

export interface ExtensionsOptions {
  /** All registries by `group/plural`; those of custom resources, in their storage version, are kept in it. */
  readonly registries: Map<string, GenericRegistry>
  readonly environment: EndpointEnvironment
  readonly resolveService: ResolveService
  /** Told the groups of custom resources whenever they change. */
  changed(groups: readonly DiscoveryGroup[]): void
  readonly log: Logger
}

/** What is served of a kind: a resource for each served version, and one for storage. */
interface Served {
  readonly byVersion: ReadonlyMap<string, Resource>
  readonly storage: GenericRegistry
  readonly watches: OwnWatches
}

const definitionsKey = 'apiextensions.k8s.io/customresourcedefinitions'
const manager = 'kube-apiserver'
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
const acrossNamespaces = new Set(['list', 'watch'])

/** The server of custom resources. Upstream: the apiextensions-apiserver and its crdHandler. */
export class ExtensionsServer implements DelegationTarget {
  readonly name = 'apiextensions-apiserver'
  readonly definitions: Definitions
  readonly #options: ExtensionsOptions
  readonly #router: ResourceRouter
  readonly #served = new Map<CustomKind, Served>()
  /** Connections to conversion webhooks, by definition. */
  readonly #clients = new Map<string, WebhookClient>()
  #announcing = false

  /** Throws if definitions are not served. */
  constructor(options: ExtensionsOptions) {
    this.#options = options
    this.#router = new ResourceRouter(options.environment)
    const registry = options.registries.get(definitionsKey)
    if (registry === undefined) throw new Error('customresourcedefinitions are not served')
    const { now } = options.environment
    const fieldManager = fieldManagerOf(registry.resource, registry.storage.version, 'status', now)
    this.definitions = new Definitions({
      registry,
      serve: (kind, instead) => this.#serve(kind, instead, registry),
      remove: (kind) => this.#remove(kind),
      changed: () => this.#announce(),
      registryOf: (kind) => this.#served.get(kind)!.storage,
      converter: (definition) => this.#converterOf(definition),
      update: async (name, change) => {
        await registry.update(name, {
          namespace: '',
          subresource: 'status',
          dryRun: false,
          user: self,
          warn() {},
          next(existing) {
            const definition = existing as Parameters<typeof change>[0]
            const changed = change(definition)
            return changed === definition ? definition : fieldManager.update(definition, changed, manager)
          },
        })
      },
      failed: (name, error) => options.log.error(error, 'Reconciling a definition failed', { definition: name }),
      closed: () => {
        for (const client of this.#clients.values()) client.close()
      },
      now,
    })
  }

  route({ info }: RequestContext): Handler | undefined {
    if (!info.isResourceRequest || info.apiPrefix !== 'apis' || !isRooted(info)) return undefined
    const kind = this.definitions.find(info.apiGroup, info.resource)
    if (kind === undefined) return undefined
    if (kind.namespaced ? info.namespace === '' && !acrossNamespaces.has(info.verb) : info.namespace !== '')
      return undefined
    const resource = this.#served.get(kind)?.byVersion.get(info.apiVersion)
    return resource === undefined ? undefined : (context) => this.#handle(resource, context)
  }

  #handle(resource: Resource, context: RequestContext): ReturnType<Handler> {
    const { info, exchange } = context
    const groupResource = { group: resource.group, resource: resource.resource }
    const deprecation = resource.versions[0]?.deprecation
    if (deprecation !== undefined) context.warnings.add(deprecation)
    if (info.subresource !== '') {
      const subresource = resource.subresources.find(({ name }) => name === info.subresource)
      if (subresource === undefined) throw notFound(groupResource, info.name)
      const { verb } = info
      if (verb !== 'get' && verb !== 'update' && verb !== 'patch') throw methodNotSupported(groupResource, verb)
    }
    // No web service is in front of these: what has no verb comes as far as here, and HEAD is a GET.
    if (info.verb === '') throw methodNotSupported(groupResource, '')
    if (exchange.method === 'PATCH') {
      const type = (exchange.headers['content-type'] ?? '').split(';', 1)[0]!.trim()
      const types = this.#options.environment.cbor ? [...patchTypes, 'application/apply-patch+cbor'] : patchTypes
      if (!types.includes(type)) throw unsupportedMediaType(types)
    }
    return this.#router.handle(context)
  }

  #converterOf(definition: Definition): Converter {
    const { strategy, webhook } = definition.spec.conversion ?? {}
    const versions = versionsOf(definition)
    const config = webhook?.clientConfig
    if (strategy !== 'Webhook' || webhook === undefined || config === undefined) return noneConverter(versions)
    this.#clients.get(definition.metadata.name ?? '')?.close()
    const bundle = Buffer.from(config.caBundle ?? '', 'base64').toString('utf8')
    const ca = bundle.trim() === '' ? undefined : bundle
    const client = new WebhookClient({ ...webhookTarget(config, this.#options.resolveService), ca })
    this.#clients.set(definition.metadata.name ?? '', client)
    return webhookConverter(versions, webhook.conversionReviewVersions, (body) => client.call(body))
  }

  #serve(kind: CustomKind, instead: CustomKind | undefined, definitions: GenericRegistry): void {
    if (instead !== undefined) this.#withdraw(instead)
    const { environment } = definitions
    const byVersion = new Map<string, Resource>()
    const watches = new OwnWatches(this.#router.environment.watches)
    const own = { ...this.#router.environment, watches }
    let storage: GenericRegistry | undefined
    for (const version of kind.versions.values()) {
      const isStorage = version === kind.storage
      if (!isStorage && !version.definition.served) continue
      const resource = customResource(version, environment.codec.parse)
      const registry = new GenericRegistry(resource, resource.storage!, environment)
      if (isStorage) storage = registry
      if (!version.definition.served) continue
      byVersion.set(version.version, resource)
      this.#router.install({ resource, registry }, own)
    }
    this.#served.set(kind, { byVersion, storage: storage!, watches })
    this.#options.registries.set(`${kind.group}/${kind.names.plural}`, storage!)
    this.#announce()
  }

  #remove(kind: CustomKind): void {
    this.#withdraw(kind)
    this.#options.registries.delete(`${kind.group}/${kind.names.plural}`)
    this.#announce()
  }

  #withdraw(kind: CustomKind): void {
    const served = this.#served.get(kind)
    if (served === undefined) return
    for (const resource of served.byVersion.values()) this.#router.remove(resource)
    this.#served.delete(kind)
    // Not within the commit, whose events may not be with the watches yet.
    setImmediate(() => served.watches.end())
  }

  /** Many definitions may come at once: the groups are told when the turn is over. */
  #announce(): void {
    if (this.#announcing) return
    this.#announcing = true
    setImmediate(() => {
      this.#announcing = false
      this.#options.changed(this.groups)
    })
  }

  get groups(): DiscoveryGroup[] {
    const resources = new Map<string, Resource[]>()
    for (const [kind, { byVersion }] of this.#served) {
      const list = resources.get(kind.group)
      if (list === undefined) resources.set(kind.group, [...byVersion.values()])
      else list.push(...byVersion.values())
    }
    return Array.from(resources, ([group, list]) => ({
      group,
      versions: [...new Set(list.flatMap(({ versions }) => versions.map(({ version }) => version)))].sort(
        compareVersions,
      ),
      resources: list,
    }))
  }
}

/**
 * The watches of one kind, which are among those of the server: they end once the kind is served otherwise or no longer, and
 * their clients come back to what is served then.
 */
class OwnWatches extends Set<{ end(): void }> {
  readonly #all: Set<{ end(): void }>
  #over = false

  constructor(all: Set<{ end(): void }>) {
    super()
    this.#all = all
  }

  override add(watch: { end(): void }): this {
    // A request that was under way when the kind went.
    if (this.#over) setImmediate(() => watch.end())
    this.#all.add(watch)
    return super.add(watch)
  }

  override delete(watch: { end(): void }): boolean {
    this.#all.delete(watch)
    return super.delete(watch)
  }

  end(): void {
    this.#over = true
    for (const watch of [...this]) watch.end()
  }
}
