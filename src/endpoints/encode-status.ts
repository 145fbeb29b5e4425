import { ApiError, type Status } from '../api/index.js'
import { encodeBody } from '../codec/index.js'
import type { RequestContext } from '../http/index.js'
import { negotiate, objectRepresentations } from './negotiate.js'

export type EncodeStatus = (
  context: RequestContext,
  status: Status,
) => { contentType: string; body: Buffer } | undefined

/** Gives a Status in the media type that the client accepts; undefined, for JSON, if it accepts none that there is. */
export const statusEncoder =
  (cbor: boolean): EncodeStatus =>
  (context, status) => {
    const { accept } = context.exchange.headers
    if (accept === undefined || accept === 'application/json') return undefined
    try {
      const { mediaType, pretty } = negotiate(context, objectRepresentations(cbor))
      return { contentType: mediaType, body: encodeBody(mediaType, status, pretty) }
    } catch (error) {
      if (error instanceof ApiError) return undefined
      throw error
    }
  }
