import { timingSafeEqual } from 'node:crypto'
import { type KubeObject, quote, quoteList } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import { CredentialError, type TokenAuthenticator, type TokenIdentity } from './authenticator.js'
import { type Claims, checkSignature, type Jwt, parseJwt } from './jwt.js'
import type { PublicKey } from './public-keys.js'

/** How tokens find the objects they are bound to. Undefined: there is no such object. */
export interface ServiceAccountLookups {
  serviceAccount(namespace: string, name: string): Found
  secret(namespace: string, name: string): Found
  pod(namespace: string, name: string): Found
  node(name: string): Found
}
type Found = KubeObject | undefined | Promise<KubeObject | undefined>

export interface ServiceAccountOptions {
  /** Asked anew for each token, so that keys may be replaced. */
  readonly keys: () => readonly PublicKey[]
  /** `--service-account-issuer`, all of them. */
  readonly issuers: readonly string[]
  /** `--api-audiences`: what tokens without audiences are meant for. */
  readonly audiences: readonly string[]
  readonly lookups: ServiceAccountLookups
  /** `--service-account-lookup`, for tokens of Secrets. Default true. */
  readonly lookup?: boolean
  readonly now?: () => number
}

/** Tokens from the TokenRequest API. Source: kubernetes pkg/serviceaccount/{jwt,claims}.go. */
export function serviceAccountTokens(options: ServiceAccountOptions): TokenAuthenticator {
  const now = options.now ?? Date.now
  return signedTokens(options, new Set(options.issuers), (jwt) => boundIdentity(jwt.claims, options.lookups, now()))
}

/** Long-lived tokens that lie in Secrets. Source: kubernetes pkg/serviceaccount/legacy.go. */
export function secretTokens(options: ServiceAccountOptions): TokenAuthenticator {
  return signedTokens(options, new Set(['kubernetes/serviceaccount']), (jwt, token) => {
    const claims = legacyClaims(jwt.claims)
    return options.lookup === false ? claims.user : secretIdentity(claims, token, options.lookups)
  })
}

function signedTokens(
  { keys, audiences: own }: ServiceAccountOptions,
  issuers: ReadonlySet<unknown>,
  identify: (jwt: Jwt, token: string) => UserInfo | Promise<UserInfo>,
): TokenAuthenticator {
  return {
    authenticateToken(token, audiences) {
      const jwt = parseJwt(token)
      if (jwt === undefined || !issuers.has(jwt.claims.iss)) return undefined
      return verify(jwt, token, audiences)
    },
  }
  async function verify(jwt: Jwt, token: string, audiences: readonly string[]): Promise<TokenIdentity> {
    checkSignature(jwt, keys())
    const stated = audiencesOf(jwt.claims)
    const meant = stated.length === 0 ? own : stated
    const asked = audiences.length === 0 ? own : audiences
    const common = meant.filter((one) => asked.includes(one))
    if (common.length === 0 && own.length > 0) {
      throw new CredentialError(
        `token audiences ${quoteList(meant)} is invalid for the target audiences ${quoteList(asked)}`,
      )
    }
    return { user: await identify(jwt, token), audiences: common }
  }
}

function audiencesOf({ aud }: Claims): readonly string[] {
  if (typeof aud === 'string') return [aud]
  return Array.isArray(aud) ? aud.filter((one): one is string => typeof one === 'string') : []
}

/** Clocks may differ, and objects that were just deleted are still good, by so many milliseconds. */
const leewayMs = 60_000

