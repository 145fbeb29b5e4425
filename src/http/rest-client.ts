import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent, type AgentOptions, request as tlsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { posix } from 'node:path'
import type { Duplex, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Dialer } from './dialer.js'
import { checkIdentity, networkErrorText, tellNameFirst } from './network-error.js'
import { refusalOf } from './refused-call.js'
import { type ClientSpan, clientSpan } from './tracing.js'

/** Who is called, and as whom. */
export interface RestTarget {
  /** Scheme, host and path, without a query. Plain http is for those whose users asked for it. */
  readonly url: string
  /** PEM; undefined: the system's authorities. */
  readonly ca?: string | undefined
  /** The name that the peer's certificate must have. Default: the host of the URL. */
  readonly serverName?: string | undefined
  /** The peer's certificate is not looked at. Default: false. */
  readonly insecure?: boolean | undefined
  /** Who we are to the peer. Asked for the headers of each request and the certificate of each connection. */
  readonly identity?: CallerIdentity | undefined
  /** Where to connect to instead of the URL's own host. Asked for each new connection; throws an Error with the reason. */
  readonly address?: (() => Promise<Address> | Address) | undefined
  /** How connections are made. Default: straight. */
  readonly dial?: Dialer | undefined
}

export interface CallerIdentity {
  /** PEM; undefined: no certificate is shown. */
  readonly keyPair: { readonly cert: string; readonly key: string } | undefined
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** Waited for before each request; undefined: nothing to wait for. Rejects with an Error with the reason. */
  prepare?(): Promise<unknown> | undefined
  /** The headers were answered with 401: there may be others for the next request. */
  refused?(): Promise<void>
}

export interface Address {
  readonly host: string
  readonly port: number
}

export interface CallOptions {
  /** Told to the peer as `?timeout=`, rounded up to seconds, and held to. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Milliseconds on top of the timeout in which the signal may come first. Default: 0. */
  readonly graceMs?: number
}

export interface RestClientOptions {
  /** A larger answer is refused. Default: 16 MiB. */
  readonly maxResponseBytes?: number
  /** Default: 25. */
  readonly maxConnections?: number
  /** Default: that of admission webhooks' clients. */
  readonly userAgent?: string
  /** What is sent is no part of what a request is traced by. Default false. */
  readonly untraced?: boolean
  /** Nothing is read from the answers: they may be empty. Default false. */
  readonly mayBeEmpty?: boolean
}

/** What a peer has to say that does not want to be called now. Upstream: client-go rest, with_retry.go. */
const maxRetries = 10

/**
 * Posts JSON to one peer, by HTTP/1.1 over connections that are kept. Redirects are followed as Go's client does, other
 * answers but 2xx are refusals. Errors have the words of Kubernetes' own REST client.
 */
export class RestClient {
  readonly #target: RestTarget
  readonly #url: URL
  readonly #agent: TargetAgent
  /** The certificate of the last request. */
  #shown: string | undefined
  readonly #plainAgent: PlainAgent | undefined
  readonly #maxResponseBytes: number
  readonly #untraced: boolean
  readonly #mayBeEmpty: boolean
  readonly #headers: Readonly<Record<string, string>>
  /** The URL as it was given: with its port, though that be the usual one. */
  readonly #where: string

