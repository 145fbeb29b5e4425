import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { connect as connectTo } from 'node:net'

/** How a call ended that did not succeed. Codes are gRPC's. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  constructor(
    readonly code: number,
    readonly details: string,
    options?: ErrorOptions,
  ) {
    super(`${code} ${details}`, options)
  }
}

export interface ChannelAddress {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string
  /** A socket of this machine in the place of host and port. */
  readonly socket?: string
  readonly ca?: Buffer | undefined
  readonly cert?: Buffer | undefined
  readonly key?: Buffer | undefined
}

export interface RpcStream {
  write(message: Buffer): void
  /** Ends it; nothing is told any more. */
  cancel(): void
}

export interface RpcStreamListener {
  message(bytes: Buffer): void
  /** Once: by itself (undefined), or because something failed. */
  ended(error: RpcError | undefined): void
}

const connectMs = 5_000
const keepaliveMs = 10_000
const keepaliveAnswerMs = 5_000
/** Somebody who cannot be reached is not asked again sooner. */
const retryMs = 100
const head = 5

/**
 * gRPC over one HTTP/2 connection, which is made when it is needed and made again when it is lost. Half of what a call costs
 * with the usual library goes into what is not needed here: interceptors, resolvers, load balancers, retries.
 */
export class RpcChannel {
  readonly #address: ChannelAddress
  #session: ClientHttp2Session | undefined
  #connecting: Promise<ClientHttp2Session> | undefined
  #failure: { readonly error: RpcError; readonly until: number } | undefined
  #keepalive: NodeJS.Timeout | undefined
  #closed = false

  constructor(address: ChannelAddress) {
    this.#address = address
  }

  /** Sends one message and gets one. Rejects with RpcError, or with the reason of the signal. */
  async unary(path: string, message: Buffer, deadline: number, signal?: AbortSignal): Promise<Buffer> {
    const session = this.#open ?? (await this.#connected(deadline))
    return new Promise((resolve, reject) => {
      const stream = session.request(headersOf(path, deadline))
      const chunks: Buffer[] = []
      const status = statusOf(stream)
      let over = false
      const end = (finish: () => void): void => {
        if (over) return
        over = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
        finish()
      }
      const give = (error: unknown): void =>
        end(() => {
          stream.close(constants.NGHTTP2_CANCEL)
          reject(error)
        })
      const abort = (): void => give(signal?.reason)
      const timer = setTimeout(() => give(new RpcError(4, 'Deadline exceeded')), Math.max(deadline - Date.now(), 1))
      signal?.addEventListener('abort', abort, { once: true })
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', (error) => end(() => reject(new RpcError(14, error.message, { cause: error }))))
      stream.on('close', () =>
        end(() => {
          const error = status()
          if (error !== undefined) reject(error)
          else {
            const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
            if (whole.length < head || whole.length !== head + whole.readUInt32BE(1))
              reject(new RpcError(13, 'the answer is not one message'))
            else resolve(whole.subarray(head))
          }
        }),
      )
      stream.end(framed(message))
    })
  }

  /** Opens a stream of messages both ways. */
  stream(path: string, listener: RpcStreamListener): RpcStream {
    let cancelled = false
    let stream: ClientHttp2Stream | undefined
    const waiting: Buffer[] = []
    const ended = (error: RpcError | undefined): void => {
      if (!cancelled) listener.ended(error)
      cancelled = true
    }
    const open = (session: ClientHttp2Session): void => {
      if (cancelled) return
      const opened = session.request(headersOf(path))
      stream = opened
      const status = statusOf(opened)
      const reader = new MessageReader((bytes) => {
        if (!cancelled) listener.message(bytes)
      })
      opened.on('data', (chunk: Buffer) => reader.take(chunk))
      opened.on('error', (error) => ended(new RpcError(14, error.message, { cause: error })))
      opened.on('close', () => ended(status()))
      for (const message of waiting) opened.write(framed(message))
    }
    this.#connected(Date.now() + connectMs).then(open, (error: RpcError) => ended(error))
    return {
      write(message) {
        if (stream === undefined) waiting.push(message)
        else if (!stream.destroyed && !cancelled) stream.write(framed(message))
      },
      cancel() {
        cancelled = true
        stream?.close(constants.NGHTTP2_CANCEL)
      },
    }
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#keepalive)
    this.#session?.destroy()
    this.#session = undefined
  }

