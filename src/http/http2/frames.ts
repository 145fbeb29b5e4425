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

/** Takes a stream of bytes apart into frames, whose payload shares its memory. */
export class FrameReader {
  readonly #handle: FrameHandler
  /** The beginning of a frame, in pieces: they are put together once, when the rest is there. */
  #pieces: Buffer[] = []
  #size = 0
  #needed = frameHead

  constructor(handle: FrameHandler) {
    this.#handle = handle
  }

  /** Throws ProtocolError, and what the handler throws. */
  take(chunk: Buffer): void {
    let bytes = chunk
    if (this.#size > 0) {
      this.#pieces.push(chunk)
      this.#size += chunk.length
      if (this.#size < this.#needed) return
      bytes = Buffer.concat(this.#pieces, this.#size)
      this.#pieces = []
      this.#size = 0
    }
    let at = 0
    this.#needed = frameHead
    while (bytes.length - at >= frameHead) {
      const size = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
      if (size > defaultFrame) throw new ProtocolError(failure.frameSize, 'a frame is too large')
      const end = at + frameHead + size
      if (end > bytes.length) {
        this.#needed = frameHead + size
        break
      }
      const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff
      this.#handle(bytes[at + 3]!, bytes[at + 4]!, stream, bytes.subarray(at + frameHead, end))
      at = end
    }
    if (at === bytes.length) return
    this.#pieces.push(bytes.subarray(at))
    this.#size = bytes.length - at
  }
}

/** What stands in a frame without its padding, `skip` bytes of which come first. */
export function withoutPadding(flags: number, payload: Buffer, skip = 0): Buffer {
  const padded = (flags & flag.padded) !== 0
  const start = (padded ? 1 : 0) + skip
  const end = payload.length - (padded ? (payload[0] ?? 0) : 0)
  if (start > end) throw new ProtocolError(failure.protocol, 'more padding than there is frame')
  return payload.subarray(start, end)
}