  /** Throws where the URL cannot be parsed. */
  constructor(target: RestTarget, options: RestClientOptions = {}) {
    this.#target = target
    this.#url = new URL(target.url)
    this.#url.pathname = joinedPath(this.#url.pathname)
    const [, authority = this.#url.host] = /^[^:]+:\/\/([^/?#]*)/.exec(target.url) ?? []
    this.#where = `${this.#url.protocol}//${authority}${this.#url.pathname}`
    this.#untraced = options.untraced ?? false
    this.#mayBeEmpty = options.mayBeEmpty ?? false
    this.#maxResponseBytes = options.maxResponseBytes ?? 16 * 1024 * 1024
    this.#agent = this.#agentFor(target.serverName ?? this.#url.hostname, options.maxConnections)
    this.#plainAgent = target.dial === undefined ? undefined : new PlainDialingAgent(target.dial)
    this.#headers = {
      host: authority,
      accept: 'application/json, */*',
      'content-type': 'application/json',
      'accept-encoding': 'gzip',
      'user-agent': options.userAgent ?? 'kube-apiserver-admission',
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #agentFor(serverName: string, maxSockets = 25): TargetAgent {
    const { ca, insecure, identity } = this.#target
    const name = serverName.replace(/^\[|\]$/g, '')
    return new TargetAgent(this.#target, {
      keepAlive: true,
      // What nobody uses for so long is closed, as Go's transport does.
      timeout: 90_000,
      maxSockets,
      // A session that is taken up again is still whoever began it.
      ...(identity === undefined ? {} : { maxCachedSessions: 0 }),
      // An address goes without SNI, and its certificate is still checked against it.
      servername: /^[\d.]+$|:/.test(name) ? '' : name,
      // As Go does: the peer's own certificate may be given in place of its authority's.
      ...(ca === undefined ? {} : { ca, allowPartialTrustChain: true }),
      checkServerIdentity: checkIdentity,
      ...(insecure === true ? { rejectUnauthorized: false } : {}),
    })
  }

