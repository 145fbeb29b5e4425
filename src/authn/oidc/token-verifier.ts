import { isObject, quote, quoteList } from '../../api/index.js'
import { goKind } from '../../codec/index.js'
import { CredentialError } from '../authenticator.js'
import type { Claims } from '../jwt.js'
import type { KeySet } from './key-set.js'

/** Signing algorithms that may be allowed: asymmetric ones. */
export const signingAlgorithms: readonly string[] = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
]

export interface TokenVerifierOptions {
  readonly issuer: string
  /** A token has to be for one of them. */
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  readonly keys: KeySet
  readonly now: () => number
}

/** Far above any honest token; what is longer is not looked at. */
const maxLength = 64 * 1024

const nbfLeewayMs = 60_000

/**
 * The claims of an ID token that is good. Source: go-oidc, IDTokenVerifier.Verify, and the audiences of
 * apiserver plugin/pkg/authenticator/token/oidc.
 *
 * @throws CredentialError with upstream's words
 */
export async function verifiedClaims(token: string, options: TokenVerifierOptions): Promise<Claims> {
  const { issuer, audiences, algorithms, keys, now } = options
  const { header, claims } = takenApart(token)
  checkTypes(claims)
  if (claims.iss !== issuer && !(isGoogle(claims.iss) && isGoogle(issuer))) {
    throw new CredentialError(
      `oidc: id token issued by a different provider, expected ${quote(issuer)} got ${quote(textOf(claims.iss))}`,
    )
  }
  const stated = statedAudiences(claims.aud)
  if (!audiences.some((one) => stated.includes(one))) {
    const expected =
      audiences.length === 1 ? `audience ${quote(audiences[0]!)}` : `audience in ${quoteList([...audiences].sort())}`
    throw new CredentialError(`oidc: expected ${expected} got ${quoteList(stated)}`)
  }
  const time = now()
  const expiry = timeOf(claims.exp)
  if (expiry === undefined || expiry < time) {
    throw new CredentialError(`oidc: token is expired (Token Expiry: ${goTime(expiry)})`)
  }
  const notBefore = timeOf(claims.nbf)
  if (notBefore !== undefined && time + nbfLeewayMs < notBefore) {
    throw new CredentialError(
      `oidc: current time ${goTime(time)} before the nbf (not before) time: ${goTime(notBefore)}`,
    )
  }
  const algorithm = textOf(header.alg)
  if (!algorithms.includes(algorithm)) {
    throw new CredentialError(
      `oidc: id token signed with unsupported algorithm, expected ${quoteList(algorithms)} got ${quote(algorithm)}`,
    )
  }
  try {
    // What was signed is what was read: the token itself was verified, and it has one payload.
    await keys.verify(token, textOf(header.kid), algorithm)
  } catch (error) {
    throw new CredentialError(`failed to verify signature: ${(error as Error).message}`)
  }
  return claims
}

/** The issuer a token claims to have, not to be trusted; undefined if it is no token. */
export function untrustedIssuer(token: string): string | undefined {
  try {
    const iss = textOf(takenApart(token).claims.iss)
    return iss === 'accounts.google.com' ? 'https://accounts.google.com' : iss
  } catch {
    return undefined
  }
}

const isGoogle = (issuer: unknown): boolean =>
  issuer === 'accounts.google.com' || issuer === 'https://accounts.google.com'

function takenApart(token: string): { readonly header: Record<string, unknown>; readonly claims: Claims } {
  const malformed = (why: string): CredentialError => new CredentialError(`oidc: malformed jwt: ${why}`)
  if (token.length > maxLength) throw malformed('it is too long')
  const parts = token.split('.')
  if (parts.length !== 3) throw malformed(`oidc: malformed jwt, expected 3 parts got ${parts.length}`)
  const [header, claims] = parts.slice(0, 2).map((part) => {
    if (!/^[A-Za-z0-9_-]*$/.test(part)) throw malformed('illegal base64 data')
    let value: unknown
    try {
      value = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    } catch {
      throw malformed('it holds no JSON')
    }
    if (!isObject(value)) throw malformed('it holds no JSON object')
    return value
  }) as [Record<string, unknown>, Claims]
  return { header, claims }
}

function statedAudiences(aud: unknown): readonly string[] {
  if (typeof aud === 'string') return [aud]
  return Array.isArray(aud) ? aud.filter((one): one is string => typeof one === 'string') : []
}

/** Milliseconds. A number may stand in quotes. */
function timeOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && numeric.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) ? Math.trunc(seconds) * 1000 : undefined
}

const numeric = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Claims of a wrong type, told as Go's decoder does. Source of the types: go-oidc, idToken. */
function checkTypes(claims: Claims): void {
  const unfit = (name: string, value: unknown, type: string): CredentialError =>
    new CredentialError(
      `oidc: failed to unmarshal claims: json: cannot unmarshal ${goKind(value)} into Go struct field idToken.${name} of type ${type}`,
    )
  let wrong: CredentialError | undefined
  for (const [name, value] of Object.entries(claims)) {
    if (value === null || value === undefined) continue
    if (texts.has(name)) {
      if (typeof value !== 'string') wrong ??= unfit(name, value, 'string')
    } else if (name === 'aud') {
      if (typeof value !== 'string' && !Array.isArray(value)) throw unfit(name, value, '[]string')
      const other = Array.isArray(value) ? value.find((one) => typeof one !== 'string') : undefined
      if (other !== undefined) throw unfit(name, other, 'string')
    } else if (times.has(name)) {
      if (typeof value !== 'number' && typeof value !== 'string') throw unfit(name, value, 'json.Number')
      if (typeof value === 'string' && !numeric.test(value))
        throw new CredentialError(
          `oidc: failed to unmarshal claims: json: invalid number literal, trying to unmarshal ${quote(JSON.stringify(value))} into Number`,
        )
    }
  }
  if (wrong !== undefined) throw wrong
}

const texts: ReadonlySet<string> = new Set(['iss', 'sub', 'nonce', 'at_hash'])
const times: ReadonlySet<string> = new Set(['exp', 'iat', 'nbf'])

/** As Go prints a time. */
function goTime(ms: number | undefined): string {
  if (ms === undefined || Math.abs(ms) > 8.64e15) return '0001-01-01 00:00:00 +0000 UTC'
  return `${new Date(ms).toISOString().replace('T', ' ').slice(0, 19)} +0000 UTC`
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
