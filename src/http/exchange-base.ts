import type { IncomingHttpHeaders, OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { type BodyLimits, type BodySource, readBody } from './body.js'
import type { BodySink } from './body-sink.js'
import { acceptsGzip, bodyLength, gzipBody, gzipThreshold, sliceBody } from './compress.js'
import type { Connection } from './connection.js'
import type { Exchange, ResponseStream } from './exchange.js'

/** Bodies up to this size count as handed over once they are with the protocol layer. */
const handedOver = 64 * 1024

/** What the two protocols have in common. */
export abstract class ExchangeBase implements Exchange {
  abstract readonly protocol: 'HTTP/1.1' | 'HTTP/2.0'
  readonly path: string
  readonly query: string
  status = 0
  bytesWritten = 0
  bytesRead: number | undefined
  protected out: Record<string, OutgoingHttpHeader> = {}
  protected closed = false
  readonly #connection: Connection
  readonly #bodyTimeoutMs: number
  #controller: AbortController | undefined
  #done: readonly (() => void)[] | undefined
  #beforeHead: ((status: number) => void)[] | undefined
  #finished = false

  constructor(
    connection: Connection,
    readonly method: string,
    target: string,
    public headers: IncomingHttpHeaders,
    bodyTimeoutMs: number,
  ) {
    this.#connection = connection
    this.#bodyTimeoutMs = bodyTimeoutMs
    const mark = target.indexOf('?')
    this.path = mark < 0 ? target : target.slice(0, mark)
    this.query = mark < 0 ? '' : target.slice(mark + 1)
    connection.exchangeBegan()
  }

  get remoteAddress(): string {
    return this.#connection.remoteAddress
  }
  get remotePort(): number {
    return this.#connection.remotePort
  }
  get localAddress(): string {
    return this.#connection.localAddress
  }
  get localPort(): number {
    return this.#connection.localPort
  }
  get clientCertificates(): readonly Buffer[] {
    return this.#connection.clientCertificates
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.closed) this.#controller.abort(clientGone())
    }
    return this.#controller.signal
  }

  get responded(): boolean {
    return this.status !== 0
  }

  /** The stream or connection below is gone: nobody is there to be answered. */
  get isClosed(): boolean {
    return this.closed
  }

  async body(limit: number): Promise<Buffer> {
    const limits: BodyLimits = { bytes: limit, timeoutMs: this.#bodyTimeoutMs }
    const body = await readBody(this.bodySource(), this.headers, limits)
    this.bytesRead = body.length
    return body
  }

  bodyStream(): AsyncIterable<Buffer> {
    return this.bodyReadable()
  }

  release(): void {
    const { 'user-agent': agent } = this.headers
    this.headers = agent === undefined ? noHeaders : { 'user-agent': agent }
    this.out = {}
    this.#beforeHead = undefined
  }

  header(name: string, value: string): void {
    const key = name.toLowerCase()
    if (key === 'warning') this.addHeader(key, value)
    else this.out[key] = value
  }

  addHeader(name: string, value: string): void {
    const key = name.toLowerCase()
    const old = this.out[key]
    if (old === undefined) this.out[key] = value
    else if (Array.isArray(old)) old.push(value)
    else this.out[key] = [String(old), value]
  }

  send(
    status: number,
    contentType: string,
    body: Buffer | string | readonly Buffer[],
    headers?: OutgoingHttpHeaders,
  ): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.#begin(status, contentType, headers)
    if (this.closed) return
    const length = Array.isArray(bytes) ? bodyLength(bytes) : (bytes as Buffer).length
    this.bytesWritten = length
    if (length >= gzipThreshold && this.out['content-encoding'] === undefined && acceptsGzip(this.headers)) {
      this.#sendPacked(bytes)
      return
    }
    this.out['content-length'] = length
    if (this.method === 'HEAD' || status === 204 || status === 304) {
      if (status === 204 || status === 304) delete this.out['content-length']
      this.respondEmpty()
      this.finish()
    } else if (length <= handedOver) {
      this.respondWith(Array.isArray(bytes) ? Buffer.concat(bytes, length) : (bytes as Buffer))
      this.finish()
    } else {
      this.#sendSlices(Array.isArray(bytes) ? bytes : [bytes as Buffer])
    }
  }

  stream(status: number, contentType: string, headers?: OutgoingHttpHeaders): ResponseStream {
    this.#begin(status, contentType, headers)
    if (this.closed || this.method === 'HEAD') {
      if (!this.closed) this.respondEmpty()
      this.finish()
      return deadStream
    }
    return new OpenStream(this.respondOpen(), this)
  }

  onDone(callback: () => void): void {
    if (this.#finished) callback()
    // exactly as long as it is: what is pushed to has room for sixteen more, and a watch keeps it for hours
    else this.#done = this.#done === undefined ? [callback] : this.#done.concat(callback)
  }

  onRespond(callback: (status: number) => void): void {
    if (this.#beforeHead === undefined) this.#beforeHead = [callback]
    else this.#beforeHead.push(callback)
  }

  abort(reason?: unknown): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
  }

  abstract headerValues(name: string): readonly string[]
  abstract upgrade(): { readonly socket: Duplex; readonly head: Buffer } | undefined
  abstract destroy(): void
  abstract closeConnection(): void

  /** The request body, from its start, in either form; only one of them is called, once. */
  protected abstract bodySource(): BodySource
  protected abstract bodyReadable(): Readable
  /** The three ways to answer; all send `status` and `out`. */
  protected abstract respondWith(body: Buffer): void
  protected abstract respondEmpty(): void
  protected abstract respondOpen(): BodySink

  /** The response is over, one way or the other. Only for what writes it. */
  finish(): void {
    if (this.#finished) return
    this.#finished = true
    const callbacks = this.#done
    if (callbacks === undefined) return
    this.#done = undefined
    for (const callback of callbacks) callback()
  }

  /** The stream or connection below is gone. `complete`: the response went out in full. */
  protected onClosed(complete: boolean): void {
    if (this.closed) return
    this.closed = true
    this.#connection.exchangeClosed()
    if (!complete) this.#controller?.abort(clientGone())
    this.finish()
  }

  #begin(status: number, contentType: string, headers: OutgoingHttpHeaders | undefined): void {
    if (this.status !== 0) throw new Error(`a response with status ${this.status} was begun already`)
    if (this.#beforeHead !== undefined) for (const callback of this.#beforeHead) callback(status)
    this.status = status
    const out = this.out
    if (contentType !== '') out['content-type'] = contentType
    if (headers === undefined) return
    for (const name of Object.keys(headers)) {
      const value = headers[name]
      if (value !== undefined) out[name.toLowerCase()] = value
    }
  }

  /** What is queued in a stream takes memory: many large answers at once must not exhaust it. */
  #sendSlices(body: readonly Buffer[]): void {
    writeSlices(this.respondOpen(), sliceBody(body), () => this.closed)
  }

  #sendPacked(body: Buffer | readonly Buffer[]): void {
    const out = this.out
    out['content-encoding'] = 'gzip'
    const vary = out.vary === undefined ? '' : String(out.vary)
    if (!vary.startsWith('Accept-Encoding')) out.vary = vary === '' ? 'Accept-Encoding' : `Accept-Encoding, ${vary}`
    gzipBody(body).then(
      (packed) => {
        if (this.closed) return
        out['content-length'] = packed.length
        if (this.method === 'HEAD') this.respondEmpty()
        else this.#sendSlices([packed])
      },
      () => this.destroy(),
    )
  }
}

