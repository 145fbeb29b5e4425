import { createHash, X509Certificate } from 'node:crypto'
import type { RequestContext, UserInfo } from '../http/index.js'
import { type Authenticator, CredentialError } from './authenticator.js'
import type { CaBundle } from './ca-bundle.js'

/**
 * Client certificates (`--client-ca-file`): the common name is the user, organizations are its groups. A connection's chain
 * is verified once, and again when the authorities change or a certificate on the path ends.
 * Source: apiserver pkg/authentication/request/x509.
 *
 * @param observe is told for each request how long its certificate is still good
 */
export function clientCertificates(
  bundle: CaBundle,
  now: () => number = Date.now,
  observe: (secondsLeft: number) => void = () => {},
): Authenticator {
  const ends = new WeakMap<UserInfo, number>()
  const verified = new VerifiedChains(bundle, now, (leaf) => {
    const user = userOf(leaf)
    if (user !== undefined) ends.set(user, Date.parse(leaf.validTo))
    return user
  })
  return {
    authenticate(context) {
      const user = verified.of(context)
      if (user !== undefined) observe((ends.get(user)! - now()) / 1000)
      return user
    },
  }
}

/** Verdicts by chain; `convert` says what is made of a good one. */
export class VerifiedChains<T> {
  readonly #verdicts = new WeakMap<readonly Buffer[], Verdict<T>>()

  constructor(
    readonly bundle: CaBundle,
    readonly now: () => number,
    readonly convert: (leaf: X509Certificate) => T,
  ) {}

  /** Undefined without a certificate; throws CredentialError for a bad one. */
  of(context: RequestContext): T | undefined {
    const chain = context.exchange.clientCertificates
    if (chain.length === 0) return undefined
    let verdict = this.#verdicts.get(chain)
    if (verdict === undefined || verdict.version !== this.bundle.version || this.now() > verdict.until) {
      verdict = this.#judge(chain)
      this.#verdicts.set(chain, verdict)
    }
    if (verdict.error !== undefined) throw verdict.error
    return verdict.value
  }

  #judge(chain: readonly Buffer[]): Verdict<T> {
    const { version } = this.bundle
    const now = this.now()
    try {
      const certificates = chain.map((der) => new X509Certificate(der))
      const until = this.bundle.verify(certificates, now)
      return { version, until, value: this.convert(certificates[0]!), error: undefined }
    } catch (error) {
      const refused =
        error instanceof CredentialError ? error : new CredentialError(`x509: ${(error as Error).message}`)
      // a certificate that is not valid yet may become so
      return { version, until: now + 10_000, value: undefined, error: refused }
    }
  }
}

interface Verdict<T> {
  readonly version: number
  readonly until: number
  readonly value: T | undefined
  readonly error: CredentialError | undefined
}

/** Subject attributes by OpenSSL's short name, or the dotted identifier where it has none. */
export function subjectOf(certificate: X509Certificate, attribute: string): string[] {
  const subject = certificate.toLegacyObject().subject as unknown as Record<string, string | string[] | undefined>
  const value = subject[attribute]
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

/** Source: apiserver pkg/authentication/request/x509; the identifier is Kubernetes' own, apimachinery/asn1 X509UID. */
const uidAttribute = '1.3.6.1.4.1.57683.2'

function userOf(leaf: X509Certificate): UserInfo | undefined {
  const name = subjectOf(leaf, 'CN').at(-1) ?? ''
  if (name === '') return undefined
  const uids = subjectOf(leaf, uidAttribute)
  if (uids.length > 1) throw new CredentialError(`expected 1 UID, but found multiple: [${uids.join(' ')}]`)
  if (uids[0] === '') throw new CredentialError('UID cannot be an empty string')
  const print = createHash('sha256').update(leaf.raw).digest('hex')
  return {
    name,
    ...(uids[0] === undefined ? {} : { uid: uids[0] }),
    groups: subjectOf(leaf, 'O'),
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${print}`] },
  }
}
