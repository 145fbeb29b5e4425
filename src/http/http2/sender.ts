import type { Duplex } from 'node:stream'
import type { BufferPool } from '../buffer-pool.js'
import { defaultFrame, defaultWindow, flag, frameHead, frameType, mostWindow, writeHead } from './frames.js'
import type { ServerStream } from './server-stream.js'

/** Streams have no more put into what is written to the socket at once. */
const batch = 64 * 1024
/** What that comes to with its last frame and the heads of all. */
export const batchBytes = 192 * 1024
/** Less is copied into memory of its own. */
const leastPooled = 16 * 1024
/** What waits in the socket; the rest waits in the streams, which tell their writers. */
const mostBuffered = 256 * 1024
/** Answers wait for others of their connection for no longer than this, in milliseconds. */
const mostHeldMs = 1
const mostFrame = 64 * 1024

export interface SenderOptions {
  /** Of buffers of `batchBytes`. */
  readonly batches: BufferPool
  /** Whether answers are being made that may as well go with those that are ready. */
  hasWaiting(): boolean
  /** Called when what there was has been sent, or waits for the socket. */
  flushed(): void
}

/** What a connection sends: frames as they are, and the data of its streams by turns, as far as windows allow it. */
export class Sender {
  readonly #socket: Duplex
  readonly #batches: BufferPool
  readonly #hasWaiting: () => boolean
  readonly #flushed: () => void
  /** They have something to send, and windows for it. */
  readonly #ready = new Set<ServerStream>()
  /** A window is shut. */
  readonly #blocked = new Set<ServerStream>()
  #window = defaultWindow
  #mostFrame = defaultFrame
  #out: Buffer[] = []
  #outSize = 0
  #taken: (() => void)[] = []
  #scheduled = false
  /** In milliseconds of the process; 0: nothing is held. */
  #heldSince = 0
  #stopped = false

  constructor(socket: Duplex, { batches, hasWaiting, flushed }: SenderOptions) {
    this.#socket = socket
    this.#batches = batches
    this.#hasWaiting = hasWaiting
    this.#flushed = flushed
    socket.on('drain', () => this.schedule())
  }

  /** Bytes that the other side has not taken, those of streams aside. */
  get pending(): number {
    return this.#socket.writableLength + this.#outSize
  }

  /** What the other side takes as one frame. */
  set mostFrame(bytes: number) {
    this.#mostFrame = Math.min(bytes, mostFrame)
  }

  write(bytes: Buffer): void {
    if (this.#stopped) return
    this.#out.push(bytes)
    this.#outSize += bytes.length
    this.schedule()
  }

  /** The stream has something to send, or its end. */
  ready(stream: ServerStream): void {
    if (this.#blocked.has(stream)) return
    this.#ready.add(stream)
    this.schedule()
  }

  forget(stream: ServerStream): void {
    this.#ready.delete(stream)
    this.#blocked.delete(stream)
  }

  /** The window of the connection grows. @returns false: beyond what may be */
  grow(bytes: number): boolean {
    this.#window += bytes
    this.unblock()
    return this.#window <= mostWindow
  }

  /** The window of one stream, or without one of all, has changed. */
  unblock(stream?: ServerStream): void {
    if (stream !== undefined) {
      if (this.#blocked.delete(stream)) this.ready(stream)
      return
    }
    if (this.#blocked.size === 0) return
    for (const one of this.#blocked) this.#ready.add(one)
    this.#blocked.clear()
    this.schedule()
  }

  /** Nothing is sent any more. */
  stop(): void {
    this.#stopped = true
    this.#ready.clear()
    this.#blocked.clear()
  }

  /** Sends what there is at the end of the turn. */
  schedule(): void {
    if (this.#scheduled || this.#stopped) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    if (this.#stopped) return
    if (this.#isHeld()) {
      this.schedule()
      return
    }
    do {
      if (this.#socket.writableLength < mostBuffered) this.#pump()
      this.send()
    } while (this.#ready.size > 0 && this.#socket.writableLength < mostBuffered)
    this.#flushed()
  }

  /** A write to the socket costs as much as the rest of a small answer. */
  #isHeld(): boolean {
    const holds = this.#outSize < batch && this.#hasWaiting()
    if (holds && this.#heldSince === 0) {
      this.#heldSince = performance.now()
      return true
    }
    if (holds && performance.now() - this.#heldSince < mostHeldMs) return true
    this.#heldSince = 0
    return false
  }

  /** Streams take turns, a frame each. */
  #pump(): void {
    for (const stream of this.#ready) {
      if (this.#outSize >= batch) return
      this.#ready.delete(stream)
      const size = Math.max(0, Math.min(stream.pending, this.#window, stream.window, this.#mostFrame))
      if (size === 0 && stream.pending > 0) {
        this.#blocked.add(stream)
        continue
      }
      const last = stream.endsWith(size)
      const head = Buffer.allocUnsafe(frameHead)
      writeHead(head, 0, size, frameType.data, last ? flag.endStream : 0, stream.id)
      this.#out.push(head)
      this.#outSize += frameHead + size
      this.#window -= size
      stream.window -= size
      stream.take(size, this.#putPiece, this.#putTaken)
      if (last) stream.endSent()
      else if (stream.pending > 0) this.#ready.add(stream)
    }
  }

  readonly #putPiece = (bytes: Buffer): void => {
    this.#out.push(bytes)
  }

  readonly #putTaken = (callback: () => void): void => {
    this.#taken.push(callback)
  }

  /** Sends at once what was written. Chunks are copied: they belong to those who wrote them as soon as they are told. */
  send(): void {
    const out = this.#out
    const size = this.#outSize
    if (size === 0) return
    this.#out = []
    this.#outSize = 0
    if (size > leastPooled && size <= batchBytes) this.#sendPooled(out)
    else this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out, size))
    if (this.#taken.length === 0) return
    const taken = this.#taken
    this.#taken = []
    for (const callback of taken) callback()
  }

  #sendPooled(out: readonly Buffer[]): void {
    const batches = this.#batches
    const bytes = batches.take()
    let at = 0
    for (const part of out) at += part.copy(bytes, at)
    this.#socket.write(bytes.subarray(0, at), (error) => {
      if (error === null || error === undefined) batches.give(bytes)
    })
  }
}