async function boundIdentity(claims: Claims, lookups: ServiceAccountLookups, now: number): Promise<UserInfo> {
  checkTimes(claims, now)
  const bound = record(claims['kubernetes.io'])
  const namespace = text(bound?.namespace)
  const account = reference(bound?.serviceaccount)
  const found = await lookups.serviceAccount(namespace, account.name)
  if (found === undefined) throw new CredentialError(`serviceaccounts ${quote(account.name)} not found`)
  if (found.metadata.uid !== account.uid) {
    throw new CredentialError(`service account UID (${found.metadata.uid}) does not match claim (${account.uid})`)
  }
  if (deletedBefore(found, now - leewayMs)) {
    throw new CredentialError(`service account ${namespace}/${account.name} has been deleted`)
  }
  const check = async (what: string, told: string, ref: Reference, object: Found): Promise<void> => {
    const one = await object
    if (one !== undefined && one.metadata.uid !== ref.uid) {
      const uid = one.metadata.uid
      throw new CredentialError(`${what} UID (${uid}) does not match service account ${told} ref claim (${ref.uid})`)
    }
    if (one === undefined || deletedBefore(one, now - leewayMs)) {
      throw new CredentialError('service account token has been invalidated')
    }
  }
  const secret = optional(bound?.secret)
  const pod = optional(bound?.pod)
  const node = optional(bound?.node)
  if (secret !== undefined) await check('secret', 'secret', secret, lookups.secret(namespace, secret.name))
  if (pod !== undefined) await check('pod', 'pod', pod, lookups.pod(namespace, pod.name))
  else if (node !== undefined) await check('node', 'node', node, lookups.node(node.name))

  const extra: Record<string, readonly string[]> = {}
  if (pod !== undefined && pod.name !== '' && pod.uid !== '') {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid]
  }
  const id = text(claims.jti)
  if (id !== '') extra['authentication.kubernetes.io/credential-id'] = [`JTI=${id}`]
  if (node !== undefined && node.name !== '') {
    extra['authentication.kubernetes.io/node-name'] = [node.name]
    if (node.uid !== '') extra['authentication.kubernetes.io/node-uid'] = [node.uid]
  }
  return accountUser(namespace, account.name, account.uid, extra)
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  for (const [value, name] of [
    [exp, 'exp'],
    [nbf, 'nbf'],
    [iat, 'iat'],
  ] as const) {
    if (value !== undefined && typeof value !== 'number') throw new CredentialError(`${name} claim is not a number`)
  }
  if (typeof nbf === 'number' && now + leewayMs < nbf * 1000) {
    throw new CredentialError('service account token is not valid yet')
  }
  if (typeof exp === 'number' && now - leewayMs > exp * 1000) {
    throw new CredentialError('service account token has expired')
  }
  if (typeof iat === 'number' && now + leewayMs < iat * 1000) {
    throw new CredentialError('service account token is issued in the future')
  }
}

interface LegacyClaims {
  readonly namespace: string
  readonly secret: string
  readonly name: string
  readonly uid: string
  readonly user: UserInfo
}

function legacyClaims(claims: Claims): LegacyClaims {
  const need = (value: unknown, name: string): string => {
    const given = text(value)
    if (given === '') throw new CredentialError(`${name} claim is missing`)
    return given
  }
  const subject = need(claims.sub, 'sub')
  const namespace = need(claims['kubernetes.io/serviceaccount/namespace'], 'namespace')
  const secret = need(claims['kubernetes.io/serviceaccount/secret.name'], 'secretName')
  const name = need(claims['kubernetes.io/serviceaccount/service-account.name'], 'serviceAccountName')
  const uid = need(claims['kubernetes.io/serviceaccount/service-account.uid'], 'serviceAccountUID')
  const user = accountUser(namespace, name, uid, {})
  if (subject !== user.name) throw new CredentialError('sub claim is invalid')
  return { namespace, secret, name, uid, user }
}

async function secretIdentity(claims: LegacyClaims, token: string, lookups: ServiceAccountLookups): Promise<UserInfo> {
  const { namespace, name, uid } = claims
  const secret = await lookups.secret(namespace, claims.secret)
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) {
    throw new CredentialError('Token has been invalidated')
  }
  const held = Buffer.from(text(record(secret.data)?.token), 'base64')
  const sent = Buffer.from(token)
  if (held.length !== sent.length || !timingSafeEqual(held, sent)) {
    throw new CredentialError("Token does not match server's copy")
  }
  const account = await lookups.serviceAccount(namespace, name)
  if (account === undefined) throw new CredentialError(`serviceaccounts ${quote(name)} not found`)
  if (account.metadata.deletionTimestamp !== undefined) {
    throw new CredentialError(`ServiceAccount ${namespace}/${name} has been deleted`)
  }
  if (account.metadata.uid !== uid) {
    throw new CredentialError(`ServiceAccount UID (${account.metadata.uid}) does not match claim (${uid})`)
  }
  if ((secret.metadata.labels?.[invalidSince] ?? '') !== '') {
    throw new CredentialError(
      `the token in secret ${namespace}/${claims.secret} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSince}' label from the secret to temporarily allow use of this token`,
    )
  }
  return claims.user
}

const invalidSince = 'kubernetes.io/legacy-token-invalid-since'

function accountUser(
  namespace: string,
  name: string,
  uid: string,
  extra: Readonly<Record<string, readonly string[]>>,
): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

interface Reference {
  readonly name: string
  readonly uid: string
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined

const reference = (value: unknown): Reference => ({ name: text(record(value)?.name), uid: text(record(value)?.uid) })

const optional = (value: unknown): Reference | undefined => (record(value) === undefined ? undefined : reference(value))

function deletedBefore({ metadata }: KubeObject, time: number): boolean {
  return metadata.deletionTimestamp !== undefined && Date.parse(metadata.deletionTimestamp) < time
}
