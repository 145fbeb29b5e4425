import { ApiError, type Status } from '../api/index.js'
import { encodeBody } from '../codec/index.js'
import type { RequestContext } from '../http/index.js'
import { negotiate, statusRepresentations, wantsPretty } from './negotiate.js'

export type EncodeStatus = (
  context: RequestContext,
  status: Status,
) => { contentType: string; body: Buffer; negotiated: boolean } | undefined

/**
 * Gives a Status in the media type that the client accepts; undefined: JSON in one line. Who accepts nothing that there is, or
 * asks for the error as something else than itself, gets indented JSON. Source: apiserver responsewriters.ErrorNegotiated.
 */
export const statusEncoder =
  (cbor: boolean): EncodeStatus =>
  (context, status) => {
    const { accept } = context.exchange.headers
    if ((accept === undefined || accept === jsonType) && !wantsPretty(context)) return undefined
    try {
      const { mediaType, pretty } = negotiate(context, statusRepresentations(cbor))
      return { contentType: mediaType, body: encodeBody(mediaType, status, pretty), negotiated: true }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { contentType: jsonType, body: encodeBody(jsonType, status, true), negotiated: false }
    }
  }

const jsonType = 'application/json'
