import {
  type Filter,
  inSpan,
  type RequestInfo,
  type SpanOptions,
  spanContextOf,
  type Tracer,
  type UserInfo,
} from '../http/index.js'

/**
 * Makes each request a span, and a part of its client's trace. Of those that are none of the system's own the trace is not
 * gone on with, since they would decide what is recorded: it begins anew and is linked to theirs.
 *
 * Source: apiserver pkg/endpoints/filters/traces.go; names of attributes: OpenTelemetry's for HTTP.
 */
export const tracing =
  (tracer: Tracer): Filter =>
  (next) =>
  (context) => {
    const { exchange, info, user, auditId } = context
    const remote = exchange.headers.traceparent === undefined ? undefined : spanContextOf(exchange.headers)
    const span = tracer.start(nameOf(exchange.method, info), {
      kind: 'server',
      startedAt: context.receivedAt,
      ...relation(remote, user),
      attributes: {
        'http.request.method': exchange.method,
        'url.scheme': 'https',
        'url.path': exchange.path,
        'http.target': exchange.query === '' ? exchange.path : `${exchange.path}?${exchange.query}`,
        'server.address': String(exchange.headers[':authority'] ?? exchange.headers.host ?? ''),
        'client.address': exchange.remoteAddress,
        'network.peer.address': exchange.remoteAddress,
        'network.peer.port': exchange.remotePort,
        'network.protocol.version': exchange.protocol.slice('HTTP/'.length).replace('2.0', '2'),
        'user_agent.original': exchange.headers['user-agent'] ?? '',
        'audit-id': auditId.slice(0, maxAuditId),
      },
    })
    exchange.onDone(() => {
      span.set('http.response.status_code', exchange.status)
      span.set('http.response.body.size', exchange.bytesWritten)
      span.end(exchange.status >= 500 ? '' : undefined)
    })
    return inSpan(tracer, span, () => next(context))
  }

const maxAuditId = 64

function relation(remote: SpanOptions['parent'], user: UserInfo | undefined): Pick<SpanOptions, 'parent' | 'link'> {
  if (remote === undefined) return {}
  return user?.groups.some((group) => trusted.has(group)) === true ? { parent: remote } : { link: remote }
}

const trusted = new Set(['system:masters', 'system:monitoring'])

function nameOf(method: string, info: RequestInfo): string {
  if (!info.isResourceRequest) return method
  const group = info.apiGroup === '' ? '' : `/${info.apiGroup}`
  const namespace = info.namespace === '' ? '' : '/namespaces/{:namespace}'
  const name = info.name === '' ? '' : '/{:name}'
  const subresource = info.subresource === '' ? '' : `/${info.subresource}`
  return `${method} /${info.apiPrefix}${group}/${info.apiVersion}${namespace}/${info.resource}${name}${subresource}`
}
