import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
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

/**
 * Collects a request body. Never holds more than `limits.bytes` of it; what lies beyond is left unread, the exchange closes
 * the stream or connection with its response.
 *
 * A body that is announced as gzip and looks it is unpacked, to at most the same size; one that only says so is taken as
 * it is, as upstream does, which knows no packed requests.
 *
 * @throws ApiError 413 above the limit, 400 if the client stops early, 408 if it is too slow
 */
export async function readBody(source: Readable, headers: IncomingHttpHeaders, limits: BodyLimits): Promise<Buffer> {
  const announced = headers['content-length']
  const length = announced === undefined ? -1 : Number(announced)
  if (length > limits.bytes) throw bodyTooLarge(limits.bytes)
  if (length === 0) return empty
  const body = await collect(source, length, limits)
  if (headers['content-encoding'] !== 'gzip' || body[0] !== 0x1f || body[1] !== 0x8b) return body
  return unpack(body, limits.bytes)
}

const empty = Buffer.alloc(0)

function collect(source: Readable, length: number, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (source.destroyed && !source.readableEnded) {
      reject(badRequest('the client closed the request before its body was complete'))
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => finish(slowBody()), limits.timeoutMs)
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > limits.bytes) finish(bodyTooLarge(limits.bytes))
      else chunks.push(chunk)
    }
    const onEnd = (): void => {
      if (length >= 0 && size !== length) finish(badRequest(`unexpected EOF: ${size} of ${length} bytes`))
      else finish(undefined)
    }
    const onCut = (): void => finish(badRequest('unexpected EOF'))
    const finish = (error: ApiError | undefined): void => {
      clearTimeout(timer)
      source.off('data', onData).off('end', onEnd).off('close', onCut).off('error', onCut).off('aborted', onCut)
      if (error === undefined) {
        resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
      } else {
        source.pause()
        reject(error)
      }
    }
    source.on('data', onData).on('end', onEnd).on('close', onCut).on('error', onCut).on('aborted', onCut)
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
