import type { Duplex } from 'node:stream'
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
  writeHead,
} from './frames.js'
import type { HeaderField } from './header-table.js'
import { HeaderBlockError, HeaderDecoder, HeaderEncoder } from './hpack.js'

/** Hears what becomes of one stream. */
export interface StreamListener {
  /** The head of the answer, or what comes behind it. */
  headers(fields: readonly HeaderField[]): void
  /** Shares the connection's memory. */
  data(bytes: Buffer): void
  /** What was sent had to wait, and has gone. */
  drained?(): void
  /** Once, and the last of all. Undefined: the answer is complete. */
  ended(end: StreamEnd | undefined): void
}

/** Why a stream is over before its answer is. */
export interface StreamEnd {
  readonly message: string
  /** Nobody has looked at it. */
  readonly refused: boolean
}

export interface ConnectionListener {
  /** The other side speaks HTTP/2: streams can be opened. */
  ready(): void
  /** No stream can be opened any more; those there are go on. */
  retired(): void
  /** Everything is over. Streams have been told. */
  closed(error: Error): void
}

/** One stream of a connection. */
export interface Http2ClientStream {
  /** Nothing happens if the stream is over. @returns false: it waits until the other side takes more */
  send(bytes: Buffer): boolean
  /** While it is held the other side sends no more than a window of bytes, which are told. */
  hold(isHeld: boolean): void
  /** Gives it up: its listener hears nothing any more. */
  cancel(): void
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const streamWindow = 4 << 20
const connectionWindow = 32 << 20
/** What has been read is given back when it is more than this share of its window. */
const giveBack = 4
const mostHeaderBytes = 1 << 16
const mostFields = 512
/** More than this is not copied together into one piece for the socket. */
const mostCopied = 1 << 18
/** Somebody who asks and does not read the answers. */
const mostUnread = 64 << 20

interface Stream {
  /** 0 until it is its turn. */
  id: number
  readonly fields: readonly HeaderField[]
  readonly listener: StreamListener
  /** What the other side takes of it. */
  window: number
  readonly pending: Buffer[]
  /** Nothing comes behind what is pending. */
  ending: boolean
  /** All of it has been sent. */
  sent: boolean
  /** What has been read and not been given back. */
  unreturned: number
  /** Nothing is given back. */
  isHeld: boolean
}

/**
 * The client's side of an HTTP/2 connection (RFC 9113), without what a client of gRPC needs not: no push, no priorities. What
 * is sent in one turn of the event loop goes to the socket as one piece, and header blocks that come again are a byte or two
 * a field, which is why a call costs a fraction of what it costs with `node:http2`.
 */
export class Http2ClientConnection {
  readonly #socket: Duplex
  readonly #listener: ConnectionListener
  readonly #encoder = new HeaderEncoder()
  readonly #decoder = new HeaderDecoder({ fields: mostFields, bytes: mostHeaderBytes })
  readonly #reader = new FrameReader((type, flags, id, payload) => this.#frame(type, flags, id, payload))
  readonly #streams = new Map<number, Stream>()
  /** Opened, but more than the other side takes at once. */
  readonly #waiting = new Set<Stream>()
  /** What they have to send is more than the windows are. */
  readonly #blocked = new Set<Stream>()
  readonly #pings: (() => void)[] = []
  #nextId: number
  #mostStreams = Number.POSITIVE_INFINITY
  #firstWindow = defaultWindow
  #window = defaultWindow
  #mostFrame = defaultFrame
  #unreturned = 0
  /** A header block of which more comes. */
  #block: { readonly id: number; readonly end: boolean; readonly parts: Buffer[]; size: number } | undefined
  #out: Buffer[] = []
  #outSize = 0
  #ready = false
  #retired = false
  #closed = false
  #heard = Date.now()

  /** @param socket connected */
  constructor(socket: Duplex, listener: ConnectionListener, firstId = 1) {
    this.#socket = socket
    this.#listener = listener
    this.#nextId = firstId
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.destroy(error))
    socket.on('end', () => this.destroy(new Error('the connection was closed')))
    socket.on('close', () => this.destroy(new Error('the connection was closed')))
    const settings = settingsFrame([
      [setting.push, 0],
      [setting.window, streamWindow],
    ])
    this.#write(preface)
    this.#write(settings)
    this.#write(frame(frameType.window, 0, 0, number32(connectionWindow - defaultWindow)))
  }

