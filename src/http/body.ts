import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import { gunzip } from 'node:zlib'
import { ApiError, badRequest } from '../api/index.js'

/** Upstream's text; raised when a body is, or unpacks to, more than `limit` bytes. */
export const bodyTooLarge = (limit: number): ApiError =>
  new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)

export interface BodyLimits {
  readonly bytes: number
  /** Time for the whole body, milliseconds. */
  readonly timeoutMs: number
}

/** Hears of a request body. */
export interface BodyReceiver {
  data(chunk: Buffer): void
  /** It is complete. */
  end(): void
  /** No more of it comes. */
  cut(): void
}

/** A request body as it comes. */
export interface BodySource {
  /** Tells what has come and what comes; again, after `stop`, what has not been told. */
  start(receiver: BodyReceiver): void
  /** Nothing is told any more, and the client is not let send more than it has been promised. */
  stop(): void
}

/** A stream of Node's as a source. */
export class ReadableSource implements BodySource {
  readonly #in: Readable
  #detach: (() => void) | undefined

  constructor(stream: Readable) {
    this.#in = stream
  }

  start(receiver: BodyReceiver): void {
    const source = this.#in
    if (source.destroyed && !source.readableEnded) {
      receiver.cut()
      return
    }
    const data = (chunk: Buffer): void => receiver.data(chunk)
    const over = (tell: () => void) => (): void => {
      this.#detach?.()
      tell()
    }
    const [end, cut] = [over(() => receiver.end()), over(() => receiver.cut())]
    this.#detach = () => {
      source.off('data', data).off('end', end).off('close', cut).off('error', cut).off('aborted', cut)
      this.#detach = undefined
    }
    source.on('data', data).on('end', end).on('close', cut).on('error', cut).on('aborted', cut)
  }

  stop(): void {
    this.#detach?.()
    this.#in.pause()
  }
}

/** A source as a stream of Node's. */
export function readableOf(source: BodySource): Readable {
  const receiver: BodyReceiver = {
    data(chunk) {
      if (!readable.push(chunk)) source.stop()
    },
    end: () => readable.push(null),
    cut: () => readable.destroy(badRequest('unexpected EOF')),
  }
  const readable = new Readable({
    read: () => source.start(receiver),
    destroy(error, done) {
      source.stop()
      done(error)
    },
  })
  return readable
}

/**
 * Collects a request body. Never holds more than `limits.bytes` of it; what lies beyond is left unread, the exchange closes
 * the stream or connection with its response.
 *
 * A body that is announced as gzip and looks it is unpacked, to at most the same size; one that only says so is taken as
 * it is, as upstream does, which knows no packed requests.
 *
 * @throws ApiError 413 above the limit, 400 if the client stops early, 408 if it is too slow
 */
export async function readBody(source: BodySource, headers: IncomingHttpHeaders, limits: BodyLimits): Promise<Buffer> {
  const announced = headers['content-length']
  const length = announced === undefined ? -1 : Number(announced)
  if (length > limits.bytes) throw bodyTooLarge(limits.bytes)
  if (length === 0) return empty
  const body = await collect(source, length, limits)
  if (headers['content-encoding'] !== 'gzip' || body[0] !== 0x1f || body[1] !== 0x8b) return body
  return unpack(body, limits.bytes)
}

const empty = Buffer.alloc(0)

function collect(source: BodySource, length: number, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let done = false
    let timer: NodeJS.Timeout | undefined
    const fail = (error: ApiError): void => {
      done = true
      clearTimeout(timer)
      source.stop()
      reject(error)
    }
    source.start({
      data(chunk) {
        size += chunk.length
        if (size > limits.bytes) fail(bodyTooLarge(limits.bytes))
        else chunks.push(chunk)
      },
      end() {
        if (length >= 0 && size !== length) {
          fail(badRequest(`unexpected EOF: ${size} of ${length} bytes`))
          return
        }
        done = true
        clearTimeout(timer)
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
      },
      cut: () => fail(badRequest('unexpected EOF')),
    })
    // Most are there as a whole before anybody asks.
    if (!done) timer = setTimeout(() => fail(slowBody()), limits.timeoutMs)
  })
}

const slowBody = (): ApiError =>
  new ApiError('Timeout', 'Timeout: the request body was not received in time', undefined, 408)

function unpack(body: Buffer, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gunzip(body, { maxOutputLength: limit }, (error, plain) => {
      if (error === null) resolve(plain)
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') reject(bodyTooLarge(limit))
      else reject(badRequest(`the request body is not valid gzip: ${error.message}`, { cause: error }))
    })
  })
}
