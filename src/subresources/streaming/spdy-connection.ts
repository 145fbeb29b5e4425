import type { Duplex } from 'node:stream'

/** What happens to a stream; data before `ended`, which comes once: when the other side has finished, or has given the stream up. */
export interface SpdyStreamListener {
  data(chunk: Buffer): void
  ended(): void
}

export interface SpdyStream {
  /** False: the connection is full; `SpdyListener.drained` tells when it is not. */
  write(chunk: Buffer): boolean
  /** We have nothing more to say on it. */
  end(): void
}

export interface SpdyListener {
  /** More may be written. */
  drained(): void
  /** Once: the connection is over. */
  closed(error: Error | undefined): void
}

const dataFlagFin = 0x01
const types = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const
const refusedStream = 3
/** What a control frame may be large; those that we get have a few headers at most. */
const maxControlBytes = 64 * 1024
const pingEveryMs = 5_000
/** An empty stored block: readers hand out what came before it. */
const flush = Buffer.from([0, 0, 0, 0xff, 0xff])

/**
 * The side of a SPDY/3.1 connection that opens streams: as much of the protocol as kubelets speak. There are no flow-control
 * windows in it, since theirs know none: who does not read makes the other side wait by TCP. Headers that come are not read.
 *
 * Source: moby/spdystream, whose peers it is for; the SPDY Protocol, draft 3.1.
 */
export class SpdyConnection {
  readonly #socket: Duplex
  readonly #listener: SpdyListener
  readonly #streams = new Map<number, SpdyStreamListener>()
  readonly #ping: NodeJS.Timeout
  #pending: Buffer = Buffer.alloc(0)
  #lastStream = -1
  #lastPing = -1
  #beganHeaders = false
  #over = false

  /** @param head what has come on the socket already */
  constructor(socket: Duplex, head: Buffer, listener: SpdyListener) {
    this.#socket = socket
    this.#listener = listener
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('drain', () => listener.drained())
    socket.on('error', (error) => this.#close(error))
    socket.on('close', () => this.#close(undefined))
    this.#ping = setInterval(() => this.#sendPing(), pingEveryMs)
    this.#ping.unref()
    if (head.length > 0) this.#take(head)
  }

  /** Names in lower case. */
  open(headers: Readonly<Record<string, string>>, listener: SpdyStreamListener): SpdyStream {
    this.#lastStream += 2
    const id = this.#lastStream
    this.#streams.set(id, listener)
    const start = Buffer.alloc(10)
    start.writeUInt32BE(id, 0)
    this.#control(types.synStream, Buffer.concat([start, this.#headerBlock(headers)]))
    let ended = false
    return {
      write: (chunk) => ended || this.#data(id, 0, chunk),
      end: () => {
        if (!ended) this.#data(id, dataFlagFin, Buffer.alloc(0))
        ended = true
      },
    }
  }

  /** Nothing is read until `resume`. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#close(undefined)
  }

  #take(chunk: Buffer): void {
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (bytes.length >= 8 && !this.#over) {
      const length = bytes.readUInt32BE(4) & 0xff_ffff
      const isControl = bytes[0]! >= 0x80
      if (isControl && length > maxControlBytes) {
        this.#close(new Error(`SPDY: a control frame of ${length} bytes`))
        return
      }
      // Data goes on as it comes: a frame of it need not be whole.
      if (!isControl) {
        const id = bytes.readUInt32BE(0) & 0x7fff_ffff
        const here = Math.min(length, bytes.length - 8)
        if (here > 0) this.#streams.get(id)?.data(bytes.subarray(8, 8 + here))
        if (here < length) {
          // The head of what is to come, with what it still is long.
          const head = Buffer.from(bytes.subarray(0, 8))
          head.writeUIntBE(length - here, 5, 3)
          this.#pending = head
          return
        }
        if ((bytes[4]! & dataFlagFin) !== 0) this.#end(id)
      } else {
        if (bytes.length < 8 + length) break
        this.#controlled(bytes.readUInt16BE(2), bytes[4]!, bytes.subarray(8, 8 + length))
      }
      bytes = bytes.subarray(8 + length)
    }
    this.#pending = bytes
  }

  #controlled(type: number, flags: number, body: Buffer): void {
    const id = body.length >= 4 ? body.readUInt32BE(0) & 0x7fff_ffff : 0
    switch (type) {
      case types.synStream: {
        const refusal = Buffer.alloc(8)
        refusal.writeUInt32BE(id, 0)
        refusal.writeUInt32BE(refusedStream, 4)
        this.#control(types.rstStream, refusal)
        return
      }
      case types.synReply:
      case types.headers:
        if ((flags & dataFlagFin) !== 0) this.#end(id)
        return
      case types.rstStream:
        this.#end(id)
        return
      case types.ping:
        // Odd ones are answers to ours.
        if (id % 2 === 0) this.#control(types.ping, body.subarray(0, 4))
        return
      case types.goAway:
        this.#close(undefined)
    }
  }

  #end(id: number): void {
    const listener = this.#streams.get(id)
    this.#streams.delete(id)
    listener?.ended()
  }

  #sendPing(): void {
    this.#lastPing += 2
    const body = Buffer.alloc(4)
    body.writeUInt32BE(this.#lastPing)
    this.#control(types.ping, body)
  }

  #data(id: number, flags: number, chunk: Buffer): boolean {
    if (this.#over) return true
    const head = Buffer.alloc(8)
    head.writeUInt32BE(id, 0)
    head.writeUInt32BE(chunk.length, 4)
    head[4] = flags
    this.#socket.cork()
    this.#socket.write(head)
    const more = chunk.length === 0 || this.#socket.write(chunk)
    this.#socket.uncork()
    return more
  }

  #control(type: number, body: Buffer): void {
    if (this.#over) return
    const head = Buffer.alloc(8)
    head.writeUInt16BE(0x8003, 0)
    head.writeUInt16BE(type, 2)
    head.writeUInt32BE(body.length, 4)
    this.#socket.write(Buffer.concat([head, body]))
  }

  /**
   * Headers as a piece of the one zlib stream that all headers of a connection are: stored blocks, which pack nothing and so
   * need neither the dictionary nor a state.
   */
  #headerBlock(headers: Readonly<Record<string, string>>): Buffer {
    const number = (value: number): Buffer => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes
    }
    const text = (value: string): Buffer[] => [number(Buffer.byteLength(value)), Buffer.from(value)]
    const pairs = Object.entries(headers)
    const plain = Buffer.concat([number(pairs.length), ...pairs.flat().flatMap(text)])
    const block = Buffer.alloc(5)
    block.writeUInt16LE(plain.length, 1)
    block.writeUInt16LE(~plain.length & 0xffff, 3)
    const begin = this.#beganHeaders ? [] : [Buffer.from([0x78, 0x01])]
    this.#beganHeaders = true
    return Buffer.concat([...begin, block, plain, flush])
  }

  #close(error: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    clearInterval(this.#ping)
    this.#socket.destroy()
    for (const id of [...this.#streams.keys()]) this.#end(id)
    this.#listener.closed(error)
  }
}
