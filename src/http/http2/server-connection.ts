import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { BufferPool } from '../buffer-pool.js'
import {
  defaultFrame,
  defaultWindow,
  FrameReader,
  failure,
  flag,
  frame,
  frameHead,
  frameType,
  mostWindow,
  number32,
  ProtocolError,
  setting,
  settingsFrame,
  withoutPadding,
} from './frames.js'
import type { HeaderField, ReceivedField } from './header-table.js'
import { HeaderBlockError, HeaderDecoder } from './hpack.js'
import { Patience } from './patience.js'
import { isTrailer, requestHeaders } from './request-headers.js'
import { ResponseHeaderEncoder } from './response-headers.js'
import { Sender } from './sender.js'
import { ServerStream, type StreamHost } from './server-stream.js'

export interface ServerConnectionOptions {
  /** Streams beyond these are refused. */
  readonly maxStreams: number
  /** Bytes of a request's body that are taken before anybody reads them. */
  readonly streamWindow: number
  readonly connectionWindow: number
  /** Names, values and 32 for each field. What is beyond it is left out, and the listener told. */
  readonly maxHeaderBytes: number
  readonly maxHeaderFields: number
  /** Of buffers of `batchBytes`. */
  readonly batches: BufferPool
}

export interface ServerConnectionListener {
  /**
   * A request has begun. Must not throw.
   *
   * @param fields what `headers` were made of
   * @param truncated some of the fields are missing
   */
  request(stream: ServerStream, headers: IncomingHttpHeaders, fields: readonly HeaderField[], truncated: boolean): void
  /** Whether requests of this connection wait to be looked at, whose answers may as well go with those that are ready. */
  hasWaiting(): boolean
  /** The connection is over. Its streams have been told. */
  closed(): void
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
/** What has been read is given back when it is more than this share of its window. */
const giveBack = 4
/** Somebody who asks and does not read the answers. */
const mostUnread = 8 << 20
const mostGivenUp = 1_000
/**
 * How long a client may go on sending a body after its answer: some (curl) take a reset, even one that says that nothing is
 * wrong, for the loss of the answer if they are still sending.
 */
const stopMs = 500
/** Time for the client to see why it is over: that of Go's server. */
const lingerMs = 1_000

/**
 * The server's side of an HTTP/2 connection (RFC 9113): no push, priorities are not heeded. What is sent in one turn of the
 * event loop goes to the socket as one piece, and streams that have more to send than that take turns. A request costs half
 * of what it does with `node:http2`, whose streams are Node's streams.
 */
export class Http2ServerConnection implements StreamHost {
  readonly #socket: Duplex
  readonly #options: ServerConnectionOptions
  readonly #listener: ServerConnectionListener
  readonly #sender: Sender
  readonly #decoder: HeaderDecoder
  readonly #encoder = new ResponseHeaderEncoder()
  readonly #reader = new FrameReader((type, flags, id, payload) => this.#frame(type, flags, id, payload))
  readonly #streams = new Map<number, ServerStream>()
  /** Streams that were reset here, of which more may be on its way. */
  readonly #givenUp = new Set<number>()
  /** Of them those that have their answer, whose client is left to stop of itself. */
  readonly #answered = new Map<number, NodeJS.Timeout>()
  readonly #patience = new Patience()
  #lastId = 0
  #firstWindow = defaultWindow
  #unreturned = 0
  /** How many bytes of the preface have come. */
  #greeted = 0
  #settled = false
  /** A header block of which more comes. */
  #block: { readonly id: number; readonly end: boolean; readonly parts: Buffer[]; size: number } | undefined
  #retired = false
  #lingers: NodeJS.Timeout | undefined
  #closed = false

