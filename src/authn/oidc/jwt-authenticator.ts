import { quote } from '../../api/index.js'
import type { Dialer, UserInfo } from '../../http/index.js'
import { CredentialError, type TokenAuthenticator } from '../authenticator.js'
import type { Claims } from '../jwt.js'
import { claimedGroups, claimedName, claimedUid, requireClaim } from './claims.js'
import type { JwtConfiguration } from './configuration.js'
import { DistributedClaims } from './distributed-claims.js'
import type { ExpressionPreparation, JwtExpressions } from './expressions.js'
import type { KeySet } from './key-set.js'
import { discover } from './provider.js'
import { untrustedIssuer, verifiedClaims } from './token-verifier.js'

export interface JwtAuthenticatorOptions {
  /** Valid. */
  readonly configuration: JwtConfiguration
  readonly expressions: JwtExpressions
  readonly prepare: ExpressionPreparation
  readonly algorithms: readonly string[]
  readonly now: () => number
  /** Told why the issuer could not be asked for its keys, each time it is tried. */
  readonly failed: (error: Error) => void
  /** For metrics: tokens of this issuer, good and bad. */
  readonly judged?: (good: boolean, seconds: number) => void
  readonly onKeys?: (document: Buffer | undefined) => void
  /** How the issuer is reached. Default: straight. */
  readonly dial?: Dialer | undefined
  /** Between attempts to reach the issuer. Default 10,000. */
  readonly retryMs?: number
}

/**
 * Tokens of one OpenID issuer. It is asked for its keys in the background, for as long as it takes: it may well run on this
 * very cluster. Source: apiserver plugin/pkg/authenticator/token/oidc.
 */
export class JwtAuthenticator implements TokenAuthenticator {
  readonly issuer: string
  /** Resolves when the keys' place is known; never rejects. */
  readonly ready: Promise<void>
  readonly #options: JwtAuthenticatorOptions
  readonly #closed = new AbortController()
  readonly #distributed: DistributedClaims | undefined
  #keys: KeySet | undefined
  #problem: Error

  constructor(options: JwtAuthenticatorOptions) {
    this.#options = options
    const { issuer, claimMappings } = options.configuration
    this.issuer = issuer.url
    this.#problem = new Error(`oidc: authenticator for issuer ${quote(issuer.url)} is not initialized`)
    const { claim } = claimMappings.groups
    const { algorithms, now, dial } = options
    const common = { audiences: issuer.audiences, algorithms, ca: this.#ca, signal: this.#closed.signal, now, dial }
    this.#distributed =
      claim === ''
        ? undefined
        : new DistributedClaims({
            ...common,
            claim,
            discover: (other) =>
              discover(other, { ...common, discoveryUrl: other === issuer.url ? issuer.discoveryUrl : '' }),
          })
    this.ready = this.#connect()
  }

  /** What stands in the way of judging tokens; undefined: nothing. */
  get problem(): Error | undefined {
    if (this.#keys !== undefined) return undefined
    return new Error(`oidc: authenticator for issuer ${quote(this.issuer)} is not healthy: ${this.#problem.message}`)
  }

  close(): void {
    this.#closed.abort()
  }

  authenticateToken(token: string): Promise<{ user: UserInfo; audiences: undefined }> | undefined {
    if (untrustedIssuer(token) !== this.issuer) return undefined
    return this.#measured(token)
  }

  async #measured(token: string): Promise<{ user: UserInfo; audiences: undefined }> {
    const { judged } = this.#options
    const began = performance.now()
    try {
      const user = await this.#user(token)
      judged?.(true, (performance.now() - began) / 1000)
      return { user, audiences: undefined }
    } catch (error) {
      judged?.(false, (performance.now() - began) / 1000)
      throw error
    }
  }

  async #user(token: string): Promise<UserInfo> {
    const keys = this.#keys
    if (keys === undefined) throw new Error('oidc: authenticator not initialized')
    const { configuration, algorithms, now } = this.#options
    const { audiences } = configuration.issuer
    const own = await verifiedClaims(token, { issuer: this.issuer, audiences, algorithms, keys, now }).catch(
      (error: Error) => {
        throw new CredentialError(`oidc: verify token: ${error.message}`)
      },
    )
    try {
      const claims = await this.#expanded(own)
      return this.#mapped(claims)
    } catch (error) {
      throw new CredentialError((error as Error).message)
    }
  }

  async #expanded(claims: Claims): Promise<Claims> {
    try {
      return (await this.#distributed?.expand(claims)) ?? claims
    } catch (error) {
      throw new Error(`oidc: could not expand distributed claims: ${(error as Error).message}`)
    }
  }

  #mapped(claims: Claims): UserInfo {
    const { configuration, expressions, prepare } = this.#options
    const { claimMappings: mappings, claimValidationRules } = configuration
    const { username, groups, uid, extra, claimRules, userRules } = expressions
    const used = username ?? groups ?? uid ?? extra[0] ?? claimRules[0]
    const input = used === undefined ? undefined : prepare.claims(claims)

