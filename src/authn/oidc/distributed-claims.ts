import { isObject, quote } from '../../api/index.js'
import { type Dialer, fetchDocument } from '../../http/index.js'
import type { Claims } from '../jwt.js'
import type { KeySet } from './key-set.js'
import { untrustedIssuer, verifiedClaims } from './token-verifier.js'

export interface DistributedClaimsOptions {
  /** The claim that may be kept elsewhere. */
  readonly claim: string
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  readonly ca: string | undefined
  readonly signal: AbortSignal
  readonly now: () => number
  readonly dial: Dialer | undefined
  /** Asks an issuer for its keys. */
  readonly discover: (issuer: string) => Promise<KeySet>
}

/** Issuers of such claims are few. */
const maxIssuers = 16

/**
 * Fetches a claim that a token only points to: `_claim_names` names a source, `_claim_sources` says where that is and with
 * which access token it is asked. OpenID Connect Core 1.0, section 5.6.2. Source: apiserver plugin/pkg/authenticator/token/oidc.
 */
export class DistributedClaims {
  readonly #options: DistributedClaimsOptions
  readonly #issuers = new Map<string, Promise<KeySet>>()

  constructor(options: DistributedClaimsOptions) {
    this.#options = options
  }

  /**
   * The claims with the one that was elsewhere.
   *
   * @throws Error with upstream's words
   */
  async expand(claims: Claims): Promise<Claims> {
    const { claim } = this.#options
    const names = claims._claim_names
    if (Object.hasOwn(claims, claim) || names === undefined) return claims
    if (!isObject(names)) throw new Error('oidc: error parsing distributed claim names: it is no object')
    const sources = claims._claim_sources
    if (sources === undefined) throw new Error('oidc: no claim sources')
    if (!isObject(sources)) throw new Error('oidc: could not parse claim sources: it is no object')
    const source = Object.hasOwn(names, claim) ? names[claim] : undefined
    if (typeof source !== 'string') return claims
    const place = Object.hasOwn(sources, source) ? sources[source] : undefined
    if (!isObject(place))
      throw new Error(`id token _claim_names contained a source ${source} missing in _claims_sources`)
    const { endpoint, access_token: accessToken } = place
    // Without one it may be an aggregated claim, which is not looked at.
    if (typeof endpoint !== 'string' || endpoint === '') return claims
    const value = await this.#fetch(endpoint, typeof accessToken === 'string' ? accessToken : '')
    return Object.defineProperty({ ...claims }, claim, { value, enumerable: true })
  }

  async #fetch(endpoint: string, accessToken: string): Promise<unknown> {
    const { claim, ca, signal, audiences, algorithms, now } = this.#options
    const token = await this.#token(endpoint, accessToken, ca, signal).catch((error: Error) => {
      throw new Error(`while getting distributed claim ${quote(claim)}: ${error.message}`)
    })
    const issuer = untrustedIssuer(token)
    if (issuer === undefined)
      throw new Error(
        `getting untrusted issuer from endpoint ${endpoint} failed for claim ${quote(claim)}: malformed token`,
      )
    const keys = await this.#keysOf(issuer).catch(() => {
      throw new Error(
        `verifying untrusted issuer ${issuer} failed: verifier not initialized for issuer: ${quote(issuer)}`,
      )
    })
    const claims = await verifiedClaims(token, { issuer, audiences, algorithms, keys, now }).catch((error: Error) => {
      throw new Error(`verify distributed claim token: ${error.message}`)
    })
    if (!Object.hasOwn(claims, claim)) {
      throw new Error(`jwt returned by distributed claim endpoint ${quote(endpoint)} did not contain claim: ${claim}`)
    }
    return claims[claim]
  }

  async #token(url: string, accessToken: string, ca: string | undefined, signal: AbortSignal): Promise<string> {
    const headers: Record<string, string> = accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` }
    const { status, statusText, bytes } = await fetchDocument(url, { ca, signal, headers, dial: this.#options.dial })
    if (status < 200 || status > 226) throw new Error(`error while getting distributed claim JWT: ${statusText}`)
    return bytes.toString('utf8')
  }

  #keysOf(issuer: string): Promise<KeySet> {
    const known = this.#issuers.get(issuer)
    if (known !== undefined) return known
    if (this.#issuers.size >= maxIssuers) return Promise.reject(new Error('too many issuers of distributed claims'))
    const keys = this.#options.discover(issuer)
    this.#issuers.set(issuer, keys)
    // One that does not answer now may answer later.
    keys.catch(() => this.#issuers.delete(issuer))
    return keys
  }
}