  /** @param socket connected */
  constructor(socket: Duplex, options: ServerConnectionOptions, listener: ServerConnectionListener) {
    this.#socket = socket
    this.#options = options
    this.#listener = listener
    this.#decoder = new HeaderDecoder({ fields: options.maxHeaderFields, bytes: options.maxHeaderBytes })
    this.#sender = new Sender(socket, {
      batches: options.batches,
      hasWaiting: () => listener.hasWaiting(),
      flushed: () => {
        if (this.#retired && this.#streams.size === 0) this.#linger()
      },
    })
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    for (const event of ['error', 'end', 'close']) socket.on(event, () => this.destroy())
    this.#sender.write(
      settingsFrame([
        [setting.streams, options.maxStreams],
        [setting.window, options.streamWindow],
        [setting.headerList, options.maxHeaderBytes],
      ]),
    )
    this.#sender.write(frame(frameType.window, 0, 0, number32(options.connectionWindow - defaultWindow)))
  }

  /** Takes no more streams, and ends when those there are have ended. */
  close(): void {
    if (this.#retired || this.#closed) return
    this.#retired = true
    this.#goaway(failure.none)
  }

  /** Ends it and all its streams at once. */
  destroy(): void {
    clearTimeout(this.#lingers)
    this.#socket.destroy()
    if (this.#closed) return
    this.#closed = true
    this.#over()
  }

  head(stream: ServerStream, status: number, headers: OutgoingHttpHeaders, end: boolean): void {
    this.#sender.write(this.#encoder.encode(stream.id, status, headers, end))
  }

  ready(stream: ServerStream): void {
    this.#sender.ready(stream)
  }

  reset(stream: ServerStream, code: number): void {
    this.#sender.write(frame(frameType.reset, 0, stream.id, number32(code)))
    this.#giveUp(stream.id)
  }

  resetLater({ id }: ServerStream): void {
    this.#giveUp(id)
    const reset = (): void => {
      this.#answered.delete(id)
      this.#sender.write(frame(frameType.reset, 0, id, number32(failure.none)))
    }
    this.#answered.set(id, setTimeout(reset, stopMs).unref())
  }

  giveBack(stream: ServerStream, bytes: number): void {
    stream.unreturned += bytes
    if (stream.remoteEnded || stream.unreturned <= this.#options.streamWindow / giveBack) return
    this.#sender.write(frame(frameType.window, 0, stream.id, number32(stream.unreturned)))
    stream.credit += stream.unreturned
    stream.unreturned = 0
  }

  forget(stream: ServerStream): void {
    this.#streams.delete(stream.id)
    this.#sender.forget(stream)
    if (this.#retired) this.#sender.schedule()
  }

  #giveUp(id: number): void {
    this.#givenUp.add(id)
    if (this.#givenUp.size <= mostGivenUp) return
    const [oldest] = this.#givenUp
    this.#givenUp.delete(oldest!)
  }

  #take(chunk: Buffer): void {
    if (this.#closed) return
    try {
      const rest = this.#greeted < preface.length ? this.#greet(chunk) : chunk
      if (rest.length > 0) this.#reader.take(rest)
    } catch (error) {
      if (error instanceof ProtocolError) this.#fail(error.code)
      else if (error instanceof HeaderBlockError) this.#fail(failure.compression)
      else {
        this.#fail(failure.internal)
        throw error
      }
    }
  }

  /** @returns what comes behind the preface */
  #greet(chunk: Buffer): Buffer {
    const size = Math.min(chunk.length, preface.length - this.#greeted)
    if (chunk.compare(preface, this.#greeted, this.#greeted + size, 0, size) !== 0)
      throw broken('the other side does not speak HTTP/2')
    this.#greeted += size
    return chunk.subarray(size)
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#closed) return
    if (!this.#settled && type !== frameType.settings) throw broken('the other side does not begin with settings')
    if (this.#block !== undefined && (type !== frameType.continuation || id !== this.#block.id))
      throw broken('a header block is not continued')
    if (type === frameType.data) this.#data(flags, id, payload)
    else if (type === frameType.headers) this.#beginHeaders(flags, id, payload)
    else if (type === frameType.continuation) {
      if (this.#block === undefined) throw broken('nothing is there to be continued')
      this.#headers(flags, payload)
    } else if (type === frameType.window) this.#windowUpdate(id, payload)
    else if (type === frameType.settings) this.#settings(flags, id, payload)
    else if (type === frameType.ping) this.#pinged(flags, id, payload)
    else if (type === frameType.reset) this.#reset(id, payload)
    else if (type === frameType.goaway) ofConnection(id)
    else if (type === frameType.priority) this.#priority(id, payload)
    else if (type === frameType.push) throw broken('a client cannot push')
  }

  /** Undefined: it is over. */
  #streamOf(id: number): ServerStream | undefined {
    if (id % 2 === 0 || id > this.#lastId) throw broken('a stream that nobody has opened')
    return this.#streams.get(id)
  }

  #data(flags: number, id: number, payload: Buffer): void {
    const stream = this.#streamOf(id)
    const bytes = withoutPadding(flags, payload)
    const end = (flags & flag.endStream) !== 0
    this.#unreturned += payload.length
    if (this.#unreturned > this.#options.connectionWindow / giveBack) {
      this.#sender.write(frame(frameType.window, 0, 0, number32(this.#unreturned)))
      this.#unreturned = 0
    }
    if (bytes.length === 0 && !end) this.#patience.spend()
    if (stream === undefined || stream.remoteEnded) {
      if (end) this.#stopped(id)
      if (!this.#givenUp.has(id)) this.#refuse(id, failure.streamClosed)
      return
    }
    stream.credit -= payload.length
    if (stream.credit < 0) {
      this.#refuse(id, failure.flowControl)
      return
    }
    if (payload.length > bytes.length) this.giveBack(stream, payload.length - bytes.length)
    if (!stream.receive(bytes, end)) this.#refuse(id, failure.protocol)
  }

  #beginHeaders(flags: number, id: number, payload: Buffer): void {
    ofStream(id)
    if (id % 2 === 0) throw broken('a stream that only the server may open')
    const hasPriority = (flags & flag.priority) !== 0
    const block = withoutPadding(flags, payload, hasPriority ? 5 : 0)
    this.#block = { id, end: (flags & flag.endStream) !== 0, parts: [], size: 0 }
    this.#headers(flags, block)
  }

  #headers(flags: number, part: Buffer): void {
    const block = this.#block!
    block.parts.push(part)
    // An empty part costs as well.
    block.size += part.length + frameHead
    if (block.size > this.#options.maxHeaderBytes) throw new ProtocolError(failure.calm, 'a header block is too large')
    if ((flags & flag.endHeaders) === 0) return
    this.#block = undefined
    // Whatever becomes of it: both sides remember the fields.
    const fields = this.#decoder.decode(block.parts.length === 1 ? part : Buffer.concat(block.parts))
    const stream = this.#streams.get(block.id)
    if (stream !== undefined) this.#trailer(stream, fields, block.end)
    else if (block.id > this.#lastId) this.#open(block.id, fields, block.end)
    else if (block.end && this.#stopped(block.id)) return
    else if (!this.#givenUp.has(block.id)) throw new ProtocolError(failure.streamClosed, 'a stream is opened twice')
  }

  #open(id: number, fields: readonly ReceivedField[], end: boolean): void {
    const truncated = this.#decoder.truncated
    this.#lastId = id
    if (this.#retired) {
      // The client knows from the id it was told, or will, that nobody has looked at it.
      this.#giveUp(id)
      return
    }
    if (this.#streams.size >= this.#options.maxStreams) {
      this.#refuse(id, failure.refused)
      return
    }
    const headers = requestHeaders(fields)
    const announced = headers?.['content-length']
    if (headers === undefined || (announced !== undefined && !/^\d{1,15}$/.test(announced))) {
      this.#refuse(id, failure.protocol)
      return
    }
    const stream = new ServerStream(id, this, this.#firstWindow, this.#options.streamWindow)
    if (announced !== undefined) stream.announced = Number(announced)
    this.#streams.set(id, stream)
    if (end && !stream.receive(nothing, true)) this.#refuse(id, failure.protocol)
    else this.#listener.request(stream, headers, fields, truncated)
  }

  #trailer(stream: ServerStream, fields: readonly ReceivedField[], end: boolean): void {
    if (stream.remoteEnded) this.#refuse(stream.id, failure.streamClosed)
    else if (!end || !isTrailer(fields) || !stream.receive(nothing, true)) this.#refuse(stream.id, failure.protocol)
  }

  /** Ends a stream, be it one that is over or was never begun, for what the client has done. */
  #refuse(id: number, code: number): void {
    this.#patience.spend()
    const stream = this.#streams.get(id)
    if (stream === undefined) {
      this.#answer(frame(frameType.reset, 0, id, number32(code)))
      this.#giveUp(id)
    } else stream.reset(code)
  }

  #reset(id: number, payload: Buffer): void {
    exactly(payload, 4)
    ofStream(id)
    const stream = this.#streamOf(id)
    if (stream === undefined) {
      this.#stopped(id)
      return
    }
    // Who begins requests and takes them back at once makes work for nothing.
    this.#patience.spend()
    stream.cut()
  }

  /** The client sends no more of a request that has its answer. @returns whether it is one */
  #stopped(id: number): boolean {
    clearTimeout(this.#answered.get(id))
    return this.#answered.delete(id)
  }

  #priority(id: number, payload: Buffer): void {
    ofStream(id)
    if (payload.length !== 5) this.#refuse(id, failure.frameSize)
  }

  #settings(flags: number, id: number, payload: Buffer): void {
    ofConnection(id)
    if ((flags & flag.ack) !== 0) {
      exactly(payload, 0)
      return
    }
    if (payload.length % 6 !== 0) throw new ProtocolError(failure.frameSize, 'settings of a size that may not be')
    for (let at = 0; at < payload.length; at += 6) this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    this.#settled = true
    this.#answer(frame(frameType.settings, flag.ack, 0, nothing))
  }

  #set(id: number, value: number): void {
    if (id === setting.tableSize) this.#encoder.limit(value)
    else if (id === setting.push && value > 1) throw broken('neither to push nor not to')
    else if (id === setting.frame) {
      if (value < defaultFrame || value > 0xff_ffff) throw broken('a size of frames that may not be')
      this.#sender.mostFrame = value
    } else if (id === setting.window) {
      if (value > mostWindow) throw new ProtocolError(failure.flowControl, 'a window is too large')
      for (const stream of this.#streams.values()) stream.window += value - this.#firstWindow
      this.#firstWindow = value
      this.#sender.unblock()
    }
  }

  #pinged(flags: number, id: number, payload: Buffer): void {
    ofConnection(id)
    exactly(payload, 8)
    if ((flags & flag.ack) === 0) this.#answer(frame(frameType.ping, flag.ack, 0, payload))
  }

  #windowUpdate(id: number, payload: Buffer): void {
    exactly(payload, 4)
    const more = payload.readUInt32BE(0) & mostWindow
    if (id === 0) {
      if (more === 0) throw broken('a window grows by nothing')
      if (!this.#sender.grow(more)) throw new ProtocolError(failure.flowControl, 'a window is too large')
      return
    }
    const stream = this.#streamOf(id)
    if (stream === undefined) return
    stream.window += more
    if (more === 0) this.#refuse(id, failure.protocol)
    else if (stream.window > mostWindow) this.#refuse(id, failure.flowControl)
    else this.#sender.unblock(stream)
  }

  /** What is sent because the client wants it to be. */
  #answer(bytes: Buffer): void {
    if (this.#sender.pending > mostUnread) throw new ProtocolError(failure.calm, 'answers are not read')
    this.#sender.write(bytes)
  }

  #goaway(code: number): void {
    this.#sender.write(frame(frameType.goaway, 0, 0, Buffer.concat([number32(this.#lastId), number32(code)])))
  }

  /** The client does what nobody may. */
  #fail(code: number): void {
    if (this.#closed) return
    this.#goaway(code)
    this.#sender.send()
    this.#closed = true
    this.#linger()
    this.#over()
  }

  /**
   * The client is left to close the connection, for a while: one that is closed with bytes unread loses those that are on
   * their way to the client, which would not learn why.
   */
  #linger(): void {
    this.#lingers ??= setTimeout(() => this.destroy(), lingerMs).unref()
  }

  #over(): void {
    this.#sender.stop()
    for (const stream of [...this.#streams.values()]) stream.cut()
    for (const timer of this.#answered.values()) clearTimeout(timer)
    this.#answered.clear()
    this.#listener.closed()
  }
}

const nothing = Buffer.alloc(0)

const broken = (message: string): ProtocolError => new ProtocolError(failure.protocol, message)

function ofConnection(id: number): void {
  if (id !== 0) throw broken('a frame of the connection that names a stream')
}

function ofStream(id: number): void {
  if (id === 0) throw broken('a frame of a stream that names none')
}

function exactly(payload: Buffer, size: number): void {
  if (payload.length !== size) throw new ProtocolError(failure.frameSize, 'a frame of a size that may not be')
}
