import { ApiError } from '../api/index.js'
import { forwardedUri, type ProxyTarget, proxy, type RequestContext, withoutLastSlashes } from '../http/index.js'
import { type Backend, hostOf, portText } from './backend.js'
import { identityHeaders } from './identity.js'
import type { Address } from './service-resolver.js'

export interface ProxyOptions {
  /** Answers that redirect the client elsewhere are not passed on. */
  readonly refuseRedirects: boolean
  /** Whether X-Remote-Uid is sent. Feature gate RemoteRequestHeaderUID. */
  readonly sendUid: boolean
  /** Whether this server itself has an OpenAPI document of version 3 of that name. */
  servesDocument(name: string): boolean
  /** What goes on until somebody ends it; the server does when it stops. */
  readonly streams: Set<{ end(): void }>
}

/** Discovery is asked for by everybody all the time: it must not keep them. */
const discoveryTimeoutMs = 5_000

/**
 * Passes a request on to a server behind an APIService, in the name of the user who was authenticated here; refusals are
 * the plain text that upstream sends. Source: kube-aggregator pkg/apiserver/handler_proxy.go.
 */
export async function proxyToBackend(
  context: RequestContext,
  backend: Backend,
  available: boolean,
  { refuseRedirects, sendUid, streams }: ProxyOptions,
): Promise<void> {
  const { info, exchange, user } = context
  if (!available) return refuse(context, 503, 'service unavailable')
  if (backend.broken !== undefined) return refuse(context, 500, backend.broken)
  if (user === undefined) return refuse(context, 500, 'missing user')
  let address: Address
  try {
    address = backend.locate()
  } catch {
    return refuse(context, 503, 'service unavailable')
  }
  const path = escaped(info.path)
  const host = hostOf(address)
  const upgrade = exchange.headers.upgrade !== undefined
  const stream = { end: () => exchange.destroy() }
  if (context.longRunning || upgrade) streams.add(stream)
  try {
    const target: ProxyTarget = {
      scheme: 'https',
      ...portText(address),
      path,
      query: sortedQuery(context),
      agent: backend.agent,
      dial: backend.dial,
      refuseRedirects,
      ...(isDiscovery(context) && { signal: AbortSignal.timeout(discoveryTimeoutMs) }),
      headers: {
        host,
        'x-forwarded-uri': forwardedUri(path),
        'x-forwarded-host': host,
        'x-forwarded-proto': 'https',
        'audit-id': context.auditId,
        ...identityHeaders(user, sendUid),
      },
    }
    // What the backend makes of a watch is its own to limit.
    context.watchStarted?.()
    await proxy(context, target)
  } catch (error) {
    if (exchange.responded) throw error
    const { message } = error as Error
    const text = error instanceof ApiError || upgrade ? message : `${unreachable}${message}`
    refuse(context, 503, upgrade ? text.replace(unreachable, 'error dialing backend: ') : text)
  } finally {
    streams.delete(stream)
  }
}

const unreachable = 'error trying to reach service: '

/** Go's http.Error. */
function refuse({ exchange }: RequestContext, code: number, text: string): void {
  exchange.header('X-Content-Type-Options', 'nosniff')
  exchange.send(code, 'text/plain; charset=utf-8', `${text}\n`)
}

/** `/apis/<group>/<version>`, by itself. */
function isDiscovery({ info }: RequestContext): boolean {
  return !info.isResourceRequest && withoutLastSlashes(info.path).replace(/^\/+/, '').split('/').length === 3
}

const escaped = (path: string): string => encodeURI(path).replace(/[?#]/g, encodeURIComponent)

/** As Go's url.Values.Encode writes it: keys in order, each with its values. */
function sortedQuery({ exchange, query }: RequestContext): string {
  if (exchange.query === '') return ''
  const keys = [...new Set(query.keys())].sort()
  return keys.flatMap((key) => query.getAll(key).map((value) => `${goEscape(key)}=${goEscape(value)}`)).join('&')
}

const goEscape = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
