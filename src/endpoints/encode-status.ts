import { ApiError, type Status } from '../api/index.js'
import { encodeBody } from '../codec/index.js'
import type { RequestContext } from '../http/index.js'
import { negotiate, objectRepresentations } from './negotiate.js'

/** A Status in the media type the client accepts; undefined, for JSON, if it accepts none that there is. */
export function encodeStatus(
  context: RequestContext,
  status: Status,
): { contentType: string; body: Buffer } | undefined {
  const { accept } = context.exchange.headers
  if (accept === undefined || accept === 'application/json') return undefined
  try {
    const { mediaType, pretty } = negotiate(context, objectRepresentations)
    return { contentType: mediaType, body: encodeBody(mediaType, status, pretty) }
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}
