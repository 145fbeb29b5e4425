import { badRequest, JsonNumber } from '../api/index.js'
import { JsonError, parseJson } from '../codec/index.js'
import type { Revision } from '../store/index.js'

/** Where a list in pages goes on. */
export interface ContinuePoint {
  /** First key to read, inclusive, the list's prefix included. Behind a page it is the first possible key after its last. */
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
  const { v, rv, start } = fieldsOf(token, bad)
  if (v !== version) throw bad(`server does not recognize this encoded version ${v}`)
  if (rv === 0) throw bad(`incorrect encoded start resourceVersion (version ${version})`)
  if (start === '') throw bad(`encoded start key empty (version ${version})`)
  const tail = start.startsWith('/') ? start.slice(1) : start
  if (tail !== '' && tail.split('/').some((part) => part === '' || part === '.' || part === '..')) throw bad(start)
  return { start: prefix + tail, at: rv < 0 ? null : rv }
}

/** What Go's encoding/json makes of a token: keys in any case, null is nothing, the first value of a wrong type is told. */
function fieldsOf(token: string, bad: (why: string) => Error): { v: string; rv: number; start: string } {
  let parsed: unknown
  try {
    parsed = parseJson(Buffer.from(token, 'base64url'), { exactNumbers: true }).value
  } catch (error) {
    if (error instanceof JsonError) throw bad(error.message)
    throw error
  }
  const fields = { v: '', rv: 0, start: '' }
  if (parsed === null) return fields
  const refuse = (what: string, into: string) => bad(`json: cannot unmarshal ${what} into Go ${into}`)
  if (typeof parsed !== 'object' || Array.isArray(parsed) || parsed instanceof JsonNumber)
    throw refuse(nameOf(parsed), 'value of type storage.continueToken')
  for (const [key, value] of Object.entries(parsed)) {
    const field = key.toLowerCase()
    if (value === null) continue
    if (field === 'v' || field === 'start') {
      if (typeof value !== 'string') throw refuse(nameOf(value), `struct field continueToken.${field} of type string`)
      fields[field] = value
    } else if (field === 'rv') {
      if (typeof value === 'bigint') fields.rv = Number(value)
      else if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63) fields.rv = value
      else {
        const literal = value instanceof JsonNumber ? value.literal : value
        const isNumber = literal !== value || typeof value === 'number'
        const what = isNumber ? `number ${literal}` : nameOf(value)
        throw refuse(what, 'struct field continueToken.rv of type int64')
      }
    }
  }
  return fields
}

function nameOf(value: unknown): string {
  if (typeof value === 'boolean') return 'bool'
  if (value instanceof JsonNumber) return 'number'
  return Array.isArray(value) ? 'array' : typeof value
}

/** Where Go's base64 stops: a character of another alphabet, or one that is alone in its group of four. Line ends do not count. */
function illegalByte(sent: string): number {
  const token = sent.replace(/[\r\n]/g, '')
  const other = token.search(/[^\w-]/)
  return other < 0 && token.length % 4 === 1 ? token.length - 1 : other
}