const noHeaders: IncomingHttpHeaders = Object.freeze({})

const clientGone = (): Error => new Error('the client has gone away')

function writeSlices(out: BodySink, slices: Generator<Buffer, undefined>, gone: () => boolean): void {
  const next = (): void => {
    for (let slice = slices.next(); !slice.done; slice = slices.next()) {
      if (gone()) return
      if (!out.write(slice.value)) {
        out.whenDrained(next)
        return
      }
    }
    out.end()
  }
  next()
}

class OpenStream implements ResponseStream {
  readonly #out: BodySink
  readonly #exchange: ExchangeBase
  #waiting: Promise<void> | undefined

  constructor(out: BodySink, exchange: ExchangeBase) {
    this.#out = out
    this.#exchange = exchange
  }

  write(chunk: Buffer, taken?: () => void): boolean {
    if (this.#out.isOver) return true
    this.#exchange.bytesWritten += chunk.length
    return this.#out.write(chunk, taken)
  }

  drained(): Promise<void> {
    const out = this.#out
    if (out.isOver || !out.isFull) return Promise.resolve()
    this.#waiting ??= new Promise((resolve) => {
      out.whenDrained(() => {
        this.#waiting = undefined
        resolve()
      })
    })
    return this.#waiting
  }

  get buffered(): number {
    return this.#out.pending
  }

  end(): void {
    const out = this.#out
    if (out.isOver) return
    out.end()
    if (out.pending <= handedOver) this.#exchange.finish()
  }
}

const deadStream: ResponseStream = {
  write: () => true,
  drained: () => Promise.resolve(),
  buffered: 0,
  end: () => undefined,
}