    const name =
      username === undefined ? claimedName(claims, mappings.username) : evaluatedName(username.evaluate, input)
    const members =
      claimedGroups(claims, mappings.groups) ?? (groups === undefined ? [] : evaluatedGroups(groups.evaluate, input))
    const id =
      mappings.uid.claim !== ''
        ? claimedUid(claims, mappings.uid.claim)
        : uid === undefined
          ? ''
          : evaluatedUid(uid.evaluate, input)
    const more = new Map<string, readonly string[]>()
    if (typeof claims.jti === 'string' && claims.jti !== '') more.set(credentialId, [`JTI=${claims.jti}`])
    for (const { key, value } of extra) {
      const values = evaluatedExtra(value.text, value.evaluate, input)
      if (values.length > 0) more.set(key, values)
    }
    for (const { claim, requiredValue } of claimValidationRules)
      if (claim !== '') requireClaim(claims, claim, requiredValue)
    check('claim validation expression', claimRules, input)

    const user: UserInfo = {
      name,
      ...(id === '' ? {} : { uid: id }),
      groups: members,
      ...(more.size === 0 ? {} : { extra: Object.fromEntries(more) }),
    }
    if (userRules.length > 0) check('user info validation rule', userRules, prepare.user(user))
    return user
  }

  async #connect(): Promise<void> {
    const { configuration, now, failed, onKeys, retryMs = 10_000 } = this.#options
    const { signal } = this.#closed
    const { url, discoveryUrl } = configuration.issuer
    while (!signal.aborted) {
      try {
        const onOwnKeys = (document: Buffer | undefined): void => {
          if (!signal.aborted) onKeys?.(document)
        }
        this.#keys = await discover(url, {
          ca: this.#ca,
          discoveryUrl,
          signal,
          now,
          onKeys: onOwnKeys,
          dial: this.#options.dial,
        })
        return
      } catch (error) {
        if (signal.aborted) return
        this.#problem = error as Error
        failed(error as Error)
      }
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, retryMs).unref()
        signal.addEventListener('abort', done, { once: true })
      })
    }
  }

  get #ca(): string | undefined {
    const { certificateAuthority } = this.#options.configuration.issuer
    return certificateAuthority === '' ? undefined : certificateAuthority
  }
}

const credentialId = 'authentication.kubernetes.io/credential-id'

type Evaluate = (input: unknown) => unknown

function evaluated(what: string, evaluate: Evaluate, input: unknown): unknown {
  try {
    return evaluate(input)
  } catch (error) {
    throw new Error(`oidc: error evaluating ${what}: ${(error as Error).message}`)
  }
}

function evaluatedName(evaluate: Evaluate, input: unknown): string {
  const name = evaluated('username claim expression', evaluate, input)
  if (typeof name !== 'string') {
    throw new Error('oidc: error evaluating username claim expression: username claim expression must return a string')
  }
  if (name === '') throw new Error('oidc: empty username via CEL expression is not allowed')
  return name
}

function evaluatedUid(evaluate: Evaluate, input: unknown): string {
  const uid = evaluated('uid claim expression', evaluate, input)
  if (typeof uid === 'string') return uid
  throw new Error('oidc: error evaluating uid claim expression: uid claim expression must return a string')
}

function evaluatedGroups(evaluate: Evaluate, input: unknown): readonly string[] {
  const texts = textsOf(evaluated('group claim expression', evaluate, input))
  if (texts !== undefined) return texts
  throw new Error(`oidc: error evaluating group claim expression: ${notTexts}`)
}

function evaluatedExtra(text: string, evaluate: Evaluate, input: unknown): readonly string[] {
  const texts = textsOf(evaluate(input))
  if (texts !== undefined) return texts
  throw new Error(`oidc: error evaluating extra claim expression: ${text}: ${notTexts}`)
}

const notTexts = 'expression must return a string or a list of strings'

/** Empty ones are none. Undefined: it is neither a string nor strings nor null. */
function textsOf(value: unknown): readonly string[] | undefined {
  if (value === null || value === '') return []
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return undefined
  return value.filter((one) => one !== '')
}

function check(what: string, rules: JwtExpressions['claimRules'], input: unknown): void {
  // All are run before any is judged, as upstream does.
  const results = rules.map(({ rule }) => evaluated(what, rule.evaluate, input))
  for (const [i, { rule, message }] of rules.entries()) {
    if (typeof results[i] !== 'boolean')
      throw new Error(`oidc: error evaluating ${what}: validation expression must return a boolean`)
    if (results[i] !== true)
      throw new Error(`oidc: error evaluating ${what}: validation expression '${rule.text}' failed: ${message}`)
  }
}