  /** A connection that takes requests. */
  get #open(): ClientHttp2Session | undefined {
    const session = this.#session
    return session === undefined || session.closed || session.destroyed ? undefined : session
  }

  #connected(deadline: number): Promise<ClientHttp2Session> {
    const open = this.#open
    if (open !== undefined) return Promise.resolve(open)
    if (this.#closed) return Promise.reject(new RpcError(1, 'the channel is closed'))
    const failure = this.#failure
    if (failure !== undefined && Date.now() < failure.until) return Promise.reject(failure.error)
    this.#connecting ??= this.#connect(Math.min(deadline - Date.now(), connectMs)).finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  #connect(timeoutMs: number): Promise<ClientHttp2Session> {
    const { url, socket, ca, cert, key } = this.#address
    return new Promise((resolve, reject) => {
      const session = connect(url, {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(socket === undefined ? {} : { createConnection: () => connectTo(socket) }),
        settings: { initialWindowSize: 4 << 20, enablePush: false },
      })
      let last: Error | undefined
      const timer = setTimeout(() => session.destroy(new Error('connect ETIMEDOUT')), Math.max(timeoutMs, 1))
      session.on('error', (error) => {
        last = error
      })
      // It finishes what it has and takes no more.
      session.on('goaway', () => this.#forget(session))
      session.on('close', () => {
        clearTimeout(timer)
        this.#forget(session)
        const error = new RpcError(14, `No connection established. Last error: ${last?.message ?? 'closed'}`)
        this.#failure = { error, until: Date.now() + retryMs }
        reject(error)
      })
      session.on('connect', () => {
        clearTimeout(timer)
        if (this.#closed) {
          session.destroy()
          return
        }
        session.setLocalWindowSize(32 << 20)
        this.#session = session
        this.#failure = undefined
        this.#watchOver(session)
        resolve(session)
      })
    })
  }

  /** Somebody who was stopped, or is behind a broken network, does not say so. */
  #watchOver(session: ClientHttp2Session): void {
    clearInterval(this.#keepalive)
    this.#keepalive = setInterval(() => {
      const timer = setTimeout(() => session.destroy(new Error('keepalive ping not answered')), keepaliveAnswerMs)
      timer.unref()
      try {
        session.ping(() => clearTimeout(timer))
      } catch {
        clearTimeout(timer)
        session.destroy()
      }
    }, keepaliveMs)
    this.#keepalive.unref()
  }

  #forget(session: ClientHttp2Session): void {
    if (this.#session !== session) return
    this.#session = undefined
    clearInterval(this.#keepalive)
  }
}

const headersOf = (path: string, deadline?: number) => ({
  ':method': 'POST',
  ':path': path,
  'content-type': 'application/grpc',
  te: 'trailers',
  ...(deadline === undefined ? {} : { 'grpc-timeout': `${Math.max(deadline - Date.now(), 1)}m` }),
})

/** Looks for gRPC's status, which comes behind the messages, or in the headers if there are none. */
function statusOf(stream: ClientHttp2Stream): () => RpcError | undefined {
  let found: IncomingHttpHeaders | undefined
  let http = 200
  stream.on('response', (headers) => {
    http = Number(headers[':status'])
    if (headers['grpc-status'] !== undefined) found = headers
  })
  stream.on('trailers', (trailers) => {
    found = trailers
  })
  return () => {
    if (found === undefined) return new RpcError(14, http === 200 ? 'the connection was lost' : `HTTP status ${http}`)
    const code = Number(found['grpc-status'])
    return code === 0 ? undefined : new RpcError(code, decodeMessage(String(found['grpc-message'] ?? '')))
  }
}

function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function framed(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(head + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  message.copy(frame, head)
  return frame
}

/** Takes a stream of bytes apart into messages. Messages share its memory. */
class MessageReader {
  readonly #tell: (bytes: Buffer) => void
  #rest: Buffer[] = []
  #size = 0

  constructor(tell: (bytes: Buffer) => void) {
    this.#tell = tell
  }

  take(chunk: Buffer): void {
    this.#rest.push(chunk)
    this.#size += chunk.length
    if (this.#size < head) return
    // A large message comes in many chunks, which are put together once.
    const first = this.#rest[0]!
    if (first.length >= head && this.#size < head + first.readUInt32BE(1)) return
    let bytes = this.#rest.length === 1 ? first : Buffer.concat(this.#rest)
    while (bytes.length >= head) {
      const end = head + bytes.readUInt32BE(1)
      if (bytes.length < end) break
      this.#tell(bytes.subarray(head, end))
      bytes = bytes.subarray(end)
    }
    this.#rest = bytes.length === 0 ? [] : [bytes]
    this.#size = bytes.length
  }
}
