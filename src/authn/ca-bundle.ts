import { X509Certificate } from 'node:crypto'
import { CredentialError } from './authenticator.js'
import { hasUnknownCritical } from './extensions.js'

/** Trusted certificate authorities; may be replaced while in use (a CA file that changed). */
export class CaBundle {
  #roots: readonly X509Certificate[] = []
  /** Counts replacements: a verdict is good for one version. */
  version = 0

  /** @throws Error if there is no certificate in the PEM text */
  constructor(pem: string | Buffer) {
    this.replace(pem)
  }

  replace(pem: string | Buffer): void {
    const blocks = String(pem).match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g)
    if (blocks === null) throw new Error('data does not contain any valid RSA or ECDSA certificates')
    this.#roots = blocks.map((block) => new X509Certificate(block))
    this.version++
  }

  /**
   * Verifies a client's chain: signatures up to one of the authorities, validity in time of every certificate, authority of
   * every issuer, and the client-authentication usage where usages are restricted.
   *
   * @param chain DER, leaf first, the rest in any order; untrusted
   * @returns until when the verdict holds, milliseconds
   * @throws CredentialError
   */
  verify(chain: readonly X509Certificate[], now: number): number {
    const [leaf, ...others] = chain
    if (leaf === undefined) throw new CredentialError('no certificate')
    const until = this.#climb(leaf, others.slice(0, maxIntermediates), now, 0)
    if (until === undefined) throw new CredentialError('x509: certificate signed by unknown authority')
    return until
  }

  /** The earliest end among the certificates of the first good path, undefined if there is none. */
  #climb(one: X509Certificate, others: readonly X509Certificate[], now: number, depth: number): number | undefined {
    const end = Date.parse(one.validTo)
    if (now > end || now < Date.parse(one.validFrom)) {
      throw new CredentialError('x509: certificate has expired or is not yet valid')
    }
    if (hasUnknownCritical(one.raw)) throw new CredentialError('x509: unhandled critical extension')
    if (!forClients(one)) throw new CredentialError('x509: certificate specifies an incompatible key usage')
    for (const root of this.#roots) {
      if (one.raw.equals(root.raw)) return end
      if (!issued(one, root)) continue
      const rootEnd = Date.parse(root.validTo)
      if (now > rootEnd || now < Date.parse(root.validFrom) || !forClients(root)) continue
      return Math.min(end, rootEnd)
    }
    if (depth > maxIntermediates) return undefined
    for (const issuer of others) {
      if (issuer === one || !issued(one, issuer)) continue
      const above = this.#climb(
        issuer,
        others.filter((other) => other !== issuer),
        now,
        depth + 1,
      )
      if (above !== undefined) return Math.min(end, above)
    }
    return undefined
  }
}

const maxIntermediates = 8
const anyUsage = '2.5.29.37.0'
const clientAuth = '1.3.6.1.5.5.7.3.2'

/** Node calls the extended usages `keyUsage`; undefined means unrestricted. */
function forClients(certificate: X509Certificate): boolean {
  const usages = certificate.keyUsage as readonly string[] | undefined
  return usages === undefined || usages.length === 0 || usages.includes(clientAuth) || usages.includes(anyUsage)
}

const issued = (one: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && one.checkIssued(issuer) && one.verify(issuer.publicKey)
