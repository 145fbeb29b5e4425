import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { type BodySource, readableOf } from './body.js'
import type { BodySink } from './body-sink.js'
import type { Connection } from './connection.js'
import { ExchangeBase } from './exchange-base.js'
import { failure } from './http2/frames.js'
import type { HeaderField } from './http2/header-table.js'
import { fieldValues } from './http2/request-headers.js'
import type { ServerStream } from './http2/server-stream.js'

/** What the exchanges of a listener need of it. */
export interface Http2Surroundings {
  readonly bodyTimeoutMs: number
  /** Now, as headers have it. */
  date(): string
}

/** An exchange over one stream of HTTP/2. */
export class Http2Exchange extends ExchangeBase {
  readonly protocol = 'HTTP/2.0'
  readonly #stream: ServerStream
  readonly #session: { close(): void }
  readonly #surroundings: Http2Surroundings
  #fields: readonly HeaderField[]

  constructor(
    connection: Connection,
    session: { close(): void },
    stream: ServerStream,
    headers: IncomingHttpHeaders,
    fields: readonly HeaderField[],
    surroundings: Http2Surroundings,
  ) {
    const { ':method': method, ':path': path } = headers as Record<string, string | undefined>
    super(connection, method ?? '', path ?? '', headers, surroundings.bodyTimeoutMs)
    this.#stream = stream
    this.#session = session
    this.#fields = fields
    this.#surroundings = surroundings
    stream.onClosed = (complete) => this.onClosed(complete)
  }

  headerValues(name: string): readonly string[] {
    return this.headers[name] === undefined ? [] : fieldValues(this.#fields, name)
  }

  override release(): void {
    super.release()
    this.#fields = none
  }

  upgrade(): undefined {
    return undefined
  }

  destroy(): void {
    this.#stream.reset(failure.internal)
  }

  closeConnection(): void {
    this.#session.close()
  }

  protected bodySource(): BodySource {
    if (this.headers.expect === '100-continue' && !this.#stream.remoteEnded) this.#stream.respond(100, {}, false)
    return this.#stream
  }

  protected bodyReadable(): Readable {
    return readableOf(this.bodySource())
  }

  protected respondWith(body: Buffer): void {
    this.#head(false)
    this.#stream.end(body)
  }

  protected respondEmpty(): void {
    this.#head(true)
  }

  protected respondOpen(): BodySink {
    this.#head(false)
    return this.#stream
  }

  #head(end: boolean): void {
    this.out.date ??= this.#surroundings.date()
    this.#stream.respond(this.status, this.out, end)
  }
}

const none: readonly HeaderField[] = []
