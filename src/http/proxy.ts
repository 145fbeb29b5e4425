import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as plainRequest } from 'node:http'
import { type Agent, type RequestOptions, request as tlsRequest } from 'node:https'
import { isIP } from 'node:net'
import { posix } from 'node:path'
import type { Duplex, Readable } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { createGunzip } from 'node:zlib'
import { badRequest, quote, serviceUnavailable } from '../api/index.js'
import type { RequestContext } from './context.js'
import type { Dialer } from './dialer.js'
import { networkErrorText, tellNameFirst } from './network-error.js'

/** Where a request goes on to, and how. */
export interface ProxyTarget {
  readonly scheme: 'http' | 'https'
  readonly host: string
  /** Default: that of the scheme. */
  readonly port?: string | undefined
  /** Escaped; what is asked for there. */
  readonly path: string
  /** Without "?"; empty: none. */
  readonly query: string
  /** Certificates and the like, for https. */
  readonly tls?: Pick<
    RequestOptions,
    'allowPartialTrustChain' | 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'
  >
  /** The path under which the target's root is seen by the client: its redirects are rewritten to it. Absent: left alone. */
  readonly seenAs?: string
  /** Only protocols that upgrade the connection make sense here: exec and its like. */
  readonly upgradeOnly?: boolean
  /** Keeps connections for the next request; it brings its own certificates. Absent: a connection for each request. */
  readonly agent?: Agent | undefined
  /** How the connection is made where no agent makes it. Default: straight. */
  readonly dial?: Dialer | undefined
  /** Headers that take the place of the client's. */
  readonly headers?: OutgoingHttpHeaders
  /** Ends the attempt besides the client's own going away. */
  readonly signal?: AbortSignal
  /** Answers of the target that redirect the client elsewhere are not passed on. */
  readonly refuseRedirects?: boolean
}

/** Bytes of all headers of an answer. Source: Go's http.Transport. */
const maxHeaderSize = 10 << 20

/** How long a connection may take to be made. Source: the dialer of upstream's transports. */
const dialTimeoutMs = 30_000

/**
 * Passes a request on and its answer back, as streams with back-pressure; or, if it asks for an upgrade, joins the two
 * connections. Resolves when it is over.
 *
 * Source: apimachinery pkg/util/proxy. Unlike upstream, links inside HTML pages are not rewritten.
 *
 * @throws ApiError 400 if an upgrade was required, 503 if the target cannot be reached
 */
export function proxy(context: RequestContext, target: ProxyTarget): Promise<void> {
  const { exchange } = context
  const upgrading = exchange.protocol === 'HTTP/1.1' && isUpgrade(exchange.headers)
  if (target.upgradeOnly === true && !upgrading) throw badRequest('Upgrade request required')
  return upgrading ? join(context, target) : forward(context, target)
}

/** Opens a request to a target; its errors are told as upstream tells them. */
export function dial(
  target: Omit<ProxyTarget, 'seenAs' | 'upgradeOnly'>,
  method: string,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): ClientRequest {
  const { scheme, host, port, path, query, tls, agent, dial } = target
  const options: RequestOptions = {
    method,
    maxHeaderSize,
    host: host.replace(/^\[|\]$/g, ''),
    port: port ?? (scheme === 'https' ? 443 : 80),
    path: query === '' ? path : `${path}?${query}`,
    headers,
    signal,
    ...(agent === undefined && dial !== undefined
      ? { createConnection: dialing(dial, target) }
      : { agent: agent ?? false }),
    ...(scheme === 'https' ? tls : {}),
  }
  const request = scheme === 'https' ? tlsRequest(options) : plainRequest(options)
  request.once('socket', (socket) => {
    if (!socket.connecting) return
    tellNameFirst(socket, agent?.options.servername || tls?.servername || host)
    const timer = setTimeout(() => request.destroy(new Error('dial tcp: i/o timeout')), dialTimeoutMs)
    const ready = scheme === 'https' ? 'secureConnect' : 'connect'
    const settled = (): void => clearTimeout(timer)
    socket.once(ready, settled).once('close', settled)
  })
  return request
}

/** A connection for one request, of the kind that its scheme wants. */
function dialing(dial: Dialer, { scheme, host, port, tls }: Pick<ProxyTarget, 'scheme' | 'host' | 'port' | 'tls'>) {
  const name = host.replace(/^\[|\]$/g, '')
  const at = Number(port ?? (scheme === 'https' ? 443 : 80))
  const servername = tls?.servername ?? (isIP(name) === 0 ? name : '')
  return (_: object, connected: (error: Error | null, socket: Duplex) => void): undefined => {
    dial(name, at).then(
      (socket) => connected(null, scheme === 'http' ? socket : connectTls({ ...tls, host: name, servername, socket })),
      (error: Error) => connected(error, undefined as unknown as Duplex),
    )
  }
}

const unreachable = (error: Error) => serviceUnavailable(`error trying to reach service: ${networkErrorText(error)}`)

