import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * One request and its response, over HTTP/2 or HTTP/1.1. The rest of kats sees nothing of either protocol.
 * Exactly one of `send`, `stream` and `upgrade` is called, once.
 */
export interface Exchange {
  readonly method: string
  /** Undecoded, as sent, from the first "/" up to "?". */
  readonly path: string
  /** Undecoded, without "?"; empty if there is none. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  /** Every value of a repeated header by itself, in order, where `headers` joins them; empty once deleted from `headers`. */
  headerValues(name: string): readonly string[]
  readonly protocol: 'HTTP/1.1' | 'HTTP/2.0'
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /**
   * The verified-or-not client certificate chain of the connection, leaf first, DER; empty if none was sent. All exchanges of
   * a connection give the same array, so that a verdict on it can be kept in a WeakMap.
   */
  readonly clientCertificates: readonly Buffer[]
  /** Made on first use. Aborts when the client has gone away or the exchange has failed. */
  readonly signal: AbortSignal
  /** True as soon as a response was begun. */
  readonly responded: boolean
  /** The status of the response, 0 before. */
  readonly status: number
  /** Bytes of body written so far (before compression). */
  readonly bytesWritten: number
  /** Bytes of the request body (unzipped), once it was read as a whole; undefined before. */
  readonly bytesRead: number | undefined

  /**
   * The whole request body, gunzipped if it says so. Throws ApiError: 413 above `limit` bytes, 400 if it cannot be read
   * or is shorter than announced.
   */
  body(limit: number): Promise<Buffer>
  /** The body as it comes, for proxies. */
  bodyStream(): AsyncIterable<Buffer>
  /** A header for the response, whichever way it will be sent. Repeated `Warning` headers add up. */
  header(name: string, value: string): void
  /** A header beside those of its name that are there already. */
  addHeader(name: string, value: string): void
  /** Answers at once. Content-Length, Date and, where it is worth it and accepted, gzip are seen to. */
  send(
    status: number,
    contentType: string,
    body: Buffer | string | readonly Buffer[],
    headers?: OutgoingHttpHeaders,
  ): void
  /** Begins an answer whose body comes in pieces. */
  stream(status: number, contentType: string, headers?: OutgoingHttpHeaders): ResponseStream
  /** HTTP/1.1 only, undefined otherwise: the raw connection, for WebSockets and upgrade proxies. `head` are bytes already read. */
  upgrade(): { readonly socket: Duplex; readonly head: Buffer } | undefined
  /**
   * For an answer that lasts for hours, once it has begun: lets go of the request's headers but User-Agent, and of what was put
   * together for the answer's.
   */
  release(): void
  /** Called right before the head of the response is made: the last moment to add headers. */
  onRespond(callback: (status: number) => void): void
  /** Called once when the response has been handed over in full, or has been cut off. */
  onDone(callback: () => void): void
  /** Cuts the connection or stream: the last resort when an error comes after the response has begun. */
  destroy(): void
  /** Aborts `signal` but leaves the response alone: whoever works for this exchange should stop (its time is up). */
  abort(reason?: unknown): void
  /** After this response the connection takes no further requests: GOAWAY on HTTP/2, `Connection: close` on HTTP/1.1. */
  closeConnection(): void
}

/** The body of a streamed response. Nothing is buffered here: `write` says when to wait. */
export interface ResponseStream {
  /**
   * False: the peer is slow; wait for `drained` before writing more. Writing after the end or an abort is ignored.
   *
   * @param taken called once the chunk is not needed any more, if the socket has taken all of it; not at all if it is cut off
   */
  write(chunk: Buffer, taken?: () => void): boolean
  /** Resolves when more may be written, or the exchange is over. */
  drained(): Promise<void>
  /** Bytes accepted by `write` that the peer has not taken yet. */
  readonly buffered: number
  end(): void
}
