import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Dialer } from '../dialer.js'
import {
  Http2ClientConnection,
  type Http2ClientStream,
  type StreamEnd,
  type StreamListener,
} from '../http2/client-connection.js'
import type { HeaderField } from '../http2/header-table.js'
import { networkErrorText } from '../network-error.js'
import { type ClientSpan, clientSpan } from '../tracing.js'
import { RpcError } from './rpc-error.js'

export interface ChannelAddress {
  /** `http://host:port` or `https://host:port`. */
  readonly url: string
  /** A socket of this machine in the place of host and port. */
  readonly socket?: string
  readonly ca?: Buffer | undefined
  readonly cert?: Buffer | undefined
  readonly key?: Buffer | undefined
  /** How connections are made. Default: straight. */
  readonly dial?: Dialer | undefined
  /**
   * A program of this machine that may be started later, or again: calls wait for it until their time is up, and it is not
   * asked whether it is still there (servers of the usual library hang up on who asks often).
   */
  readonly isLocal?: true
  /** What an answer may be large, in bytes. Default: as much as memory holds. */
  readonly maxAnswerBytes?: number
}

export interface RpcStream {
  /** @returns false: it waits until the other side takes more */
  write(message: Buffer): boolean
  /** While it is held the other side sends no more than a window of bytes. */
  hold(isHeld: boolean): void
  /** Ends it; nothing is told any more. */
  cancel(): void
}

export interface RpcStreamListener {
  message(bytes: Buffer): void
  /** What was written had to wait, and has gone. */
  drained?(): void
  /** Once: by itself (undefined), or because something failed. */
  ended(error: RpcError | undefined): void
}

/** @param path of a socket; `@name` for an abstract one */
export const localProgram = (path: string): ChannelAddress => ({
  url: 'http://localhost',
  socket: path.startsWith('@') ? `\0${path.slice(1)}` : path,
  isLocal: true,
  maxAnswerBytes: 4 << 20,
})

const connectMs = 5_000
/** Somebody who is waited for is asked again so often. */
const waitMs = 250
const keepaliveMs = 5_000
const keepaliveAnswerMs = 5_000
/** Somebody who cannot be reached is not asked again sooner. */
const retryMs = 100
const head = 5
/** What a message may be large. A page of a list is some hundred objects of a megabyte and a half at most. */
const mostBytes = 1 << 30

/**
 * gRPC over one HTTP/2 connection, which is made when it is needed and made again when it is lost. Most of what a call costs
 * with the usual library goes into what is not needed here: interceptors, resolvers, load balancers, retries.
 */
export class RpcChannel {
  readonly #address: ChannelAddress
  readonly #fields = new Map<string, readonly HeaderField[]>()
  #connection: Http2ClientConnection | undefined
  #connecting: Promise<Http2ClientConnection> | undefined
  #failure: Failure | undefined
  #keepalive: NodeJS.Timeout | undefined
  #closed = false

  constructor(address: ChannelAddress) {
    this.#address = address
  }

  /** Sends one message and gets one. Rejects with RpcError, or with the reason of the signal. */
  unary(path: string, message: Buffer, deadline: number, signal?: AbortSignal): Promise<Buffer> {
    const span = clientSpan(path.slice(1), {
      'rpc.system': 'grpc',
      'rpc.service': path.slice(1, path.lastIndexOf('/')),
      'rpc.method': path.slice(path.lastIndexOf('/') + 1),
      'server.address': this.#address.url,
    })
    return span === undefined
      ? this.#unary(path, message, deadline, signal)
      : this.#traced(span, this.#unary(path, message, deadline, signal, Object.entries(span.headers)))
  }

