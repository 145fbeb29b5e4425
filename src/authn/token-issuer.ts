import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { publicKey } from './public-keys.js'

/** Signs service account tokens. */
export interface TokenIssuer {
  /**
   * A compact JWS of these claims; `iss` is added.
   *
   * @param deadline wall clock in milliseconds, for those that have to ask somebody
   */
  issue(claims: Readonly<Record<string, unknown>>, deadline?: number): Promise<string>
}

/**
 * An issuer that signs with the private key of `--service-account-signing-key-file`. Signing happens off the event loop.
 * Source of header and algorithms: kubernetes pkg/serviceaccount/jwt.go.
 *
 * @param issuer `--service-account-issuer`, the first of them
 * @throws Error if the PEM holds no RSA or ECDSA private key
 */
export function tokenIssuer(pem: string | Buffer, issuer: string): TokenIssuer {
  const key = privateKeyOf(pem)
  const algorithm = algorithmOf(key)
  const header = encode({ alg: algorithm, kid: publicKey(createPublicKey(key)).id })
  const hash = `sha${algorithm.slice(2)}`
  const signer = key.asymmetricKeyType === 'ec' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key
  return {
    async issue(claims) {
      const text = `${header}.${payloadOf(claims, issuer)}`
      const signature = await signAside(hash, Buffer.from(text), signer)
      return `${text}.${signature.toString('base64url')}`
    },
  }
}

/** The middle part of a token. */
export const payloadOf = (claims: Readonly<Record<string, unknown>>, issuer: string): string =>
  encode(sorted({ ...claims, iss: issuer }))

/** The algorithm that goes with a key, public or private: RS256, or that of the curve. */
export function algorithmOf(key: KeyObject): 'RS256' | 'ES256' | 'ES384' | 'ES512' {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  const curve = key.asymmetricKeyDetails?.namedCurve ?? ''
  const algorithm = curves.get(curve)
  if (algorithm === undefined) throw new Error('unknown private key curve, must be 256, 384, or 521')
  return algorithm
}

const curves = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
] as const) as ReadonlyMap<string, 'ES256' | 'ES384' | 'ES512'>

const signAside = promisify(sign)

function privateKeyOf(pem: string | Buffer): KeyObject {
  const blocks = String(pem).match(/-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]+?-----END \1-----/g) ?? []
  for (const block of blocks) {
    const key = createPrivateKey(block)
    if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'ec') return key
  }
  throw new Error('data does not contain a valid RSA or ECDSA private key')
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Members in order of their names, at every depth, without those that are undefined. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
