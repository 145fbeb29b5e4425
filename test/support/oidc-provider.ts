import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { type TlsServer, tlsServer } from './tls-server.js'

type Algorithm = 'RS256' | 'ES256' | 'PS512'

/** An OpenID issuer with keys that rotate, and moods. */
export interface OidcProvider extends TlsServer {
  /** Fetches by path. */
  readonly fetched: ReadonlyMap<string, number>
  /** What the next answers are like. */
  mood: 'well' | 'huge' | 'slow' | 'garbage' | 'down' | 'other-issuer'
  /** A new key takes the place of all others of its algorithm. */
  rotate(algorithm?: Algorithm): Promise<void>
  sign(claims: JWTPayload, options?: SignOptions): Promise<string>
  /** Content of a path, for distributed claims. */
  readonly pages: Map<string, (authorization: string | undefined) => string | undefined>
}

export interface SignOptions {
  readonly algorithm?: Algorithm
  /** Instead of the issuer's own. */
  readonly issuer?: string
  /** Default "me". */
  readonly audience?: string | string[]
  /** Seconds from now. Default 600. */
  readonly expiresIn?: number
  readonly notBeforeIn?: number
  /** Default: the id of the newest key; "": none. */
  readonly keyId?: string
}

interface Key {
  readonly id: string
  readonly algorithm: Algorithm
  readonly secret: CryptoKey
  readonly jwk: JWK
}

/** @param path of the discovery document. Default: the usual one */
export async function oidcProvider(path = '/.well-known/openid-configuration'): Promise<OidcProvider> {
  const keys = new Map<Algorithm, Key>()
  const fetched = new Map<string, number>()
  const pages: OidcProvider['pages'] = new Map()
  let count = 0
  const server = await tlsServer((request, response) => {
    const url = request.url!
    fetched.set(url, (fetched.get(url) ?? 0) + 1)
    const { mood } = provider
    if (mood === 'slow') return
    if (mood === 'down') {
      response.statusCode = 503
      return void response.end('down')
    }
    if (mood === 'garbage') return void response.end('<html>')
    if (mood === 'huge') return void response.end(`{"keys":[${'"x",'.repeat(1_000_000)}"x"]}`)
    response.setHeader('content-type', 'application/json')
    if (url === path) {
      const issuer = mood === 'other-issuer' ? 'https://other.example' : server.url
      return void response.end(JSON.stringify({ issuer, jwks_uri: `${server.url}/keys` }))
    }
    if (url === '/keys') {
      const set = [
        { kty: 'oct', k: 'c2VjcmV0', kid: 'no' },
        { kty: 'odd' },
        ...[...keys.values()].map(({ jwk }) => jwk),
      ]
      return void response.end(JSON.stringify({ keys: set }))
    }
    const page = pages.get(url)?.(request.headers.authorization)
    response.statusCode = page === undefined ? 403 : 200
    response.end(page ?? '')
  })
  const provider: OidcProvider = {
    ...server,
    fetched,
    pages,
    mood: 'well',
    async rotate(algorithm = 'RS256') {
      const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
      const id = `key-${++count}`
      const jwk = { ...(await exportJWK(publicKey)), kid: id, use: 'sig' }
      keys.set(algorithm, { id, algorithm, secret: privateKey as CryptoKey, jwk })
    },
    async sign(claims, options = {}) {
      const { algorithm = 'RS256', issuer = server.url, audience = 'me', expiresIn = 600, notBeforeIn, keyId } = options
      const key = keys.get(algorithm)!
      const now = Math.floor(Date.now() / 1000)
      const token = new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, ...(keyId === '' ? {} : { kid: keyId ?? key.id }) })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setExpirationTime(now + expiresIn)
      if (notBeforeIn !== undefined) token.setNotBefore(now + notBeforeIn)
      return token.sign(key.secret)
    },
  }
  await provider.rotate()
  return provider
}
