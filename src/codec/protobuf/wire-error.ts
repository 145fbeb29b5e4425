/** Bytes that are not the message they should be; the message is what Go's generated decoders say. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

export const truncated = (): WireError => new WireError('unexpected EOF')
export const negativeLength = (): WireError => new WireError('proto: negative length found during unmarshaling')
export const overflow = (): WireError => new WireError('proto: integer overflow')
