import { constants, type KeyObject, verify } from 'node:crypto'
import { isObject } from '../api/index.js'
import { parseJson, repeatedKey } from '../codec/index.js'
import { CredentialError } from './authenticator.js'
import type { PublicKey } from './public-keys.js'

export interface Claims {
  readonly iss?: unknown
  readonly sub?: unknown
  readonly aud?: unknown
  readonly exp?: unknown
  readonly nbf?: unknown
  readonly iat?: unknown
  readonly jti?: unknown
  readonly [name: string]: unknown
}

export interface Jwt {
  readonly algorithm: string
  readonly keyId: string
  readonly claims: Claims
  readonly signed: string
  readonly signature: Buffer
  /** Its header asks for what no verifier here does. */
  readonly unusual: boolean
}

/** Far above any honest token; what is longer is not looked at. */
const maxLength = 64 * 1024

/** Takes a compact JWS apart without trusting it; undefined if it is none. */
export function parseJwt(token: string): Jwt | undefined {
  if (token.length > maxLength) return undefined
  const [head, body, tail, ...more] = token.split('.')
  if (head === undefined || body === undefined || tail === undefined || more.length > 0) return undefined
  if (!base64url.test(token)) return undefined
  const header = decodeObject(head)
  const claims = decodeObject(body)
  if (header === undefined || claims === undefined || typeof header.alg !== 'string') return undefined
  return {
    algorithm: header.alg,
    keyId: typeof header.kid === 'string' ? header.kid : '',
    claims,
    signed: `${head}.${body}`,
    signature: Buffer.from(tail, 'base64url'),
    unusual: (header.crit ?? null) !== null || header.b64 === false,
  }
}

/**
 * @param keys those that go with the token's `keyId`
 * @throws CredentialError unless one of the keys has signed the token
 */
export function checkSignature(jwt: Jwt, keys: readonly PublicKey[]): void {
  if (keys.length === 0) throw new CredentialError('invalid signature, no keys found')
  if (!jwt.unusual && keys.some(({ key }) => signedBy(jwt, key))) return
  throw new CredentialError('go-jose/go-jose: error in cryptographic primitive')
}

/**
 * No key may be there twice: what reads the last of them and what reads the first would disagree.
 *
 * @throws CredentialError in go-jose's words
 */
export function checkKeys({ signed }: Jwt): void {
  const payload = Buffer.from(signed.slice(signed.indexOf('.') + 1), 'base64url')
  const name = repeatedKey(parseJson(payload).duplicates)
  if (name !== undefined) throw new CredentialError(`json: duplicate key '${name}' in object`)
}

/** Unpadded, as RFC 7515 wants it. */
const base64url = /^[\w-]*\.[\w-]*\.[\w-]*$/

interface Scheme {
  readonly hash: string
  readonly keyType: string
  readonly curve?: string
  readonly pss?: true
}

const schemes: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['RS256', { hash: 'sha256', keyType: 'rsa' }],
  ['RS384', { hash: 'sha384', keyType: 'rsa' }],
  ['RS512', { hash: 'sha512', keyType: 'rsa' }],
  ['PS256', { hash: 'sha256', keyType: 'rsa', pss: true }],
  ['PS384', { hash: 'sha384', keyType: 'rsa', pss: true }],
  ['PS512', { hash: 'sha512', keyType: 'rsa', pss: true }],
  ['ES256', { hash: 'sha256', keyType: 'ec', curve: 'prime256v1' }],
  ['ES384', { hash: 'sha384', keyType: 'ec', curve: 'secp384r1' }],
  ['ES512', { hash: 'sha512', keyType: 'ec', curve: 'secp521r1' }],
])

/** The key decides what is possible: a token cannot talk an RSA key into another kind of signature, nor into none. */
function signedBy({ algorithm, signed, signature }: Jwt, key: KeyObject): boolean {
  const scheme = schemes.get(algorithm)
  if (scheme === undefined || key.asymmetricKeyType !== scheme.keyType) return false
  if (scheme.curve !== undefined && key.asymmetricKeyDetails?.namedCurve !== scheme.curve) return false
  const data = Buffer.from(signed)
  if (scheme.keyType === 'ec') return verify(scheme.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature)
  if (scheme.pss !== true) return verify(scheme.hash, data, key, signature)
  return verify(
    scheme.hash,
    data,
    { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
    signature,
  )
}

function decodeObject(encoded: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