  async #traced(span: ClientSpan, answer: Promise<Buffer>): Promise<Buffer> {
    try {
      const bytes = await answer
      span.set('rpc.grpc.status_code', 0)
      span.end()
      return bytes
    } catch (error) {
      if (error instanceof RpcError) span.set('rpc.grpc.status_code', error.code)
      span.end((error as Error).message)
      throw error
    }
  }

  #unary(
    path: string,
    message: Buffer,
    deadline: number,
    signal?: AbortSignal,
    more: readonly (readonly [string, string])[] = [],
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let stream: Http2ClientStream | undefined
      let over = false
      const end = (): void => {
        over = true
        clearTimeout(timer)
        signal?.removeEventListener('abort', abort)
      }
      const give = (error: unknown): void => {
        if (over) return
        end()
        stream?.cancel()
        reject(error)
      }
      const abort = (): void => give(signal?.reason)
      const leftMs = Math.max(deadline - Date.now(), 1)
      const late = (): void => {
        // Why there is no connection says more than that the time is over.
        const failure = stream === undefined ? this.#failure : undefined
        if (failure === undefined || this.#address.isLocal !== true)
          give(failure?.error ?? new RpcError(4, 'context deadline exceeded'))
        else give(new RpcError(4, `latest balancer error: ${failure.text}`))
      }
      const timer = setTimeout(late, leftMs)
      signal?.addEventListener('abort', abort, { once: true })
      const start = (connection: Http2ClientConnection): void => {
        if (over) return
        const answer = new UnaryAnswer(this.#address.maxAnswerBytes, (error, bytes) => {
          if (over) return
          if (error !== undefined) give(error)
          else {
            end()
            resolve(bytes)
          }
        })
        // In whole seconds, so that there are few of them to remember. Ours is the exact one.
        const usual = this.#fieldsOf(path, Math.ceil(leftMs / 1_000))
        const fields = more.length === 0 ? usual : [...usual, ...more.map(([name, value]) => ({ name, value }))]
        stream = connection.open(fields, [framed(message)], true, answer)
      }
      const wait = (error: unknown): void => {
        if (this.#address.isLocal !== true || this.#closed) give(error)
        else if (!over) setTimeout(() => over || connect(), waitMs)
      }
      const connect = (): void => void this.#connected().then(start, wait)
      const open = this.#open
      if (open === undefined) connect()
      else start(open)
    })
  }

  /** Opens a stream of messages both ways. */
  stream(path: string, listener: RpcStreamListener): RpcStream {
    let over = false
    let stream: Http2ClientStream | undefined
    const waiting: Buffer[] = []
    const ended = (error: RpcError | undefined): void => {
      if (!over) listener.ended(error)
      over = true
    }
    const open = (connection: Http2ClientConnection): void => {
      if (over) return
      const status = new Status()
      const reader = new MessageReader(this.#address.maxAnswerBytes ?? mostBytes, (bytes) => {
        if (!over) listener.message(bytes)
      })
      stream = connection.open(this.#fieldsOf(path), waiting, false, {
        headers: (fields) => status.read(fields),
        data: (bytes) => reader.take(bytes),
        drained: () => listener.drained?.(),
        ended: (end) => ended(status.error(end)),
      })
    }
    const wait = (error: RpcError): void => {
      if (this.#address.isLocal !== true || this.#closed) ended(error)
      else if (!over) setTimeout(() => over || connect(), waitMs)
    }
    const connect = (): void => void this.#connected().then(open, wait)
    connect()
    return {
      write(message) {
        if (over) return true
        if (stream !== undefined) return stream.send(framed(message))
        waiting.push(framed(message))
        return true
      },
      hold: (isHeld) => stream?.hold(isHeld),
      cancel() {
        over = true
        stream?.cancel()
      },
    }
  }

  /** Why there is no connection, in grpc-go's words. Undefined: there is one, or nobody knows yet. */
  get unreachable(): string | undefined {
    return this.#open === undefined ? this.#failure?.text : undefined
  }

  close(): void {
    this.#closed = true
    this.#connection?.destroy(new Error('the channel is closed'))
  }

  /** A connection that takes requests. */
  get #open(): Http2ClientConnection | undefined {
    return this.#connection?.isOpen ? this.#connection : undefined
  }

  #connected(): Promise<Http2ClientConnection> {
    const open = this.#open
    if (open !== undefined) return Promise.resolve(open)
    if (this.#closed) return Promise.reject(new RpcError(1, 'the channel is closed'))
    const failure = this.#failure
    if (failure !== undefined && Date.now() < failure.until) return Promise.reject(failure.error)
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #connect(): Promise<Http2ClientConnection> {
    const { dial, url } = this.#address
    if (dial === undefined) return this.#connectOver(openSocket(this.#address))
    const { host, port } = placeOf(url)
    const raw = await dial(host, port).catch((error: Error) => {
      throw this.#failed(error)
    })
    return this.#connectOver(openSocket(this.#address, raw as Socket))
  }

  #failed(error: Error): RpcError {
    const unreachable = new RpcError(14, `No connection established. Last error: ${error.message}`)
    this.#failure = { error: unreachable, text: dialText(error, this.#address.socket), until: Date.now() + retryMs }
    return unreachable
  }

  #connectOver(socket: Socket): Promise<Http2ClientConnection> {
    return new Promise((resolve, reject) => {
      let connection: Http2ClientConnection | undefined
      const failed = (error: Error): void => {
        clearTimeout(timer)
        reject(this.#failed(error))
      }
      const giveUp = (error: Error): void => {
        if (connection === undefined) {
          socket.destroy()
          failed(error)
        } else connection.destroy(error)
      }
      const timer = setTimeout(() => giveUp(new Error('connect ETIMEDOUT')), connectMs)
      socket.on('error', giveUp)
      const speak = (): void => {
        socket.setNoDelay(true)
        const made = new Http2ClientConnection(socket, {
          ready: () => {
            clearTimeout(timer)
            if (this.#closed) {
              made.destroy(new Error('the channel is closed'))
              return
            }
            this.#connection = made
            this.#failure = undefined
            if (this.#address.isLocal !== true) this.#watchOver(made)
            resolve(made)
          },
          // It finishes what it has.
          retired: () => this.#forget(made),
          closed: (error) => {
            this.#forget(made)
            failed(error)
          },
        })
        connection = made
      }
      if (this.#address.url.startsWith('https:')) socket.once('secureConnect', speak)
      else if (socket.connecting) socket.once('connect', speak)
      else speak()
    })
  }

  /** Somebody who was stopped, or is behind a broken network, does not say so. */
  #watchOver(connection: Http2ClientConnection): void {
    clearInterval(this.#keepalive)
    this.#keepalive = setInterval(() => {
      if (Date.now() - connection.heard < keepaliveMs) return
      const silent = (): void => connection.destroy(new Error('keepalive ping not answered'))
      const timer = setTimeout(silent, keepaliveAnswerMs)
      timer.unref()
      connection.ping(() => clearTimeout(timer))
    }, keepaliveMs)
    this.#keepalive.unref()
  }

  #forget(connection: Http2ClientConnection): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    clearInterval(this.#keepalive)
  }

  /** The same list for the same call, which then is a few bytes on the wire. */
  #fieldsOf(path: string, timeoutSeconds = 0): readonly HeaderField[] {
    const key = `${path} ${timeoutSeconds}`
    let fields = this.#fields.get(key)
    if (fields === undefined) {
      const { protocol, host } = new URL(this.#address.url)
      const timeout = { name: 'grpc-timeout', value: `${timeoutSeconds}S` }
      fields = [
        { name: ':method', value: 'POST' },
        { name: ':scheme', value: protocol.slice(0, -1) },
        { name: ':path', value: path },
        { name: ':authority', value: host },
        { name: 'content-type', value: 'application/grpc' },
        { name: 'te', value: 'trailers' },
        ...(timeoutSeconds === 0 ? [] : [timeout]),
      ]
      if (this.#fields.size >= mostLists) this.#fields.clear()
      this.#fields.set(key, fields)
    }
    return fields
  }
}

