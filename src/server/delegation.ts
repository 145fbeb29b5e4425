import { ApiError } from '../api/index.js'
import type { Handler, RequestContext, RequestInfo } from '../http/index.js'
import { notFoundPage } from './text.js'

/**
 * One server of the chain Aggregator → KubeAPIServer → Extensions → NotFound. What one does not serve, the next is asked for.
 */
export interface DelegationTarget {
  readonly name: string
  /** The handler of a request, or undefined: ask the next. */
  route(context: RequestContext): Handler | undefined
}

/**
 * Whether a resource's path begins as resources' paths do. RequestInfo overlooks slashes before it, and the core group below
 * /apis; what it makes of such a path is authorized, but nothing is served there.
 */
export const isRooted = ({ path, apiPrefix, apiGroup }: RequestInfo): boolean =>
  apiPrefix === 'apis' ? apiGroup !== '' && path.startsWith('/apis/') : path.startsWith('/api/')

/** A handler that asks each target in turn; the last resort is a plain 404. */
export function delegate(targets: readonly DelegationTarget[]): Handler {
  return (context) => {
    for (const target of targets) {
      const handler = target.route(context)
      if (handler !== undefined) return handler(context)
    }
    return notFoundPage(context)
  }
}

const noSuchResource = (): ApiError => new ApiError('NotFound', 'the server could not find the requested resource', {})

/** Routes of paths that are no resources: exact ones, and prefixes that end in "/". */
export class PathRoutes {
  readonly #exact = new Map<string, Handler>()
  readonly #prefixes = new Map<string, Handler>()
  readonly #unlisted = new Set<string>()

  exact(path: string, handler: Handler): void {
    this.#exact.set(path, handler)
  }

  /** Exact ones that `paths` does not tell of. */
  allUnlisted(routes: ReadonlyMap<string, Handler>): void {
    this.all(routes)
    for (const path of routes.keys()) this.#unlisted.add(path)
  }

  prefix(path: string, handler: Handler): void {
    this.#prefixes.set(path, handler)
  }

  /** A web service of one document, as go-restful has them: slashes behind its path do no harm, else nothing is there. */
  service(path: string, handler: Handler): void {
    for (const each of [path, `${path}/`]) this.exact(each, handler)
    this.prefix(`${path}/`, (context) => {
      if (/[^/]/.test(context.info.path.slice(path.length))) throw noSuchResource()
      return handler(context)
    })
  }

  all(routes: ReadonlyMap<string, Handler>): void {
    for (const [path, handler] of routes) this.exact(path, handler)
  }

  find(path: string): Handler | undefined {
    const exact = this.#exact.get(path)
    if (exact !== undefined) return exact
    for (const [prefix, handler] of this.#prefixes) if (path.startsWith(prefix)) return handler
    return undefined
  }

  get paths(): string[] {
    return [...this.#exact.keys()].filter((path) => !this.#unlisted.has(path))
  }
}
