import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'

/**
 * What is wrong with a certificate chain and its key, in PEM: Go's words for the usual mistakes; undefined if they belong
 * together. Source: crypto/tls, X509KeyPair.
 */
export function keyPairProblem(certificate: Buffer, key: Buffer): string | undefined {
  const certificates = pemTypes(certificate)
  if (!certificates.includes('CERTIFICATE')) return missing('certificate', certificates, key)
  const keys = pemTypes(key)
  const privateKey = keys.find((type) => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY'))
  if (privateKey === undefined) {
    if (keys.length === 0) return 'tls: failed to find any PEM data in key input'
    if (keys.length === 1 && keys[0] === 'CERTIFICATE') {
      return 'tls: found a certificate rather than a key in the PEM for the private key'
    }
    return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${keys.join(' ')}]`
  }
  let leaf: X509Certificate
  try {
    leaf = new X509Certificate(certificate)
  } catch {
    return 'x509: malformed certificate'
  }
  let own: KeyObject
  try {
    own = createPrivateKey(key)
  } catch {
    return 'tls: failed to parse private key'
  }
  const ofCertificate = leaf.publicKey
  if (own.asymmetricKeyType !== ofCertificate.asymmetricKeyType) {
    return 'tls: private key type does not match public key type'
  }
  const same = createPublicKey(own).equals(ofCertificate)
  return same ? undefined : 'tls: private key does not match public key'
}

function missing(what: string, types: readonly string[], key: Buffer): string {
  if (types.length === 0) return `tls: failed to find any PEM data in ${what} input`
  const swapped = types.length === 1 && types[0]!.endsWith('PRIVATE KEY') && pemTypes(key).includes('CERTIFICATE')
  return swapped
    ? 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
    : `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${types.join(' ')}]`
}

/** The types of all PEM blocks; what is no base64 between such lines is none. */
function pemTypes(pem: Buffer): string[] {
  const types: string[] = []
  for (const [, type, inner] of pem.toString('latin1').matchAll(block)) {
    const body = inner!.replace(headers, '').replaceAll(/\s/g, '')
    if (body.length % 4 === 0 && base64.test(body)) types.push(type!)
  }
  return types
}

const block = /-----BEGIN ([A-Z0-9 ]{1,64})-----[ \t]*\r?\n([^-]*)-----END \1-----/g
const headers = /^(?:[^\n]*:[^\n]*\n)+/
const base64 = /^[A-Za-z0-9+/]*={0,2}$/