const mostLists = 64

/** Why there is no connection, and until when nobody tries again. */
interface Failure {
  readonly error: RpcError
  /** In grpc-go's words. */
  readonly text: string
  readonly until: number
}

function dialText(error: NodeJS.ErrnoException, socket: string | undefined): string {
  const why = error.code === 'ENOENT' ? 'no such file or directory' : 'connection refused'
  const isMissing = error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
  const text =
    socket !== undefined && isMissing
      ? `dial unix ${socket.replace('\0', '@')}: connect: ${why}`
      : networkErrorText(error)
  return `connection error: desc = "transport: Error while dialing: ${text}"`
}

function placeOf(url: string): { readonly host: string; readonly port: number } {
  const { protocol, hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (protocol === 'https:' ? 443 : 80)) }
}

/** @param raw a connection that there is already */
function openSocket({ url, socket, ca, cert, key }: ChannelAddress, raw?: Socket): Socket {
  const { host, port } = placeOf(url)
  const place = socket === undefined ? { host, port } : { path: socket }
  if (!url.startsWith('https:')) return raw ?? connectTcp(place)
  return connectTls({
    ...(raw === undefined ? place : { socket: raw }),
    ALPNProtocols: ['h2'],
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  })
}

/** gRPC's status, which comes behind the messages, or in the head if there are none. */
class Status {
  #http = '200'
  #code: string | undefined
  #message = ''

