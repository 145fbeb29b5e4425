import { timingSafeEqual } from 'node:crypto'
import { type KubeObject, quote, quoteList } from '../api/index.js'
import type { UserInfo } from '../http/index.js'
import { CredentialError, type TokenAuthenticator, type TokenIdentity, type TokenRemarks } from './authenticator.js'
import { type ClaimTypes, checkClaimTypes } from './claim-types.js'
import { type Claims, checkKeys, checkSignature, type Jwt, parseJwt } from './jwt.js'
import type { PublicKeySource } from './public-keys.js'

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
  readonly keys: Pick<PublicKeySource, 'find'>
  /** `--service-account-issuer`, all of them. */
  readonly issuers: readonly string[]
  /** `--api-audiences`: what tokens without audiences are meant for. */
  readonly audiences: readonly string[]
  readonly lookups: ServiceAccountLookups
  /** `--service-account-lookup`, for tokens of Secrets. Default true. */
  readonly lookup?: boolean
  readonly now?: () => number
  /** Counts what kinds of tokens are still in use. */
  readonly onUse?: (kind: TokenKind) => void
  /** A token of a Secret is good, and the Secret does not say yet that it was used today. @param day as 2006-01-02 */
  readonly markUsed?: (secret: KubeObject, day: string) => void
}

/**
 * `valid` and `stale`: tokens that were given a longer life than asked for, before and after the end that was asked for.
 * `legacy`: of Secrets; these are `auto` (made by the controller), `manual`, or `invalid` (marked so).
 */
export type TokenKind = 'valid' | 'stale' | 'legacy' | 'auto' | 'manual' | 'invalid'

/** Who a token is of, and what is to be told of it. */
type Identified = Pick<TokenIdentity, 'user' | 'remarks'>

/** Tokens from the TokenRequest API. Source: kubernetes pkg/serviceaccount/{jwt,claims}.go. */
export function serviceAccountTokens(options: ServiceAccountOptions): TokenAuthenticator {
  const now = options.now ?? Date.now
  return signedTokens(options, new Set(options.issuers), boundTypes, async ({ claims }) => {
    const user = await boundIdentity(claims, options.lookups, now())
    return { user, ...staleness(claims, now(), options.onUse) }
  })
}

/** Long-lived tokens that lie in Secrets. Source: kubernetes pkg/serviceaccount/legacy.go. */
export function secretTokens(options: ServiceAccountOptions): TokenAuthenticator {
  return signedTokens(options, new Set(['kubernetes/serviceaccount']), legacyTypes, (jwt, token) => {
    const claims = legacyClaims(jwt.claims)
    return options.lookup === false ? { user: claims.user } : secretIdentity(claims, token, options)
  })
}

function signedTokens(
  { keys, audiences: own, onUse }: ServiceAccountOptions,
  issuers: ReadonlySet<unknown>,
  types: ClaimTypes,
  identify: (jwt: Jwt, token: string) => Identified | Promise<Identified>,
): TokenAuthenticator {
  return {
    authenticateToken(token, audiences) {
      const jwt = parseJwt(token)
      if (jwt === undefined || !issuers.has(jwt.claims.iss)) return undefined
      return verify(jwt, token, audiences)
    },
  }
  async function verify(jwt: Jwt, token: string, audiences: readonly string[]): Promise<TokenIdentity> {
    checkSignature(jwt, await keys.find(jwt.keyId))
    checkKeys(jwt)
    checkClaimTypes(jwt.claims, types)
    const stated = audiencesOf(jwt.claims)
    const meant = stated.length === 0 ? own : stated
    const isLegacy = stated.length === 0
    const legacy = isLegacy ? { 'authentication.k8s.io/legacy-token': text(jwt.claims.sub) } : {}
    if (isLegacy) onUse?.('legacy')
    const asked = audiences.length === 0 ? own : audiences
    const common = asked.filter((one) => meant.includes(one))
    if (common.length === 0 && own.length > 0) {
      throw new CredentialError(
        `token audiences ${quoteList(meant)} is invalid for the target audiences ${quoteList(asked)}`,
      )
    }
    const { user, remarks } = await identify(jwt, token)
    const annotations = { ...legacy, ...remarks?.annotations }
    const told = Object.keys(annotations).length === 0 ? {} : { remarks: { ...remarks, annotations } }
    return { user, audiences: common, ...told }
  }
}

