import { badRequest, quote, type StructShape } from '../../api/index.js'
import { unrecognized } from '../body-errors.js'
import { type BodyReader, decodeParsed } from '../decode-body.js'
import { decodeCbor } from './decode.js'
import { CborError } from './error.js'

export const cborMediaType = 'application/cbor'

/** Bodies of `application/cbor`: what JSON would have said, in other bytes. */
export const readCborBody: BodyReader = (body, options) => {
  const exactNumbers = 'shape' in options.target
  let value: unknown
  try {
    value = decodeCbor(body, { exactNumbers })
  } catch (error) {
    if (!(error instanceof CborError)) throw error
    throw unrecognized(`unable to determine group/version/kind: ${error.message}`, body, options.expected.kind)
  }
  return decodeParsed({ value, options: { exactNumbers }, strict: undefined }, body, options)
}

/** DeleteOptions and the like. Throws ApiError 400. */
export function readCborOptions(body: Buffer, shape: StructShape): unknown {
  try {
    const value = decodeCbor(body)
    const { kind = shape.goName, apiVersion = 'v1' } = (value ?? {}) as { kind?: unknown; apiVersion?: unknown }
    if (kind !== shape.goName)
      throw badRequest(
        `no kind ${quote(String(kind))} is registered for version ${quote(String(apiVersion))} in scheme "pkg/runtime/scheme.go:111"`,
      )
    return value
  } catch (error) {
    if (error instanceof CborError) throw badRequest(`unable to determine group/version/kind: ${error.message}`)
    throw error
  }
}
