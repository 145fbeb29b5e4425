import type { IncomingHttpHeaders } from 'node:http'
import { constants, createGzip, gzip } from 'node:zlib'

/** Bodies below this many bytes are never packed. Source: apiserver pkg/endpoints/handlers/responsewriters/writers.go. */
export const gzipThreshold = 128 * 1024

/** Upstream's reading of Accept-Encoding: a bare `gzip` among the tokens; anything with parameters does not count. */
export function acceptsGzip(headers: IncomingHttpHeaders): boolean {
  const accept = headers['accept-encoding']
  if (accept === undefined) return false
  if (accept === 'gzip') return true
  return String(accept)
    .split(',')
    .some((token) => token.trim() === 'gzip')
}

const options = { level: 1, chunkSize: 64 * 1024, memLevel: constants.Z_MAX_MEMLEVEL }

/** Packs off the event loop. */
export function gzipBody(body: Buffer | readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (!Array.isArray(body)) {
      gzip(body as Buffer, options, (error, packed) => (error === null ? resolve(packed) : reject(error)))
      return
    }
    const parts: Buffer[] = []
    const packer = createGzip(options)
    packer.on('data', (part: Buffer) => parts.push(part))
    packer.on('error', reject)
    packer.on('end', () => resolve(Buffer.concat(parts)))
    const slices = sliceBody(body)
    const next = (): void => {
      for (let slice = slices.next(); !slice.done; slice = slices.next()) {
        if (!packer.write(slice.value)) {
          packer.once('drain', next)
          return
        }
      }
      packer.end()
    }
    next()
  })
}

/** Joins small pieces and cuts large ones, so that one write is worth its price and none holds the event loop. */
export function* sliceBody(body: readonly Buffer[], size = 128 * 1024): Generator<Buffer, undefined> {
  let first = 0
  let pending = 0
  for (let i = 0; i < body.length; i++) {
    const piece = body[i]!
    if (pending + piece.length <= size) {
      pending += piece.length
      continue
    }
    if (pending > 0) yield join(body, first, i, pending)
    first = i + 1
    pending = 0
    if (piece.length <= size) {
      first = i
      pending = piece.length
    } else {
      for (let at = 0; at < piece.length; at += size) yield piece.subarray(at, at + size)
    }
  }
  if (pending > 0) yield join(body, first, body.length, pending)
  return undefined
}

function join(body: readonly Buffer[], from: number, to: number, length: number): Buffer {
  return to - from === 1 ? body[from]! : Buffer.concat(body.slice(from, to), length)
}

export const bodyLength = (body: readonly Buffer[]): number => {
  let length = 0
  for (const piece of body) length += piece.length
  return length
}
