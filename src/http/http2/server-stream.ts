import type { OutgoingHttpHeaders } from 'node:http'
import type { BodyReceiver, BodySource } from '../body.js'
import type { BodySink } from '../body-sink.js'

/** What a stream has of its connection. */
export interface StreamHost {
  head(stream: ServerStream, status: number, headers: OutgoingHttpHeaders, end: boolean): void
  /** The stream has something to send, or its end. */
  ready(stream: ServerStream): void
  reset(stream: ServerStream, code: number): void
  /** The response is on its way, and more of the request comes that nobody reads. */
  resetLater(stream: ServerStream): void
  /** So many bytes of its body have been read. */
  giveBack(stream: ServerStream, bytes: number): void
  /** The stream is over: nothing more is sent or taken. */
  forget(stream: ServerStream): void
}

interface Chunk {
  readonly bytes: Buffer
  readonly taken: (() => void) | undefined
}

/** Bytes that wait in a stream before whoever writes is told to wait. */
const full = 64 * 1024

/** One request and its response on a connection of the server. */
export class ServerStream implements BodySource, BodySink {
  /** What the other side takes of the response. */
  window: number
  /** What it may still send of the request. */
  credit: number
  /** Bytes of it that have been read and are not told to have been. */
  unreturned = 0
  /** The length that was announced, or -1. */
  announced = -1
  /** Called once, the last of all. `complete`: the response went out in full. */
  onClosed: (complete: boolean) => void = ignore
  readonly #host: StreamHost
  readonly #chunks: Chunk[] = []
  /** Bytes of the first chunk that have been sent. */
  #sentOfFirst = 0
  #pending = 0
  #headSent = false
  #ending = false
  #ended = false
  #remoteEnded = false
  #closed = false
  #drained: (() => void)[] | undefined
  #received = 0
  #unread: Buffer[] | undefined
  #receiver: BodyReceiver | undefined

  constructor(
    readonly id: number,
    host: StreamHost,
    window: number,
    credit: number,
  ) {
    this.#host = host
    this.window = window
    this.credit = credit
  }

  /** Nothing more comes of the request. */
  get remoteEnded(): boolean {
    return this.#remoteEnded
  }

  /** Bytes that wait to be sent. */
  get pending(): number {
    return this.#pending
  }

  /** Nothing comes behind the next so many bytes. */
  endsWith(bytes: number): boolean {
    return this.#ending && this.#pending === bytes
  }

  get isOver(): boolean {
    return this.#closed || this.#ending
  }

  get isFull(): boolean {
    return this.#pending >= full
  }

  /** Sends the head of the response; with `end`, there is no body. At most once with a final status. */
  respond(status: number, headers: OutgoingHttpHeaders, end: boolean): void {
    if (this.#closed) return
    if (status >= 200) this.#headSent = true
    this.#ending = end
    this.#host.head(this, status, headers, end)
    if (end) this.endSent()
  }

  write(bytes: Buffer, taken?: () => void): boolean {
    if (this.isOver || !this.#headSent) return true
    if (bytes.length === 0) taken?.()
    else {
      this.#chunks.push({ bytes, taken })
      this.#pending += bytes.length
      this.#host.ready(this)
    }
    return !this.isFull
  }

  end(bytes?: Buffer): void {
    if (this.isOver) return
    if (bytes !== undefined) this.write(bytes)
    this.#ending = true
    this.#host.ready(this)
  }

  whenDrained(callback: () => void): void {
    if (this.isOver || !this.isFull) callback()
    else if (this.#drained === undefined) this.#drained = [callback]
    else this.#drained.push(callback)
  }

  /** Gives the stream up: the other side is told why. */
  reset(code: number): void {
    if (this.#closed) return
    this.#host.reset(this, code)
    this.cut()
  }

  start(receiver: BodyReceiver): void {
    this.#receiver = receiver
    const unread = this.#unread
    this.#unread = undefined
    if (unread !== undefined) {
      for (let i = 0; i < unread.length; i++) {
        if (this.#receiver === undefined) {
          this.#unread = unread.slice(i)
          return
        }
        this.#host.giveBack(this, unread[i]!.length)
        receiver.data(unread[i]!)
      }
    }
    if (this.#receiver === undefined) return
    if (this.#remoteEnded) receiver.end()
    else if (this.#closed) receiver.cut()
  }

  stop(): void {
    this.#receiver = undefined
  }

  /** A piece of the request's body. @returns false: it is longer, or shorter, than was announced */
  receive(bytes: Buffer, end: boolean): boolean {
    this.#received += bytes.length
    if (this.announced >= 0 && (this.#received > this.announced || (end && this.#received < this.announced)))
      return false
    if (bytes.length > 0) {
      if (this.#receiver !== undefined) {
        this.#host.giveBack(this, bytes.length)
        this.#receiver.data(bytes)
      } else if (this.#unread === undefined) this.#unread = [bytes]
      else this.#unread.push(bytes)
    }
    if (end) this.#remoteEnd()
    return true
  }

  /**
   * Takes what waits to be sent, up to `most` bytes.
   *
   * @param put gets each piece
   * @param taken gets those who want to know that a whole chunk has been
   */
  take(most: number, put: (bytes: Buffer) => void, taken: (callback: () => void) => void): void {
    let left = most
    let whole = 0
    while (left > 0) {
      const chunk = this.#chunks[whole]
      if (chunk === undefined) break
      const { bytes } = chunk
      const from = this.#sentOfFirst
      const size = Math.min(bytes.length - from, left)
      put(size === bytes.length ? bytes : bytes.subarray(from, from + size))
      left -= size
      if (from + size < bytes.length) this.#sentOfFirst = from + size
      else {
        this.#sentOfFirst = 0
        whole++
        if (chunk.taken !== undefined) taken(chunk.taken)
      }
    }
    if (whole === this.#chunks.length) this.#chunks.length = 0
    else if (whole > 0) this.#chunks.splice(0, whole)
    const wasFull = this.isFull
    this.#pending -= most - left
    if (wasFull && !this.isFull && this.#drained !== undefined) taken(() => this.#tellDrained())
  }

  /** The end of the response is on its way. */
  endSent(): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    if (!this.#remoteEnded) this.#host.resetLater(this)
    this.#close(true)
  }

  /** The other side, or the connection, has ended it. */
  cut(): void {
    if (!this.#closed) this.#close(false)
  }

  #remoteEnd(): void {
    this.#remoteEnded = true
    const receiver = this.#receiver
    this.#receiver = undefined
    receiver?.end()
  }

  #close(complete: boolean): void {
    this.#closed = true
    this.#chunks.length = 0
    this.#pending = 0
    this.#host.forget(this)
    const receiver = this.#receiver
    this.#receiver = undefined
    if (!this.#remoteEnded) receiver?.cut()
    this.#unread = undefined
    this.onClosed(complete)
    this.#tellDrained()
  }

  #tellDrained(): void {
    const waiting = this.#drained
    this.#drained = undefined
    if (waiting !== undefined) for (const callback of waiting) callback()
  }
}

const ignore = (): void => undefined
