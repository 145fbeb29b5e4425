import { badRequest, methodNotSupported } from '../api/index.js'
import { type Handler, type RequestContext, type RequestInfo, withoutLastSlashes } from '../http/index.js'
import type { GenericRegistry, Resource, ResourceVersion, Subresource, Verb } from '../registry/index.js'
import { objectScope } from './object-scope.js'
import { scaleScope } from './scale-scope.js'
import { type EndpointEnvironment, noSuchMethod, noSuchResource, type RequestScope } from './scope.js'
import { create } from './verbs/create.js'
import { deleteCollection, deleteOne } from './verbs/delete.js'
import { get } from './verbs/get.js'
import { list } from './verbs/list.js'
import { patch } from './verbs/patch.js'
import { checkSegment, update } from './verbs/update.js'
import { getVirtual, listVirtual } from './verbs/virtual.js'

/** One installed resource with its registry. */
export interface InstalledResource {
  readonly resource: Resource
  readonly registry: GenericRegistry | undefined
}

/** All that one resource can be asked in one version. */
interface Route {
  readonly main: RequestScope
  readonly subresources: ReadonlyMap<string, RequestScope>
}

/**
 * Finds the verb for a request below /api and /apis: group version, then resource, then what the resource can do. Nothing is
 * searched and no pattern is matched. Upstream: InstallAPIGroup and the go-restful container.
 */
export class ResourceRouter {
  readonly #groups = new Set<string>()
  readonly #versions = new Map<string, Map<string, Route>>()

  constructor(readonly environment: EndpointEnvironment) {}

  /** @param environment a resource's own; default: that of all */
  install({ resource, registry }: InstalledResource, environment = this.environment): void {
    this.#groups.add(resource.group)
    for (const version of resource.versions) {
      const key = `${resource.group}/${version.version}`
      let routes = this.#versions.get(key)
      if (routes === undefined) {
        routes = new Map()
        this.#versions.set(key, routes)
      }
      routes.set(resource.resource, routeOf(resource, registry, version, environment))
      environment.equivalents.add(resource, version)
    }
  }

  remove(resource: Resource): void {
    this.environment.equivalents.remove(resource)
    for (const version of resource.versions)
      this.#versions.get(`${resource.group}/${version.version}`)?.delete(resource.resource)
  }

  /** Whether requests of this group are this router's to answer or refuse. */
  knows(group: string): boolean {
    return this.#groups.has(group)
  }

  readonly handle: Handler = (context) => {
    const { info } = context
    const route = this.#versions.get(`${info.apiGroup}/${info.apiVersion}`)?.get(info.resource)
    // Below /api/v1/proxy nothing has been served for long.
    if (route === undefined || (info.verb === 'proxy' && !isCustom(route.main))) throw noSuchResource()
    const scope = info.subresource === '' ? route.main : route.subresources.get(info.subresource)
    if (scope === undefined || !shapedRight(scope, context))
      throw scope !== undefined && lacksNamespace(scope, context) ? noNamespace(context) : noSuchResource()
    // The old paths of watches are of whole objects only, and of what can be watched.
    if (
      info.verb === 'watch' &&
      (info.subresource !== '' || !scope.resource.verbs.has('watch')) &&
      deprecatedWatch(context)
    )
      throw noSuchResource()
    if (info.subresource !== '' && info.name === '') throw badRequest('name must be provided')
    if (scope.registry !== undefined && info.parts.length > 1 && !toldOfBody(scope, context)) checkSegment(info.name)
    return serve(scope, context)
  }
}

function routeOf(
  resource: Resource,
  registry: GenericRegistry | undefined,
  version: ResourceVersion,
  environment: EndpointEnvironment,
): Route {
  const scopeOf = (subresource: Subresource | undefined): RequestScope =>
    subresource?.name === 'scale'
      ? scaleScope(resource, registry, version, subresource, environment)
      : objectScope(resource, registry, version, subresource, environment)
  return {
    main: scopeOf(undefined),
    subresources: new Map(resource.subresources.map((subresource) => [subresource.name, scopeOf(subresource)])),
  }
}

/**
 * Namespaced resources live under a namespace (reads also under all of them), cluster-scoped ones do not; no path goes on
 * behind them, but those of proxies and of custom resources, whose handler looks at no more than the subresource.
 * RequestInfo tells a namespace's own name as its namespace too.
 */
function shapedRight({ resource, subresource }: RequestScope, { info }: RequestContext): boolean {
  if (resource.namespaced) {
    if (info.namespace === '' && ((info.name !== '' && info.parts.length > 1) || onlyCreated(resource))) return false
  } else if (
    info.namespace !== '' &&
    (resource.resource !== 'namespaces' || info.namespace !== info.name || nested(info))
  )
    return false
  // What can only be created has no paths of its own objects.
  if (resource.itemsKeepTypeMeta === true) return true
  if (subresource === undefined) return info.parts.length <= (onlyCreated(resource) ? 1 : 2)
  return info.parts.length <= 3 || subresource.name === 'proxy'
}

/** `/api/v1/namespaces//configmaps/a`: the path of an object, but for the name of its namespace. */
const lacksNamespace = ({ resource }: RequestScope, { info: { namespace, parts, path } }: RequestContext): boolean =>
  resource.namespaced && namespace === '' && parts.length > 1 && path.includes('/namespaces//')

const noNamespace = ({ exchange }: RequestContext): Error =>
  exchange.method === 'POST' ? noSuchMethod() : badRequest('Namespace parameter required.')

