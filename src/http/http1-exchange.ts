import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { type BodySource, ReadableSource } from './body.js'
import { type BodySink, WritableSink } from './body-sink.js'
import type { Connection } from './connection.js'
import { ExchangeBase } from './exchange-base.js'
import { asUtf8 } from './http2/request-headers.js'

export interface Http1Options {
  readonly bodyTimeoutMs: number
  /** The client waits for `100 Continue` before it sends its body. */
  readonly expectsContinue?: boolean
  /** Set when the request asks for an upgrade: the connection is no longer the HTTP parser's. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer }
}

/** How long a client may go on sending a body nobody reads, so that it gets to see the response before the reset. */
const lingerMs = 500

/** An exchange over HTTP/1.1. */
export class Http1Exchange extends ExchangeBase {
  readonly protocol = 'HTTP/1.1'
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #options: Http1Options
  #continued = false
  #upgraded = false

  constructor(connection: Connection, request: IncomingMessage, response: ServerResponse, options: Http1Options) {
    super(connection, request.method ?? '', originForm(request.url ?? ''), request.headers, options.bodyTimeoutMs)
    this.#request = request
    this.#response = response
    this.#options = options
    response.on('error', ignore)
    response.on('close', () => {
      if (!this.#upgraded) this.onClosed(response.writableFinished)
    })
    if (options.upgrade !== undefined) {
      // no parser will read another request from this connection
      this.closeConnection()
      options.upgrade.socket.on('error', ignore)
      options.upgrade.socket.on('close', () => this.onClosed(response.writableFinished))
    }
  }

  headerValues(name: string): readonly string[] {
    if (this.headers[name] === undefined) return []
    return valuesOf(this.#request.rawHeaders, name)
  }

  upgrade(): { readonly socket: Duplex; readonly head: Buffer } | undefined {
    const upgrade = this.#options.upgrade
    if (upgrade === undefined || this.status !== 0) return undefined
    this.status = 101
    this.#upgraded = true
    this.#response.detachSocket(upgrade.socket as never)
    return upgrade
  }

  destroy(): void {
    this.#request.destroy()
    this.#options.upgrade?.socket.destroy()
  }

  closeConnection(): void {
    if (this.#response.headersSent) this.#response.shouldKeepAlive = false
    else this.#response.setHeader('connection', 'close')
  }

  protected bodySource(): BodySource {
    return new ReadableSource(this.bodyReadable())
  }

  protected bodyReadable(): Readable {
    if (this.#options.expectsContinue === true && !this.#continued) {
      this.#continued = true
      this.#response.writeContinue()
    }
    return this.#request
  }

  protected respondWith(body: Buffer): void {
    this.#head()
    this.#response.end(body)
    this.#hangUp()
  }

  protected respondEmpty(): void {
    this.#head()
    this.#response.end()
    this.#hangUp()
  }

  protected respondOpen(): BodySink {
    this.#head()
    // Headers that are flushed alone would be encoded as UTF-8, bytes of which they have already.
    if (this.out.warning === undefined) this.#response.flushHeaders()
    else this.#response.write(nothing)
    this.#hangUp()
    return new WritableSink(this.#response)
  }

  #head(): void {
    if (this.#unread) this.closeConnection()
    this.#response.writeHead(this.status, this.out)
  }

  get #unread(): boolean {
    const { complete, headers } = this.#request
    // a request without a body is not yet marked complete while its handler runs for the first time
    const announced = (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined
    return announced && !complete && this.#options.upgrade === undefined
  }

  /** The connection does not survive a response to a request whose body was not read to its end. */
  #hangUp(): void {
    const upgrade = this.#options.upgrade
    if (upgrade !== undefined) {
      this.#response.once('finish', () => upgrade.socket.end())
    } else if (this.#unread) {
      const request = this.#request
      const cut = (): void => {
        setTimeout(() => request.complete || request.socket.destroy(), lingerMs).unref()
      }
      this.#response.once('finish', cut)
    }
  }
}

const ignore = (): void => undefined
const nothing = Buffer.alloc(0)

/** The values of one header out of a flat list of names and values. Node reads bytes as Latin-1; names of users are UTF-8. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === name) values.push(asUtf8(rawHeaders[i + 1]!))
  }
  return values
}

/** A proxy may send the absolute form, and names nothing but an authority to connect to; only the path and query count here. */
function originForm(url: string): string {
  if (url.startsWith('/') || url === '*') return url
  return /^(?:https?:\/\/)?[^/?]*(.*)$/is.exec(url)?.[1] ?? ''
}
