import { constants as crypto } from 'node:crypto'
import { type IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttps, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { BufferPool } from './buffer-pool.js'
import { type CaSource, type CertificateSource, Certificates, type SniSource } from './certificates.js'
import { cipherList } from './cipher-suites.js'
import { answerClientError, type ParseError, refusal } from './client-error.js'
import { Connection } from './connection.js'
import { curveList } from './curves.js'
import type { Exchange } from './exchange.js'
import type { ExchangeBase } from './exchange-base.js'
import { HttpDate } from './http-date.js'
import { Http1Exchange } from './http1-exchange.js'
import type { HeaderField } from './http2/header-table.js'
import { batchBytes } from './http2/sender.js'
import { Http2ServerConnection, type ServerConnectionOptions } from './http2/server-connection.js'
import { Http2Exchange, type Http2Surroundings } from './http2-exchange.js'
import { Intake } from './intake.js'
import { unparsedRequest } from './unparsed-request.js'

export interface ListenOptions {
  /**
   * Gets every request, and when it was received, in milliseconds of the wall clock. Must not throw, and must see to it that
   * each exchange is answered.
   */
  readonly handler: (exchange: Exchange, receivedAt: number) => void
  readonly certificate: CertificateSource
  /** Default: all addresses, IPv4 and IPv6. */
  readonly bindAddress?: string
  /** Default 0: any free one. */
  readonly port?: number
  readonly sni?: readonly SniSource[]
  /** If given, client certificates are asked for (naming these CAs) but neither required nor verified. */
  readonly clientCa?: CaSource
  /** Default TLSv1.2. */
  readonly minVersion?: SecureVersion
  /** Default TLSv1.3. */
  readonly maxVersion?: SecureVersion
  /** Go's names of cipher suites below TLS 1.3. Default: Node's list. */
  readonly cipherSuites?: readonly string[]
  /** Go's numbers of key exchanges. Default: Node's list. */
  readonly curves?: readonly number[]
  /** Default true. */
  readonly http2?: boolean
  /** Concurrent streams of one HTTP/2 connection. Default, and meaning of 0: 100, upstream's. */
  readonly maxStreams?: number
  /** Bytes of all header fields of a request; above it 431. Default 1 MiB. */
  readonly maxHeaderBytes?: number
  /** Default 90,000. */
  readonly idleTimeoutMs?: number
  /** TLS handshake, and then the head of a request on HTTP/1.1. Default 32,000. */
  readonly headerTimeoutMs?: number
  /** One whole request body. Default 60,000. */
  readonly bodyTimeoutMs?: number
  /** How often certificate files are looked at. Default 10,000. */
  readonly reloadMs?: number
  readonly hooks?: ListenHooks
}

/** For metrics and logs. */
export interface ListenHooks {
  connection?(change: 1 | -1, protocol: 'h2' | 'http/1.1'): void
  handshakeFailed?(error: Error): void
  /** A certificate file changed and cannot be used; the old one stays. */
  reloadFailed?(error: Error): void
  reloaded?(): void
}

export interface Listener {
  readonly address: string
  readonly port: number
  readonly connections: number
  /** HTTP/2 streams and HTTP/1.1 requests in progress. */
  readonly exchanges: number
  /** Looks now whether certificate files have changed. */
  checkCertificates(): void
  /** New connections are refused from now on; those that are there go on. */
  stopAccepting(): void
  /**
   * Tells every client to go (GOAWAY, `Connection: close`), waits until all have gone or `graceMs` are over, then cuts the
   * rest and closes. Resolves when no handle is left open.
   */
  drain(graceMs: number): Promise<void>
  /** Cuts every connection. */
  close(): Promise<void>
}

const defaults = {
  bindAddress: '::',
  port: 0,
  sni: [],
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  http2: true,
  maxStreams: 100,
  maxHeaderBytes: 1 << 20,
  idleTimeoutMs: 90_000,
  headerTimeoutMs: 32_000,
  bodyTimeoutMs: 60_000,
  reloadMs: 10_000,
  hooks: {},
} as const satisfies Partial<ListenOptions>

type Settings = typeof defaults & ListenOptions

/**
 * Serves HTTP/2 and HTTP/1.1 over TLS on one port, told apart by ALPN (none: HTTP/1.1).
 *
 * @throws Error if the certificate cannot be used or the address is taken
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const listener = new SecureListener({ ...defaults, ...options } as Settings)
  await listener.start()
  return listener
}

class SecureListener implements Listener {
  readonly #settings: Settings
  readonly #certificates: Certificates
  readonly #server: Server
  readonly #http2: ServerConnectionOptions
  readonly #surroundings: Http2Surroundings
  readonly #intake: Intake<ExchangeBase>
  readonly #sockets = new Map<TLSSocket, Connection>()
  readonly #sessions = new Map<Http2ServerConnection, Connection>()
  #draining = false
  #closed: Promise<void> | undefined
  #idleCheck: NodeJS.Timeout | undefined
  address = ''
  port = 0

  constructor(settings: Settings) {
    this.#settings = settings
    this.#intake = new Intake<ExchangeBase>(settings.handler)
    const { minVersion, maxVersion, cipherSuites = [], curves = [], headerTimeoutMs, idleTimeoutMs } = settings
    const { hooks, clientCa, maxHeaderBytes } = settings
    this.#certificates = new Certificates({
      certificate: settings.certificate,
      sni: settings.sni,
      clientCa,
      context: {
        minVersion,
        maxVersion,
        ...(cipherSuites.length === 0 ? {} : { ciphers: cipherList(cipherSuites) }),
        ...(curves.length === 0 ? {} : { ecdhCurve: curveList(curves) }),
        honorCipherOrder: true,
        // a resumed session forgets the intermediates of the client's chain
        ...(clientCa === undefined ? {} : { secureOptions: crypto.SSL_OP_NO_TICKET }),
      },
      reloadMs: settings.reloadMs,
      onReload: (context) => {
        this.#server.setSecureContext(context)
        hooks.reloaded?.()
      },
      onError: (error) => hooks.reloadFailed?.(error),
    })
    this.#server = createHttps({
      ...this.#certificates.default,
      ALPNProtocols: settings.http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      SNICallback: (name, done) => done(null, this.#certificates.find(name)),
      requestCert: clientCa !== undefined,
      rejectUnauthorized: false,
      handshakeTimeout: headerTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headerTimeoutMs,
      // bodies have their own limit; watches and proxied streams may take any time
      requestTimeout: 0,
      // `refusal` sees to it, in Go's words
      requireHostHeader: false,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(30_000, Math.max(50, headerTimeoutMs / 4)),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 180_000,
    })
    this.#server.maxHeadersCount = 0
    this.#http2 = http2Options(settings)
    const clock = new HttpDate()
    this.#surroundings = { bodyTimeoutMs: settings.bodyTimeoutMs, date: () => clock.now() }
    this.#route()
  }

  get connections(): number {
    return this.#sockets.size
  }

  get exchanges(): number {
    let open = 0
    for (const connection of this.#sockets.values()) open += connection.open
    return open
  }

  start(): Promise<void> {
    const { bindAddress, port } = this.#settings
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        this.#certificates.close()
        reject(error)
      }
      this.#server.once('error', failed)
      this.#server.listen({ host: bindAddress, port, backlog: 1024 }, () => {
        this.#server.off('error', failed)
        // an accept that fails (too many files) must not end the process
        this.#server.on('error', (error) => this.#settings.hooks.handshakeFailed?.(error))
        // One timer for all: one in each session would be set anew with every frame.
        this.#idleCheck = setInterval(() => this.#closeIdle(), Math.max(50, this.#settings.idleTimeoutMs / 8)).unref()
        const bound = this.#server.address() as AddressInfo
        this.address = bound.address
        this.port = bound.port
        resolve()
      })
    })
  }

  checkCertificates(): void {
    this.#certificates.check()
  }

  stopAccepting(): void {
    this.#closed ??= new Promise((resolve) => {
      clearInterval(this.#idleCheck)
      this.#certificates.close()
      this.#server.close(() => resolve())
    })
  }

  async drain(graceMs: number): Promise<void> {
    this.stopAccepting()
    this.#draining = true
    for (const session of this.#sessions.keys()) session.close()
    const end = Date.now() + graceMs
    // an idle keep-alive connection becomes one only after its last response: look again until all are gone
    for (this.#server.closeIdleConnections(); this.#sockets.size > 0; this.#server.closeIdleConnections()) {
      const left = end - Date.now()
      if (left <= 0) break
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 20)))
    }
    await this.close()
  }

  async close(): Promise<void> {
    this.stopAccepting()
    this.#server.closeAllConnections()
    for (const session of this.#sessions.keys()) session.destroy()
    for (const socket of this.#sockets.keys()) socket.destroy()
    await this.#closed
  }

  #closeIdle(): void {
    const now = Date.now()
    for (const [session, connection] of this.#sessions)
      if (connection.isIdle(now, this.#settings.idleTimeoutMs)) session.close()
  }

  #route(): void {
    const server = this.#server
    const { hooks } = this.#settings
    // https.Server gives every connection to its HTTP/1.1 parser; that listener is kept for those that are
    const [http1] = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[]
    server.removeAllListeners('secureConnection')
    server.on('secureConnection', (socket: TLSSocket) => {
      const protocol = socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1'
      const connection = new Connection(socket)
      this.#sockets.set(socket, connection)
      hooks.connection?.(1, protocol)
      socket.on('error', ignore)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        hooks.connection?.(-1, protocol)
      })
      if (protocol === 'h2') this.#serveHttp2(socket, connection)
      else http1!.call(server, socket)
    })
    server.on('tlsClientError', (error, socket) => {
      hooks.handshakeFailed?.(error)
      socket.destroy()
    })
    this.#serveHttp1()
  }

  #serveHttp1(): void {
    const { bodyTimeoutMs } = this.#settings
    const responses = new WeakMap<Duplex, ServerResponse>()
    const serve = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
      const connection = this.#sockets.get(request.socket as TLSSocket)
      if (connection === undefined) return
      responses.set(request.socket, response)
      const refused = refusal(request)
      if (refused !== undefined) {
        const { status, text } = refused
        const length = { 'Content-Length': text.length }
        response.writeHead(status, { ...length, 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
        response.end(text)
        return
      }
      const exchange = new Http1Exchange(connection, request, response, { bodyTimeoutMs, expectsContinue })
      if (this.#draining) exchange.closeConnection()
      this.#intake.take(connection, exchange)
    }
    /** A request behind which the connection is no parser's any more. */
    const serveLast = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const connection = this.#sockets.get(request.socket as TLSSocket)
      if (connection === undefined) return
      const response = new ServerResponse(request)
      response.assignSocket(request.socket)
      // which the server does of the connections that it still reads
      socket.on('drain', () => response.emit('drain'))
      responses.set(request.socket, response)
      const upgrade = { socket, head }
      this.#settings.handler(new Http1Exchange(connection, request, response, { bodyTimeoutMs, upgrade }), Date.now())
    }
    this.#server.on('request', serve(false))
    this.#server.on('checkContinue', serve(true))
    this.#server.on('upgrade', serveLast)
    this.#server.on('connect', serveLast)
    this.#server.on('clientError', (error: ParseError, socket: Duplex) => {
      const last = responses.get(socket)
      const request =
        last === undefined || last.writableFinished ? unparsedRequest(error, socket as TLSSocket) : undefined
      if (request !== undefined) serveLast(request, socket, none)
      // what is behind a whole request does not take its answer away
      else if (last !== undefined && !last.writableFinished && (last.req.complete || last.writableEnded))
        last.once('finish', () => socket.destroy())
      // behind a response that has begun, another is no answer
      else if (last?.headersSent === true && !last.writableEnded) socket.destroy()
      else answerClientError(error, socket as TLSSocket)
    })
  }

  #serveHttp2(socket: TLSSocket, connection: Connection): void {
    if (this.#draining) {
      socket.destroy()
      return
    }
    const { maxHeaderBytes } = this.#settings
    const session: Http2ServerConnection = new Http2ServerConnection(socket, this.#http2, {
      request: (stream, headers, fields, truncated) => {
        const exchange = new Http2Exchange(connection, session, stream, headers, fields, this.#surroundings)
        if (truncated || headerBytes(fields) > maxHeaderBytes) {
          exchange.send(431, 'text/plain; charset=utf-8', '431 Request Header Fields Too Large\n')
        } else {
          this.#intake.take(connection, exchange)
        }
      },
      hasWaiting: () => this.#intake.hasWaiting(connection),
      closed: () => this.#sessions.delete(session),
    })
    this.#sessions.set(session, connection)
  }
}

const ignore = (): void => undefined
const none = Buffer.alloc(0)

/** Per stream: upstream's figure, the size that holds 99% of objects. Per connection: what a few streams may have in flight. */
const streamWindow = 256 * 1024
const connectionWindow = 4 * 1024 * 1024

const http2Options = ({ maxStreams, maxHeaderBytes }: Settings): ServerConnectionOptions => ({
  maxStreams: maxStreams > 0 ? maxStreams : defaults.maxStreams,
  streamWindow,
  connectionWindow,
  // somewhat more than is allowed, so that who exceeds it is told 431
  maxHeaderBytes: maxHeaderBytes * 2,
  maxHeaderFields: 4096,
  batches: new BufferPool(batchBytes),
})

function headerBytes(fields: readonly HeaderField[]): number {
  let bytes = 0
  for (const { name, value } of fields) bytes += name.length + value.length
  return bytes
}
