import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Readable, Writable } from 'node:stream'
import type { Connection } from './connection.js'
import { ExchangeBase } from './exchange-base.js'

/** An exchange over one HTTP/2 stream, on Node's core stream API: its compatibility layer costs a third of the throughput. */
export class Http2Exchange extends ExchangeBase {
  readonly protocol = 'HTTP/2.0'
  readonly #stream: ServerHttp2Stream
  #rawHeaders: readonly string[]

  constructor(
    connection: Connection,
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    bodyTimeoutMs: number,
  ) {
    super(connection, headers[':method'] ?? '', headers[':path'] ?? '', headers, bodyTimeoutMs)
    this.#stream = stream
    this.#rawHeaders = rawHeaders
    // an error is always followed by close
    stream.on('error', ignore)
    stream.on('close', () => this.onClosed(stream.rstCode === constants.NGHTTP2_NO_ERROR && stream.writableFinished))
  }

  headerValues(name: string): readonly string[] {
    if (this.headers[name] === undefined) return []
    return valuesOf(this.#rawHeaders, name)
  }

  override release(): void {
    super.release()
    this.#rawHeaders = none
  }

  upgrade(): undefined {
    return undefined
  }

  destroy(): void {
    if (!this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }

  closeConnection(): void {
    const session = this.#stream.session as ServerHttp2Session | undefined
    if (session !== undefined && !session.closed) session.close()
  }

  protected beginBody(): Readable {
    return this.#stream
  }

  protected respondWith(body: Buffer): void {
    const stream = this.#stream
    this.out[':status'] = this.status
    stream.respond(this.out)
    stream.end(body)
    this.#dropBody()
  }

  protected respondEmpty(): void {
    this.out[':status'] = this.status
    this.#stream.respond(this.out, { endStream: true })
    this.#dropBody()
  }

  protected respondOpen(): Writable {
    this.out[':status'] = this.status
    this.#stream.respond(this.out)
    return this.#stream
  }

  /** What a body reader left behind is not waited for: without this the client could keep the stream open. */
  #dropBody(): void {
    const stream = this.#stream
    if (stream.readableFlowing === null || stream.readableEnded) return
    stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR))
  }
}

const ignore = (): void => undefined
const none: readonly string[] = []

/**
 * The values of one header out of a flat list of names and values. Node reads bytes as Latin-1; names of users are UTF-8, as
 * upstream takes them.
 */
export function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() === name) values.push(asUtf8(rawHeaders[i + 1]!))
  }
  return values
}

const asUtf8 = (value: string): string =>
  /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value
