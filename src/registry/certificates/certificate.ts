import { X509Certificate } from 'node:crypto'
import { pemBlocks } from './pem.js'

/** What is wrong with issued certificates in PEM, in upstream's words; undefined if nothing is. None at all is fine. */
export function wrongWithCertificates(pem: string): string | undefined {
  if (pem === '') return undefined
  let blocks = 0
  for (const { type, hasHeaders, bytes } of pemBlocks(pem)) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    blocks++
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    if (parseCertificate(bytes) === undefined) return 'x509: malformed certificate'
  }
  return blocks === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined
}

/** A certificate in DER, or undefined if that is none. */
export function parseCertificate(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}