  /**
   * The body of a 2xx answer.
   *
   * @throws RefusedCall for other statuses, Error whose message says what went wrong otherwise
   */
  async post(body: Buffer, options: CallOptions): Promise<Buffer> {
    const began = performance.now()
    for (let attempt = 0; ; attempt++) {
      await this.#prepared()
      const answer = await this.#traced(body, options, options.timeoutMs - (performance.now() - began))
      if (answer.status === 401) await this.#target.identity?.refused?.().catch(() => undefined)
      if (answer.status >= 200 && answer.status <= 206) {
        if (answer.bytes.length > 0 || this.#mayBeEmpty) return answer.bytes
        const type = answer.contentType || 'application/json'
        throw new CallEnd(`0-length response with status code: ${answer.status} and content type: ${type}`)
      }
      const wait = attempt < maxRetries ? answer.retryAfterSeconds : undefined
      if (wait === undefined || options.signal?.aborted === true) throw refusalOf(answer)
      // Who is to wait longer than there is time waits in vain.
      const left = Math.max(0, options.timeoutMs - (performance.now() - began))
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait * 1000, left)))
      if (wait * 1000 >= left) throw this.#late(options)
    }
  }

  #late({ timeoutMs }: CallOptions): Error {
    return new CallEnd(`Post ${JSON.stringify(this.#where + timeoutQuery(timeoutMs))}: context deadline exceeded`)
  }

  /** Finds out who we are, and if that is somebody else than the last time, no connection of then is used. */
  async #prepared(): Promise<void> {
    const { identity } = this.#target
    if (identity?.prepare === undefined) return
    try {
      await identity.prepare()
    } catch (error) {
      const why = (error as Error).message
      throw new CallEnd(`Post ${JSON.stringify(this.#where)}: getting credentials: ${why}`, { cause: error })
    }
    const shown = identity.keyPair?.cert
    if (this.#shown !== shown) this.#agent.forgetConnections()
    this.#shown = shown
  }

  /** The same as a part of what is traced, if anything is. */
  async #traced(body: Buffer, options: CallOptions, leftMs: number): Promise<Answer> {
    const { hostname, port, protocol } = this.#url
    const span = this.#untraced
      ? undefined
      : clientSpan('HTTP POST', {
          'http.request.method': 'POST',
          'url.full': this.#where,
          'server.address': hostname,
          'server.port': port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
          'http.request.body.size': body.length,
        })
    if (span === undefined) return this.#send(body, options, leftMs)
    try {
      const answer = await this.#send(body, options, leftMs, span)
      span.set('http.response.status_code', answer.status)
      span.end(answer.status >= 400 ? '' : undefined)
      return answer
    } catch (error) {
      span.end((error as Error).message)
      throw error
    }
  }

  async #send(body: Buffer, options: CallOptions, leftMs: number, span?: ClientSpan): Promise<Answer> {
    const query = timeoutQuery(options.timeoutMs)
    const until = performance.now() + leftMs
    let hop: Hop = { url: new URL(query, this.#url), where: this.#where + query, method: 'POST', body }
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#exchange(hop, options, until - performance.now(), span)
      const next = redirected(hop, answer)
      if (next === undefined) return answer
      if (redirects === maxRedirects) throw new CallEnd(`Post ${JSON.stringify(hop.where)}: stopped after 10 redirects`)
      hop = next
    }
  }

  #exchange(hop: Hop, { signal, graceMs = 0 }: CallOptions, leftMs: number, span?: ClientSpan): Promise<Answer> {
    const { url, where, method, body } = hop
    const { hostname, port } = url
    const isAway = url.host !== this.#url.host || url.protocol !== this.#url.protocol
    const own = isAway ? this.#agentFor(hostname) : this.#agent
    return new Promise((resolve, reject) => {
      let over = false
      const end = (): void => {
        over = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', aborted)
        if (isAway) own.destroy()
      }
      const fail = (error: unknown): void => {
        if (over) return
        end()
        outgoing.destroy()
        reject(
          error instanceof CallEnd
            ? error
            : new CallEnd(`Post ${JSON.stringify(where)}: ${networkErrorText(error)}`, { cause: error }),
        )
      }
      const aborted = (): void => fail(new Error('context canceled'))
      const timer = setTimeout(() => fail(new Error('context deadline exceeded')), Math.max(0, leftMs) + graceMs)
      const isPlain = url.protocol === 'http:'
      const request = isPlain ? plainRequest : tlsRequest
      const outgoing = request({
        agent: isPlain ? this.#plainAgent : own,
        method,
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port !== '' ? Number(port) : isPlain ? 80 : 443,
        path: url.pathname + url.search,
        headers: {
          ...this.#headers,
          ...(this.#target.identity?.headers as Record<string, string | string[]> | undefined),
          ...span?.headers,
          ...(body === undefined ? {} : { 'content-length': body.length }),
          ...(isAway ? { host: url.host } : {}),
        },
      })
      if (body === undefined) outgoing.removeHeader('content-type')
      if (isAway && !isBelow(hostname, this.#url.hostname)) outgoing.removeHeader('authorization')
      outgoing.on('response', (response) => {
        const parts: Buffer[] = []
        let size = 0
        const zipped = response.headers['content-encoding']?.toLowerCase() === 'gzip'
        const content: Readable = zipped ? response.pipe(createGunzip()) : response
        content.on('data', (part: Buffer) => {
          size += part.length
          if (size > this.#maxResponseBytes)
            fail(new CallEnd(`the response is larger than ${this.#maxResponseBytes} bytes`))
          else parts.push(part)
        })
        content.on('end', () => {
          if (over) return
          if (!response.complete) {
            fail(cutOff('unexpected EOF'))
            return
          }
          end()
          resolve({
            status: response.statusCode ?? 0,
            contentType: response.headers['content-type'],
            location: response.headers.location,
            retryAfterSeconds: retryAfterOf(response.statusCode ?? 0, response.headers['retry-after']),
            bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts),
          })
        })
        response.on('error', () => fail(cutOff('unexpected EOF')))
        if (zipped)
          content.on('error', ({ code }: NodeJS.ErrnoException) =>
            fail(cutOff(code === 'Z_BUF_ERROR' ? 'unexpected EOF' : 'gzip: invalid header')),
          )
      })
      outgoing.once('socket', (socket) => tellNameFirst(socket, own.options.servername || hostname))
      outgoing.on('error', fail)
      if (signal?.aborted === true) aborted()
      else signal?.addEventListener('abort', aborted, { once: true })
      outgoing.end(body)
    })
  }
}

/** One of the requests that a call is: the first one, or where a redirect leads. */
interface Hop {
  readonly url: URL
  /** The URL in errors. */
  readonly where: string
  readonly method: string
  readonly body: Buffer | undefined
}

/** Source: Go's net/http Client, defaultCheckRedirect. */
const maxRedirects = 9

/** Where an answer leads to; undefined: nowhere, it is what was asked for. Source: Go's net/http, redirectBehavior. */
function redirected({ url, method, body }: Hop, { status, location }: Answer): Hop | undefined {
  const asGet = status === 301 || status === 302 || status === 303
  if (location === undefined || location === '' || !(asGet || status === 307 || status === 308)) return undefined
  if (!URL.canParse(location, url.href))
    throw new CallEnd(`failed to parse Location header ${JSON.stringify(location)}`)
  const next = new URL(location, url)
  if (next.protocol !== 'https:' && next.protocol !== 'http:')
    throw new CallEnd(
      `Post ${JSON.stringify(next.href)}: unsupported protocol scheme ${JSON.stringify(next.protocol.slice(0, -1))}`,
    )
  return { url: next, where: next.href, ...(asGet ? { method: 'GET', body: undefined } : { method, body }) }
}

/** Whether credentials may be shown to a host that another one redirects to. */
const isBelow = (host: string, parent: string): boolean => host === parent || host.endsWith(`.${parent}`)

export interface Answer {
  readonly status: number
  readonly contentType: string | undefined
  /** Of redirects. */
  readonly location?: string | undefined
  /** Undefined: it is not to be asked again. */
  readonly retryAfterSeconds: number | undefined
  readonly bytes: Buffer
}

/** A failure whose words are whole. */
class CallEnd extends Error {}

const timeoutQuery = (ms: number): string => `?timeout=${Math.max(1, Math.ceil(ms / 1000))}s`

const cutOff = (why: string): Error =>
  new CallEnd(`unexpected error when reading response body. Please retry. Original error: ${why}`)

function retryAfterOf(status: number, header: string | undefined): number | undefined {
  if (status !== 429 && status < 500) return undefined
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : undefined
}

/** As client-go joins the parts of a path: nothing empty between slashes, none at the end. */
const joinedPath = (path: string): string => posix.normalize(path).replace(/(?<=.)\/$/, '')

type Connected = (error: Error | null, socket: Duplex) => void

/** Connects where the target is to be reached now, as who we are now. */
class TargetAgent extends Agent {
  readonly #target: RestTarget

  constructor(target: RestTarget, options: AgentOptions) {
    super(options)
    this.#target = target
  }

  override createConnection(options: object, connected?: Connected): Duplex | null | undefined {
    const connect = super.createConnection.bind(this) as (options: object, connected?: Connected) => Duplex
    const { address, dial, identity } = this.#target
    const own = { ...options, ...identity?.keyPair }
    if (address === undefined && dial === undefined) return connect(own, connected)
    const reach = async (): Promise<object> => {
      const { host, port } = address === undefined ? (options as Address) : await address()
      return dial === undefined ? { host, port } : { socket: await dial(host, port) }
    }
    void reach().then(
      (where) => connected?.(null, connect({ ...own, ...where })),
      (error: Error) => connected?.(error, undefined as unknown as Duplex),
    )
    return undefined
  }

  /** No further request goes over the connections that there are: they were made as somebody else. */
  forgetConnections(): void {
    const close = (sockets: NodeJS.ReadOnlyDict<Socket[]>, when: (socket: Socket) => void): void => {
      for (const list of Object.values(sockets)) for (const socket of list ?? []) when(socket)
    }
    close(this.freeSockets, (socket) => socket.destroy())
    close(this.sockets, (socket) => socket.once('free', () => socket.destroy()))
  }
}

/** Plain http by another way. */
class PlainDialingAgent extends PlainAgent {
  readonly #dial: Dialer

  constructor(dial: Dialer) {
    super({ keepAlive: false })
    this.#dial = dial
  }

  override createConnection(options: object, connected?: Connected): undefined {
    const { host, port } = options as Address
    this.#dial(host, port).then(
      (socket) => connected?.(null, socket),
      (error: Error) => connected?.(error, undefined as unknown as Duplex),
    )
  }
}