  /** Whether streams can be opened. */
  get isOpen(): boolean {
    return this.#ready && !this.#retired && !this.#closed
  }

  /** When something came last, in milliseconds since 1970. */
  get heard(): number {
    return this.#heard
  }

  /**
   * Fields are sent as they are: names in lower case, pseudo fields first. The same list again is cheaper than an equal one.
   * If no stream can be opened, the listener hears so at once.
   *
   * @param first what is sent with it
   * @param end nothing comes behind that
   */
  open(
    fields: readonly HeaderField[],
    first: readonly Buffer[],
    end: boolean,
    listener: StreamListener,
  ): Http2ClientStream {
    const stream: Stream = {
      id: 0,
      fields,
      listener,
      window: 0,
      pending: [...first],
      ending: end,
      sent: false,
      unreturned: 0,
      isHeld: false,
    }
    if (this.isOpen) {
      this.#waiting.add(stream)
      this.#admit()
    } else listener.ended({ message: 'the connection takes no more streams', refused: true })
    return {
      send: (bytes) => this.#send(stream, bytes),
      hold: (isHeld) => {
        stream.isHeld = isHeld
        if (!isHeld && this.#streams.has(stream.id)) this.#giveBack(stream)
      },
      cancel: () => this.#cancel(stream),
    }
  }

  /** @param answered called when the other side has answered */
  ping(answered: () => void): void {
    this.#pings.push(answered)
    this.#write(frame(frameType.ping, 0, 0, Buffer.alloc(8)))
  }

  /** Ends it and all its streams at once. */
  destroy(error: Error): void {
    if (this.#closed) return
    this.#flush()
    this.#closed = true
    this.#socket.destroy()
    const begun = [...this.#streams.values()]
    const waiting = [...this.#waiting]
    this.#streams.clear()
    this.#waiting.clear()
    this.#blocked.clear()
    for (const { listener } of begun) listener.ended({ message: error.message, refused: false })
    for (const { listener } of waiting) listener.ended({ message: error.message, refused: true })
    this.#listener.closed(error)
  }

  /** In the order in which they came, since ids have to rise. */
  #admit(): void {
    for (const stream of this.#waiting) {
      if (this.#streams.size >= this.#mostStreams || this.#retired) return
      this.#waiting.delete(stream)
      stream.id = this.#nextId
      this.#nextId += 2
      stream.window = this.#firstWindow
      this.#streams.set(stream.id, stream)
      const block = this.#encoder.encode(stream.fields)
      const last = stream.ending && stream.pending.length === 0
      stream.sent = last
      this.#write(frame(frameType.headers, flag.endHeaders | (last ? flag.endStream : 0), stream.id, block))
      this.#transmit(stream)
      if (this.#nextId > mostWindow) this.#retire(mostWindow)
    }
  }

  #send(stream: Stream, bytes: Buffer): boolean {
    if (stream.ending || !(this.#streams.has(stream.id) || this.#waiting.has(stream))) return true
    stream.pending.push(bytes)
    if (stream.id !== 0) this.#transmit(stream)
    return stream.pending.length === 0
  }

  /** What is pending, as far as the windows allow it. */
  #transmit(stream: Stream): void {
    const { pending, id } = stream
    while (pending.length > 0) {
      const bytes = pending[0]!
      const size = Math.min(bytes.length, this.#window, stream.window, this.#mostFrame)
      if (size <= 0 && bytes.length > 0) {
        this.#blocked.add(stream)
        return
      }
      const whole = size === bytes.length
      if (whole) pending.shift()
      else pending[0] = bytes.subarray(size)
      stream.sent = stream.ending && pending.length === 0
      const head = Buffer.allocUnsafe(frameHead)
      writeHead(head, 0, size, frameType.data, stream.sent ? flag.endStream : 0, id)
      this.#write(head)
      this.#write(whole ? bytes : bytes.subarray(0, size))
      this.#window -= size
      stream.window -= size
    }
    if (this.#blocked.delete(stream)) stream.listener.drained?.()
  }

  #cancel(stream: Stream): void {
    if (this.#waiting.delete(stream) || !this.#streams.has(stream.id)) return
    this.#write(frame(frameType.reset, 0, stream.id, number32(failure.cancel)))
    this.#forget(stream)
  }

  #finish(stream: Stream): void {
    if (!stream.sent) this.#write(frame(frameType.reset, 0, stream.id, number32(failure.cancel)))
    this.#forget(stream)
    stream.listener.ended(undefined)
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream.id)
    this.#blocked.delete(stream)
    if (this.#waiting.size > 0) this.#admit()
    if (this.#retired && this.#streams.size === 0) this.destroy(new Error('the connection was retired'))
  }

  /** Streams above `last` have not been looked at. */
  #retire(last: number): void {
    const first = !this.#retired
    this.#retired = true
    const refused = [...this.#streams.values()].filter(({ id }) => id > last)
    for (const stream of refused) this.#streams.delete(stream.id)
    refused.push(...this.#waiting)
    this.#waiting.clear()
    if (first) this.#listener.retired()
    for (const stream of refused) {
      this.#blocked.delete(stream)
      stream.listener.ended({ message: 'the connection takes no more streams', refused: true })
    }
    if (this.#streams.size === 0) this.destroy(new Error('the connection was retired'))
  }

  #take(chunk: Buffer): void {
    this.#heard = Date.now()
    try {
      this.#reader.take(chunk)
    } catch (error) {
      const code =
        error instanceof ProtocolError
          ? error.code
          : error instanceof HeaderBlockError
            ? failure.compression
            : failure.protocol
      if (!this.#closed) this.#write(frame(frameType.goaway, 0, 0, Buffer.concat([number32(0), number32(code)])))
      this.destroy(error as Error)
    }
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#closed) return
    if (!this.#ready && type !== frameType.settings) throw broken('the other side does not speak HTTP/2')
    if (this.#block !== undefined && (type !== frameType.continuation || id !== this.#block.id))
      throw broken('a header block is not continued')
    if (type === frameType.data) this.#data(flags, id, payload)
    else if (type === frameType.headers) {
      const skip = (flags & flag.priority) === 0 ? 0 : 5
      this.#block = { id, end: (flags & flag.endStream) !== 0, parts: [], size: 0 }
      this.#headers(flags, withoutPadding(flags, payload, skip))
    } else if (type === frameType.continuation) {
      if (this.#block === undefined) throw broken('nothing is there to be continued')
      this.#headers(flags, payload)
    } else if (type === frameType.window) this.#windowUpdate(id, payload)
    else if (type === frameType.settings) this.#settings(flags, id, payload)
    else if (type === frameType.ping) this.#pinged(flags, payload)
    else if (type === frameType.reset) this.#reset(id, payload)
    else if (type === frameType.goaway) this.#retire(numberIn(payload, 8) & mostWindow)
    else if (type === frameType.push) throw broken('nobody has asked to be pushed anything')
  }

  /** Undefined: it is over. */
  #streamOf(id: number): Stream | undefined {
    if (id % 2 === 0 || id >= this.#nextId) throw broken('a stream that nobody has opened')
    return this.#streams.get(id)
  }

  #data(flags: number, id: number, payload: Buffer): void {
    const stream = this.#streamOf(id)
    const bytes = withoutPadding(flags, payload)
    this.#unreturned += payload.length
    if (this.#unreturned > connectionWindow / giveBack) {
      this.#write(frame(frameType.window, 0, 0, number32(this.#unreturned)))
      this.#unreturned = 0
    }
    if (stream === undefined) return
    const end = (flags & flag.endStream) !== 0
    stream.unreturned += payload.length
    if (!end && !stream.isHeld) this.#giveBack(stream)
    if (bytes.length > 0) stream.listener.data(bytes)
    if (end && this.#streams.has(id)) this.#finish(stream)
  }

  #giveBack(stream: Stream): void {
    if (stream.unreturned <= streamWindow / giveBack) return
    this.#write(frame(frameType.window, 0, stream.id, number32(stream.unreturned)))
    stream.unreturned = 0
  }

  #headers(flags: number, part: Buffer): void {
    const block = this.#block!
    block.parts.push(part)
    // An empty part costs as well.
    block.size += part.length + frameHead
    if (block.size > mostHeaderBytes) throw new ProtocolError(failure.calm, 'a header block is too large')
    if ((flags & flag.endHeaders) === 0) return
    this.#block = undefined
    const stream = this.#streamOf(block.id)
    const fields = this.#decoder.decode(block.parts.length === 1 ? part : Buffer.concat(block.parts))
    if (this.#decoder.truncated) throw new HeaderBlockError('too many fields')
    if (stream === undefined) return
    stream.listener.headers(fields)
    if (block.end && this.#streams.has(block.id)) this.#finish(stream)
  }

  #reset(id: number, payload: Buffer): void {
    const code = numberIn(payload, 4, true)
    const stream = this.#streamOf(id)
    if (stream === undefined) return
    stream.sent = true
    this.#streams.delete(id)
    stream.listener.ended({ message: `the stream was reset with code ${code}`, refused: code === failure.refused })
    this.#forget(stream)
  }

  #settings(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw broken('settings of a stream')
    if ((flags & flag.ack) !== 0) return
    if (payload.length % 6 !== 0) throw new ProtocolError(failure.frameSize, 'settings of a size that may not be')
    for (let at = 0; at < payload.length; at += 6) this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    this.#answer(frame(frameType.settings, flag.ack, 0, Buffer.alloc(0)))
    if (!this.#ready) {
      this.#ready = true
      this.#listener.ready()
    }
    this.#admit()
    for (const stream of this.#blocked) this.#transmit(stream)
  }

  #set(id: number, value: number): void {
    if (id === setting.tableSize) this.#encoder.limit(value)
    else if (id === setting.streams) this.#mostStreams = value
    else if (id === setting.frame) {
      if (value < defaultFrame || value > 0xff_ffff) throw broken('a size of frames that may not be')
      this.#mostFrame = value
    } else if (id === setting.window) {
      if (value > mostWindow) throw new ProtocolError(failure.flowControl, 'a window is too large')
      for (const stream of this.#streams.values()) stream.window += value - this.#firstWindow
      this.#firstWindow = value
    }
  }

  #pinged(flags: number, payload: Buffer): void {
    if (payload.length !== 8) throw new ProtocolError(failure.frameSize, 'a ping of a size that may not be')
    if ((flags & flag.ack) === 0) this.#answer(frame(frameType.ping, flag.ack, 0, payload))
    else this.#pings.shift()?.()
  }

  #windowUpdate(id: number, payload: Buffer): void {
    const more = numberIn(payload, 4, true) & mostWindow
    if (more === 0) throw broken('a window grows by nothing')
    const stream = id === 0 ? undefined : this.#streamOf(id)
    if (id === 0) this.#window += more
    else if (stream !== undefined) stream.window += more
    if (this.#window > mostWindow || (stream?.window ?? 0) > mostWindow)
      throw new ProtocolError(failure.flowControl, 'a window is too large')
    if (id === 0) for (const blocked of this.#blocked) this.#transmit(blocked)
    else if (stream !== undefined) this.#transmit(stream)
  }

  #answer(bytes: Buffer): void {
    if (this.#socket.writableLength + this.#outSize > mostUnread)
      throw new ProtocolError(failure.calm, 'answers are not read')
    this.#write(bytes)
  }

  #write(bytes: Buffer): void {
    if (this.#out.push(bytes) === 1) setImmediate(() => this.#flush())
    this.#outSize += bytes.length
  }

  #flush(): void {
    const out = this.#out
    const size = this.#outSize
    if (out.length === 0 || this.#closed) return
    this.#out = []
    this.#outSize = 0
    if (size <= mostCopied) this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out, size))
    else {
      this.#socket.cork()
      for (const bytes of out) this.#socket.write(bytes)
      this.#socket.uncork()
    }
  }
}

const broken = (message: string): ProtocolError => new ProtocolError(failure.protocol, message)

/** The first number of a payload that is at least, or exactly, so long. */
function numberIn(payload: Buffer, size: number, exactly = false): number {
  if (payload.length < size || (exactly && payload.length > size))
    throw new ProtocolError(failure.frameSize, 'a frame of a size that may not be')
  return payload.readUInt32BE(0)
}