const endOf = ({ exchange }: RequestContext, { signal }: ProxyTarget): AbortSignal =>
  signal === undefined ? exchange.signal : AbortSignal.any([exchange.signal, signal])

/** A connection that was kept may have been closed by the other side just now: what changes nothing is asked once more. */
async function forward(context: RequestContext, target: ProxyTarget): Promise<void> {
  if (await attempt(context, target, target.agent !== undefined && isRepeatable(context))) return
  const { ca, cert, key, rejectUnauthorized = true, servername } = target.agent?.options ?? {}
  const tls = {
    ...target.tls,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized,
  }
  await attempt(context, { ...target, agent: undefined, tls }, false)
}

const isRepeatable = ({ exchange }: RequestContext): boolean =>
  (exchange.method === 'GET' || exchange.method === 'HEAD') && announcedBody(exchange) === undefined

/** False: the kept connection was gone. */
function attempt(context: RequestContext, target: ProxyTarget, again: boolean): Promise<boolean> {
  const { exchange } = context
  const headers = forwardedHeaders(context, target)
  const unzip = asksForZip(exchange.method, headers)
  const request = dial(target, exchange.method, headers, endOf(context, target))
  let begun = false
  let gone = false
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    // Node knows both as the end of a request, and is silent if nobody listens.
    for (const event of ['upgrade', 'connect'])
      request.once(event, (answer: IncomingMessage, socket: Duplex) => {
        socket.destroy()
        const protocol = quote(answer.headers.upgrade ?? '')
        reject(serviceUnavailable(`backend tried to switch protocol ${protocol} when "" was requested`))
      })
    request.on('error', (error) => {
      gone = again && request.reusedSocket && (error as { code?: string }).code === 'ECONNRESET'
      reject(unreachable(error))
    })
  })
  const passed = answered.then((answer) => {
    // The client may have been told already that its time is up.
    if (exchange.responded) throw new Error('the request was answered by somebody else')
    begun = true
    return sendBack(context, target, answer, unzip)
  })
  return Promise.all([passed, sendOn(context, request)]).then(
    () => true,
    (error: unknown) => {
      request.destroy()
      if (!exchange.responded) {
        if (gone) return false
        throw error
      }
      if (begun) exchange.destroy()
      return true
    },
  )
}

/** A client that says nothing of encodings gets what Go's transport unzips for it. */
function asksForZip(method: string, headers: OutgoingHttpHeaders): boolean {
  if (method === 'HEAD' || headers['accept-encoding'] !== undefined || headers.range !== undefined) return false
  headers['accept-encoding'] = 'gzip'
  return true
}

/** Undefined: the request has no body. */
function announcedBody({ method, headers }: RequestContext['exchange']): string | undefined {
  const announced = headers['content-length'] ?? (headers['transfer-encoding'] === undefined ? undefined : 'chunked')
  const bodiless = method === 'GET' || method === 'HEAD' || method === 'DELETE' || method === 'OPTIONS'
  return announced === '0' ? undefined : (announced ?? (bodiless ? undefined : 'unknown'))
}

/** The request's body, piece by piece, as fast as the target takes it. */
async function sendOn({ exchange }: RequestContext, request: ClientRequest): Promise<void> {
  if (announcedBody(exchange) === undefined) {
    request.end()
    return
  }
  for await (const chunk of exchange.bodyStream()) {
    if (request.destroyed || request.writableEnded) return
    if (!request.write(chunk)) await drained(request)
  }
  request.end()
}

const drained = (request: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      request.off('drain', done).off('close', done)
      resolve()
    }
    request.on('drain', done).on('close', done)
  })

/**
 * Passes an answer on to the client.
 * @param unzip whether the client does not know that the answer may be zipped
 */
export async function sendBack(
  context: RequestContext,
  target: ProxyTarget,
  answer: IncomingMessage,
  unzip = false,
): Promise<void> {
  const { exchange } = context
  const { statusCode: code = 502 } = answer
  if (target.refuseRedirects === true && code >= 300 && code <= 399 && answer.headers.location !== undefined) {
    answer.destroy()
    exchange.send(502, 'text/plain; charset=utf-8', redirected)
    return
  }
  const { location, 'content-type': type = '' } = answer.headers
  const zipped = unzip && answer.headers['content-encoding']?.toLowerCase() === 'gzip'
  const dropped = new Set(['content-type', ...corsHeaders, ...(zipped ? ['content-encoding', 'content-length'] : [])])
  if (location !== undefined && target.seenAs !== undefined) {
    exchange.header('location', rewritten(location, context, target))
    dropped.add('location')
  }
  // Last of all, so that they come beside what this server says of itself, each for itself.
  exchange.onRespond(() => {
    const kept = withoutHops(answer)
    for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
      const name = answer.rawHeaders[i]!.toLowerCase()
      if (kept[name] !== undefined && !dropped.has(name)) exchange.addHeader(name, answer.rawHeaders[i + 1]!)
    }
  })
  const out = exchange.stream(code, type)
  exchange.onDone(() => answer.destroy())
  const content: Readable = zipped ? unzipped(answer) : answer
  for await (const chunk of content) if (!out.write(chunk as Buffer)) await out.drained()
  out.end()
}