const referenceType = { name: 'serviceaccount.ref', fields: { name: 'string', uid: 'string' } } as const
const boundTypes: ClaimTypes = {
  'kubernetes.io': {
    name: 'serviceaccount.kubernetes',
    fields: {
      namespace: 'string',
      serviceaccount: referenceType,
      pod: referenceType,
      secret: referenceType,
      node: referenceType,
      warnafter: 'time',
    },
  },
}
const legacyTypes: ClaimTypes = {
  'kubernetes.io/serviceaccount/service-account.name': 'string',
  'kubernetes.io/serviceaccount/service-account.uid': 'string',
  'kubernetes.io/serviceaccount/secret.name': 'string',
  'kubernetes.io/serviceaccount/namespace': 'string',
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
  if (account.name === '') throw new CredentialError('resource name may not be empty')
  if (namespace === '') throw new CredentialError('the server could not find the requested resource')
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

function checkTimes(claims: Claims, now: number): void {
  const [exp, nbf, iat] = [wholeSeconds(claims.exp), wholeSeconds(claims.nbf), wholeSeconds(claims.iat)]
  if (nbf !== undefined && now + leewayMs < nbf * 1000) {
    throw new CredentialError('service account token is not valid yet')
  }
  if (exp !== undefined && now - leewayMs > exp * 1000) {
    throw new CredentialError('service account token has expired')
  }
  if (iat !== undefined && now + leewayMs < iat * 1000) {
    throw new CredentialError('service account token is issued in the future')
  }
}

/** What no int64 holds is long ago, as Go converts it. */
function wholeSeconds(value: unknown): number | undefined {
  if (typeof value !== 'number') return undefined
  return Math.abs(value) < 2 ** 63 ? Math.trunc(value) : -(2 ** 63)
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

/** A token that lives longer than was asked for, and is past what was asked for. */
function staleness(
  claims: Claims,
  now: number,
  onUse: ServiceAccountOptions['onUse'],
): { readonly remarks?: TokenRemarks } {
  const warnAfter = record(claims['kubernetes.io'])?.warnafter
  if (typeof warnAfter !== 'number' || warnAfter === 0) return {}
  const late = Math.floor(now / 1000) - warnAfter
  onUse?.(now > warnAfter * 1000 ? 'stale' : 'valid')
  if (now <= warnAfter * 1000) return {}
  const told = `subject: ${text(claims.sub)}, seconds after warning threshold: ${late}`
  return { remarks: { annotations: { 'authentication.k8s.io/stale-token': told } } }
}

async function secretIdentity(
  claims: LegacyClaims,
  token: string,
  { lookups, onUse, markUsed, now = Date.now }: ServiceAccountOptions,
): Promise<Identified> {
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
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10)
  const used = secret.metadata.labels?.[lastUsed] ?? ''
  // Tomorrow: another server's clock may be ahead.
  if (used !== day(now()) && used !== day(now() + 86_400_000)) markUsed?.(secret, day(now()))
  if ((secret.metadata.labels?.[invalidSince] ?? '') !== '') {
    onUse?.('invalid')
    throw new CredentialError(
      `the token in secret ${namespace}/${claims.secret} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSince}' label from the secret to temporarily allow use of this token`,
    )
  }
  const listed: readonly { name?: string }[] = account.secrets ?? []
  const automatic = listed.some((one) => one.name === claims.secret)
  onUse?.(automatic ? 'auto' : 'manual')
  const annotation = `authentication.k8s.io/legacy-token-${automatic ? 'autogenerated' : 'manual'}-secret`
  const remarks = { annotations: { [annotation]: claims.secret } }
  return { user: claims.user, remarks: automatic ? { ...remarks, warning: autoGenerated } : remarks }
}

const invalidSince = 'kubernetes.io/legacy-token-invalid-since'
export const lastUsed = 'kubernetes.io/legacy-token-last-used'
const autoGenerated =
  'Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.'

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