  read(fields: readonly HeaderField[]): void {
    for (const { name, value } of fields) {
      if (name === 'grpc-status') this.#code = value
      else if (name === 'grpc-message') this.#message = value
      else if (name === ':status') this.#http = value
    }
  }

  /** Undefined: success. */
  error(end: StreamEnd | undefined): RpcError | undefined {
    if (end !== undefined)
      return new RpcError(14, end.refused ? `No connection established. Last error: ${end.message}` : end.message)
    if (this.#code === '0') return undefined
    if (this.#code !== undefined) return new RpcError(Number(this.#code), decodeMessage(this.#message))
    return new RpcError(14, this.#http === '200' ? 'the connection was lost' : `HTTP status ${this.#http}`)
  }
}

/** The answer of a call: one message. */
class UnaryAnswer implements StreamListener {
  readonly #tell: (error: RpcError | undefined, bytes: Buffer) => void
  readonly #status = new Status()
  readonly #chunks: Buffer[] = []
  readonly #most: number
  #size = 0

  constructor(most = Number.POSITIVE_INFINITY, tell: (error: RpcError | undefined, bytes: Buffer) => void) {
    this.#most = most + head
    this.#tell = tell
  }

  headers(fields: readonly HeaderField[]): void {
    this.#status.read(fields)
  }

  data(bytes: Buffer): void {
    this.#size += bytes.length
    if (this.#size <= this.#most) this.#chunks.push(bytes)
    else this.#tell(new RpcError(8, `grpc: received message larger than max (${this.#most - head})`), nothing)
  }

  ended(end: StreamEnd | undefined): void {
    const error = this.#status.error(end)
    if (error !== undefined) {
      this.#tell(error, nothing)
      return
    }
    const whole = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    const isOne = whole.length >= head && whole.length === head + whole.readUInt32BE(1)
    this.#tell(isOne ? undefined : new RpcError(13, 'the answer is not one message'), whole.subarray(head))
  }
}

const nothing = Buffer.alloc(0)

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
  readonly #most: number
  readonly #tell: (bytes: Buffer) => void
  #rest: Buffer[] = []
  #size = 0

  constructor(most: number, tell: (bytes: Buffer) => void) {
    this.#most = most
    this.#tell = tell
  }

  take(chunk: Buffer): void {
    this.#rest.push(chunk)
    this.#size += chunk.length
    if (this.#size < head) return
    // A large message comes in many chunks, which are put together once.
    const first = this.#rest[0]!
    if (first.length >= head && this.#size < head + this.#sizeOf(first)) return
    let bytes = this.#rest.length === 1 ? first : Buffer.concat(this.#rest)
    while (bytes.length >= head) {
      const end = head + this.#sizeOf(bytes)
      if (bytes.length < end) break
      this.#tell(bytes.subarray(head, end))
      bytes = bytes.subarray(end)
    }
    this.#rest = bytes.length === 0 ? [] : [bytes]
    this.#size = bytes.length
  }

  #sizeOf(message: Buffer): number {
    const size = message.readUInt32BE(1)
    if (size > this.#most) throw new RpcError(8, `grpc: received message larger than max (${size} vs. ${this.#most})`)
    return size
  }
}