function unzipped(answer: IncomingMessage): Readable {
  const content = createGunzip()
  answer.on('error', (error) => content.destroy(error))
  return answer.pipe(content)
}

const redirected = 'the backend attempted to redirect this request, which is not permitted'

/** Headers that belong to one connection. RFC 9110, section 7.6.1. */
const hopHeaders = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const corsHeaders = [
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
]

function withoutHops({ headers }: Pick<IncomingMessage, 'headers'>): OutgoingHttpHeaders {
  const named = new Set(
    String(headers.connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
  const kept: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers))
    if (!name.startsWith(':') && !hopHeaders.has(name) && !named.has(name)) kept[name] = value
  return kept
}

function forwardedHeaders(context: RequestContext, target: ProxyTarget): OutgoingHttpHeaders {
  const { exchange } = context
  const { expect: _, ...headers } = withoutHops(exchange)
  const host = String(exchange.headers[':authority'] ?? exchange.headers.host ?? '')
  headers.host = host
  if (hasToken(exchange.headers.te, 'trailers')) headers.te = 'trailers'
  const before = exchange.headers['x-forwarded-for']
  headers['x-forwarded-for'] =
    before === undefined ? exchange.remoteAddress : `${String(before)}, ${exchange.remoteAddress}`
  if (target.seenAs !== undefined) {
    headers['x-forwarded-uri'] = forwardedUri(`${target.seenAs}${target.path}`)
    headers['x-forwarded-host'] = host
    headers['x-forwarded-proto'] = 'https'
  }
  return target.headers === undefined ? headers : { ...headers, ...target.headers }
}

/** The path as X-Forwarded-Uri has it: without what leads nowhere. */
export const forwardedUri = (path: string): string => posix.normalize(path)

/** A redirect to the target's own root leads the client back through this server. */
function rewritten(
  location: string,
  { exchange }: RequestContext,
  { scheme, host, port, seenAs = '' }: ProxyTarget,
): string {
  const origin = `${scheme}://${host}${port === undefined ? '' : `:${port}`}`
  if (!URL.canParse(location, origin)) return location
  const own = String(exchange.headers[':authority'] ?? exchange.headers.host ?? '')
  const absolute = /^[a-z][a-z0-9+.-]*:|^\/\//i.test(location)
  const url = new URL(location, origin)
  if (absolute && url.host !== new URL(origin).host && url.host !== own) return location
  if (!absolute && !location.startsWith('/')) return location
  const path = url.pathname.startsWith(seenAs) ? url.pathname : `${seenAs}${url.pathname}`
  return `https://${own}${path}${url.search}${url.hash}`
}

const isUpgrade = ({ connection, upgrade }: RequestContext['exchange']['headers']): boolean =>
  upgrade !== undefined && hasToken(connection, 'upgrade')

const hasToken = (header: string | readonly string[] | undefined, token: string): boolean =>
  header !== undefined &&
  String(header)
    .toLowerCase()
    .split(',')
    .some((each) => each.trim() === token)

/** Joins the client's connection to one to the target, once that has agreed to the protocol. */
function join(context: RequestContext, target: ProxyTarget): Promise<void> {
  const { exchange } = context
  const headers = forwardedHeaders(context, target)
  headers.connection = 'Upgrade'
  headers.upgrade = exchange.headers.upgrade
  return new Promise((resolve, reject) => {
    const request = dial(target, exchange.method, headers, endOf(context, target))
    request.on('error', (error) => (exchange.responded ? exchange.destroy() : reject(unreachable(error))))
    request.once('response', (answer) => {
      const code = answer.statusCode ?? 0
      if (code < 400) {
        answer.destroy()
        reject(new Error(`invalid upgrade response: status code ${code}`))
        return
      }
      // What the target refuses with is what the client gets to see.
      sendBack(context, target, answer).then(resolve, () => {
        exchange.destroy()
        resolve()
      })
    })
    request.once('upgrade', (answer, theirs, head) => {
      const ours = exchange.upgrade()
      if (ours === undefined) {
        theirs.destroy()
        reject(new Error('request connection cannot be hijacked'))
        return
      }
      ours.socket.write(headOf(answer))
      if (head.length > 0) ours.socket.write(head)
      if (ours.head.length > 0) theirs.write(ours.head)
      void splice(ours.socket, theirs).then(resolve)
    })
    request.end()
  })
}

function headOf({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  let text = `HTTP/${httpVersion} ${statusCode} ${statusMessage}\r\n`
  for (let i = 0; i < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`
  return `${text}\r\n`
}

/** Until one of the two ends; then the other is ended as well. Pipes wait for whoever is slower. */
function splice(a: Duplex, b: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      a.destroy()
      b.destroy()
      resolve()
    }
    for (const socket of [a, b]) socket.once('close', over).on('error', over)
    a.pipe(b)
    b.pipe(a)
  })
}
