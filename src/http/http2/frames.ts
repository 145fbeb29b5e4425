/** RFC 9113, 6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const

export const flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const

/** RFC 9113, 6.5.2. */
export const setting = { tableSize: 1, push: 2, streams: 3, window: 4, frame: 5, headerList: 6 } as const

/** RFC 9113, 7. */
export const failure = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
} as const

export const frameHead = 9
export const defaultWindow = 65_535
export const defaultFrame = 16_384
export const mostWindow = 0x7fff_ffff

/** The other side does what nobody may: the connection is over. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message)
  }
}

/** Writes a frame's head, behind which `size` bytes follow. @returns where they begin */
export function writeHead(out: Buffer, at: number, size: number, type: number, flags: number, stream: number): number {
  out[at] = size >>> 16
  out[at + 1] = size >>> 8
  out[at + 2] = size
  out[at + 3] = type
  out[at + 4] = flags
  out[at + 5] = stream >>> 24
  out[at + 6] = stream >>> 16
  out[at + 7] = stream >>> 8
  out[at + 8] = stream
  return at + frameHead
}

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const out = Buffer.allocUnsafe(frameHead + payload.length)
  payload.copy(out, writeHead(out, 0, payload.length, type, flags, stream))
  return out
}

export const number32 = (value: number): Buffer => {
  const out = Buffer.allocUnsafe(4)
  out.writeUInt32BE(value >>> 0)
  return out
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const out = Buffer.allocUnsafe(settings.length * 6)
  for (const [i, [id, value]] of settings.entries()) {
    out.writeUInt16BE(id, i * 6)
    out.writeUInt32BE(value, i * 6 + 2)
  }
  return frame(frameType.settings, 0, 0, out)
}

type FrameHandler = (type: number, flags: number, stream: number, payload: Buffer) => void

/**
 * Takes a stream of bytes apart into frames, whose payload shares its memory. One that was cut is put together first; of
 * data, the pieces are told as frames of their own, of which only the last can end the stream.
 */
export class FrameReader {
  readonly #handle: FrameHandler
  /** The beginning of a frame that was cut. */
  #pieces: Buffer[] = []
  #size = 0
  /** Bytes of that frame, as far as they are known: of its head at first. */
  #needed = frameHead
  /** The rest of data that was cut. */
  #data: { left: number; readonly flags: number; readonly stream: number } | undefined

  constructor(handle: FrameHandler) {
    this.#handle = handle
  }

  /** Throws ProtocolError, and what the handler throws. */
  take(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && (this.#size > 0 || this.#data !== undefined))
      at = this.#data === undefined ? this.#complete(chunk, at) : this.#more(this.#data, chunk, at)
    while (chunk.length - at >= frameHead) {
      const end = at + frameHead + sizeAt(chunk, at)
      if (end > chunk.length) break
      const stream = chunk.readUInt32BE(at + 5) & mostWindow
      this.#handle(chunk[at + 3]!, chunk[at + 4]!, stream, chunk.subarray(at + frameHead, end))
      at = end
    }
    while (at < chunk.length)
      at = this.#data === undefined ? this.#complete(chunk, at) : this.#more(this.#data, chunk, at)
  }

  /** Takes what is there of a frame that was cut. @returns where that ends */
  #complete(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#needed - this.#size)
    this.#pieces.push(chunk.subarray(at, end))
    this.#size += end - at
    if (this.#size < this.#needed) return end
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#size)
    const needed = frameHead + sizeAt(bytes, 0)
    const [type, flags, stream] = [bytes[3]!, bytes[4]!, bytes.readUInt32BE(5) & mostWindow]
    const isData = type === frameType.data && (flags & flag.padded) === 0
    if (this.#size < needed && !isData) {
      this.#needed = needed
      this.#pieces = [bytes]
      return end
    }
    this.#needed = frameHead
    this.#pieces = []
    this.#size = 0
    if (isData && needed > frameHead) this.#data = { left: needed - frameHead, flags, stream }
    else this.#handle(type, flags, stream, bytes.subarray(frameHead))
    return end
  }

  #more(data: { left: number; readonly flags: number; readonly stream: number }, chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + data.left)
    data.left -= end - at
    if (data.left === 0) this.#data = undefined
    const flags = data.left === 0 ? data.flags : data.flags & ~flag.endStream
    this.#handle(frameType.data, flags, data.stream, chunk.subarray(at, end))
    return end
  }
}

/** Of the payload of the frame that begins there. */
function sizeAt(bytes: Buffer, at: number): number {
  const size = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
  if (size > defaultFrame) throw new ProtocolError(failure.frameSize, 'a frame is too large')
  return size
}

/** What stands in a frame without its padding, `skip` bytes of which come first. */
export function withoutPadding(flags: number, payload: Buffer, skip = 0): Buffer {
  const padded = (flags & flag.padded) !== 0
  const start = (padded ? 1 : 0) + skip
  const end = payload.length - (padded ? (payload[0] ?? 0) : 0)
  if (start > end) throw new ProtocolError(failure.protocol, 'more padding than there is frame')
  return payload.subarray(start, end)
}
