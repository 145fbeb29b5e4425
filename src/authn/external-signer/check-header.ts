import { quote } from '../../api/index.js'
import { JsonError, parseJson } from '../../codec/index.js'

const longestKeyId = 1024
const algorithms = new Set(['RS256', 'ES256', 'ES384', 'ES512'])

/**
 * The head of a token that somebody else has made: nothing in it but what is known, and nothing that verifiers refuse.
 * Source: kubernetes pkg/serviceaccount/externaljwt/plugin/plugin.go.
 *
 * @param header encoded, as it stands in the token
 * @returns the key that has signed
 * @throws Error that says what is wrong
 */
export function checkHeader(header: string): string {
  const { alg, kid, typ } = fieldsOf(header)
  if (typ !== 'JWT') throw new Error('bad type')
  if (kid === '') throw new Error('key id missing')
  if (Buffer.byteLength(kid) > longestKeyId) throw new Error('key id longer than 1 kb')
  if (!algorithms.has(alg)) throw new Error(`bad signing algorithm ${quote(alg)}`)
  return kid
}

/** Names in any case, the last of several counts, as Go reads them. */
function fieldsOf(header: string): { alg: string; kid: string; typ: string } {
  const wrong = /[^\w-]/.exec(header)
  if (wrong !== null) throw new Error(`while unwrapping header: illegal base64 data at input byte ${wrong.index}`)
  const fields = { alg: '', kid: '', typ: '' }
  const parsing = (why: string): Error => new Error(`while parsing header JSON: ${why}`)
  let value: unknown
  try {
    value = parseJson(Buffer.from(header, 'base64url')).value
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw parsing(header === '' ? 'EOF' : error.message.replace('unexpected end of JSON input', 'unexpected EOF'))
  }
  if (value === null) return fields
  if (typeof value !== 'object' || Array.isArray(value)) throw parsing('json: cannot unmarshal into a header')
  for (const [name, member] of Object.entries(value)) {
    const known = name.toLowerCase()
    if (known !== 'alg' && known !== 'kid' && known !== 'typ') throw parsing(`json: unknown field ${quote(name)}`)
    if (typeof member === 'string') fields[known] = member
    else if (member !== null)
      throw parsing(`json: cannot unmarshal ${kindOf(member)} into Go struct field .${known} of type string`)
  }
  return fields
}

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'object' : 'number'
