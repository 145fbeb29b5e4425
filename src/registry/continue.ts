import { badRequest } from '../api/index.js'
import { JsonError, parseJson } from '../codec/index.js'
import type { Revision } from '../store/index.js'

/** Where a list in pages goes on. */
export interface ContinuePoint {
  /** First key to read, inclusive, the list's prefix included. */
  readonly start: string
  /** Read as of this revision; null: as of now (the snapshot was compacted away and the client took the offer to go on). */
  readonly at: Revision | null
}

const version = 'meta.k8s.io/v1'

/**
 * Encodes the `continue` of a list's metadata: base64url of `{ v, rv, start }`, `start` without the prefix. The token is
 * upstream's own, so that clients that look inside find what they expect.
 */
export function encodeContinue({ start, at }: ContinuePoint, prefix: string): string {
  return Buffer.from(JSON.stringify({ v: version, rv: at ?? -1, start: start.slice(prefix.length) })).toString(
    'base64url',
  )
}

/**
 * Decodes a token as sent by a client, untrusted. The list cannot leave its prefix.
 *
 * @throws ApiError BadRequest (400) if it is malformed or climbs out of the prefix
 * @see kubernetes/apiserver pkg/storage/continue.go
 */
export function decodeContinue(token: string, prefix: string): ContinuePoint {
  const bad = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`)
  const illegal = illegalByte(token)
  if (illegal >= 0) throw bad(`illegal base64 data at input byte ${illegal}`)
  let parsed: { v?: unknown; rv?: unknown; start?: unknown }
  try {
    parsed = parseJson(Buffer.from(token, 'base64url')).value as typeof parsed
  } catch (error) {
    if (error instanceof JsonError) throw bad(error.message)
    throw error
  }
  if (typeof parsed !== 'object' || parsed === null) throw bad('json: cannot unmarshal into continueToken')
  const { v = '', rv = 0, start = '' } = parsed
  if (v !== version) throw bad(`server does not recognize this encoded version ${String(v)}`)
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || rv === 0)
    throw bad(`incorrect encoded start resourceVersion (version ${version})`)
  if (typeof start !== 'string' || start === '') throw bad(`encoded start key empty (version ${version})`)
  if (`/${start}`.split('/').includes('..')) throw bad(start)
  return { start: prefix + start.replace(/^\/+/, ''), at: rv < 0 ? null : rv }
}

/** Where Go's base64 stops: a character of another alphabet, or one that is alone in its group of four. */
function illegalByte(token: string): number {
  const other = token.search(/[^\w-]/)
  return other < 0 && token.length % 4 === 1 ? token.length - 1 : other
}