/** `/api/v1/namespaces/a/namespaces/a`: RequestInfo says the same of it as of the namespace itself. */
function nested({ path, parts }: RequestInfo): boolean {
  const own = withoutLastSlashes(path)
  return own.slice(0, own.length - parts.join('/').length).includes('/namespaces/')
}

/** Whether the body is read before its name is looked at. */
const toldOfBody = ({ subresource }: RequestScope, { exchange: { method } }: RequestContext): boolean =>
  (method === 'POST' && subresource === undefined) || (method === 'PUT' && subresource?.serve === undefined)

/** Of a custom resource. Its handler goes by what RequestInfo says, not by routes. */
const isCustom = ({ resource }: RequestScope): boolean => resource.itemsKeepTypeMeta === true

const onlyCreated = ({ verbs }: Resource): boolean => verbs.size === 1 && verbs.has('create')

function serve(scope: RequestScope, context: RequestContext): Promise<void> | void {
  const { resource, subresource } = scope
  const { method } = context.exchange
  const custom = isCustom(scope)
  const named = context.info.name !== ''
  const verbs = subresource?.verbs ?? resource.verbs
  if (subresource?.serve !== undefined) {
    const verb = connectVerb[method] ?? (verbs.has('delete') ? anyMethod[method] : undefined)
    if (verb === undefined || !verbs.has(verb)) throw noSuchMethod()
    warnOfAge(scope, context)
    return subresource.serve(context, resource, scope.version)
  }
  const verb =
    subresource?.virtual !== undefined && method === 'POST' ? 'create' : verbOf(method, named, context, custom)
  if (custom && context.info.verb === 'proxy')
    throw methodNotSupported({ group: resource.group, resource: resource.resource }, 'proxy')
  if (verb === undefined) throw noSuchMethod()
  if (resource.namespaced && context.info.namespace === '' && verb !== 'list' && verb !== 'watch')
    throw verb === 'deletecollection' && context.info.path.includes('/namespaces//')
      ? noNamespace(context)
      : noSuchMethod()
  if (method !== 'GET' && method !== 'HEAD' && deprecatedWatch(context)) throw noSuchMethod()
  if (!named && (verb === 'update' || verb === 'patch')) throw badRequest('name must be provided')
  if (!verbs.has(verb)) {
    if (verb === 'watch' && verbs.has('list')) {
      // Upstream routes it to the handler of lists, which tells the version's age before it refuses.
      warnOfAge(scope, context)
      throw methodNotSupported({ group: resource.group, resource: resource.resource }, 'watch')
    }
    if (!(verb === 'watch' && subresource !== undefined)) throw noSuchMethod()
  }
  warnOfAge(scope, context)
  switch (verb) {
    case 'get':
      return scope.registry === undefined ? getVirtual(scope, context) : get(scope, context)
    case 'list':
      return scope.registry === undefined ? listVirtual(scope, context) : list(scope, context)
    case 'watch':
      return subresource !== undefined ? get(scope, context) : list(scope, context, true)
    case 'create':
      return create(scope, context)
    case 'update':
      return update(scope, context)
    case 'patch':
      return patch(scope, context)
    case 'delete':
      return deleteOne(scope, context)
    case 'deletecollection':
      return deleteCollection(scope, context)
  }
}

function warnOfAge({ version: { deprecation }, environment }: RequestScope, context: RequestContext): void {
  if (deprecation === undefined) return
  const { warnings, audit, exchange } = context
  warnings.add(deprecation)
  const removed = /unavailable in v(\d+\.\d+)/.exec(deprecation)?.[1]
  // Upstream annotates when the verb is done: what is recorded as its answer begins does not have it.
  if (audit !== undefined)
    exchange.onRespond(() => {
      audit.annotate('k8s.io/deprecated', 'true')
      if (removed !== undefined) audit.annotate('k8s.io/removed-release', removed)
    })
  environment.onDeprecated?.(context, removed ?? '')
}

/** `/api/v1/watch/...` and `/apis/g/v/watch/...`, which know no other verb. */
const deprecatedWatch = ({ info }: RequestContext): boolean =>
  info.path.startsWith(
    info.apiGroup === '' ? `/api/${info.apiVersion}/watch/` : `/apis/${info.apiGroup}/${info.apiVersion}/watch/`,
  )

const connectVerb: Readonly<Record<string, Verb | undefined>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** What proxies, which have all verbs, let through beyond them. */
const anyMethod: Readonly<Record<string, Verb | undefined>> = { HEAD: 'get', OPTIONS: 'get' }

/** @param custom HEAD is as good as GET, a name in the path of a POST says nothing, and one that is missing is told later */
function verbOf(method: string, named: boolean, { info }: RequestContext, custom: boolean): Verb | undefined {
  switch (method === 'HEAD' && custom ? 'GET' : method) {
    case 'GET':
      return info.verb === 'watch' ? 'watch' : named && !fromSelector(info.parts.length, named) ? 'get' : 'list'
    case 'POST':
      return named && !custom ? undefined : 'create'
    case 'PUT':
      return named || custom ? 'update' : undefined
    case 'PATCH':
      return named || custom ? 'patch' : undefined
    case 'DELETE':
      return named && !fromSelector(info.parts.length, named) ? 'delete' : 'deletecollection'
    default:
      return undefined
  }
}

/** RequestInfo takes a name from `fieldSelector=metadata.name=x` too; then the path has only the resource. */
const fromSelector = (parts: number, named: boolean): boolean => named && parts < 2
