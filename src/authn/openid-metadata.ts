import type { PublicKey } from './public-keys.js'
import { algorithmOf } from './token-issuer.js'

export interface OpenIdOptions {
  /** `--service-account-issuer`, the first of them. */
  readonly issuer: string
  /** `--service-account-jwks-uri`; empty: on this server. */
  readonly jwksUri: string
  /** `host:port` under which this server is known. */
  readonly externalAddress: string
  readonly keys: readonly PublicKey[]
}

/** The two documents by which others find out how to verify service account tokens, as JSON. */
export interface OpenIdMetadata {
  readonly configuration: string
  readonly keys: string
}

/**
 * Undefined where tokens could not be verified that way: the issuer is no HTTPS URL, or there are no keys to be told of.
 * Source: kubernetes pkg/serviceaccount/openidmetadata.go.
 *
 * @throws Error for a key of a kind that signs no tokens
 */
export function openIdMetadata({
  issuer,
  jwksUri,
  externalAddress,
  keys: all,
}: OpenIdOptions): OpenIdMetadata | undefined {
  const keys = all.filter(({ isUndisclosed }) => isUndisclosed !== true)
  const uri = jwksUri === '' ? `https://${externalAddress}/openid/v1/jwks` : jwksUri
  if (keys.length === 0 || !isPlainHttps(issuer) || !uri.startsWith('https://')) return undefined
  const algorithms = [...new Set(keys.map(({ key }) => algorithmOf(key)))].sort()
  return {
    configuration: JSON.stringify({
      issuer,
      jwks_uri: uri,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: algorithms,
    }),
    keys: JSON.stringify({ keys: keys.map(jwk) }),
  }
}

function isPlainHttps(issuer: string): boolean {
  if (!URL.canParse(issuer)) return false
  const { protocol, search, hash } = new URL(issuer)
  return protocol === 'https:' && search === '' && hash === ''
}

function jwk({ id, key }: PublicKey): Record<string, unknown> {
  const { kty, crv, x, y, n, e } = key.export({ format: 'jwk' })
  const parts = kty === 'RSA' ? { n, e } : { crv, x, y }
  return { use: 'sig', kty, kid: id, ...(kty === 'RSA' ? {} : { crv }), alg: algorithmOf(key), ...parts }
}
