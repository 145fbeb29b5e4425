import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import { isIPv4 } from 'node:net'
import * as der from './der.js'

/** A certificate and its private key, both PEM; the key in PKCS #8. */
export interface PemPair {
  readonly cert: string
  readonly key: string
}

export interface CertificateOptions {
  readonly commonName: string
  /** Become groups when a client shows the certificate. */
  readonly organizations?: readonly string[]
  readonly usage: 'authority' | 'server' | 'client'
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
}

const ecdsaWithSha256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'))
const extendedUsages = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const

/**
 * Makes a P-256 key and a certificate for it.
 *
 * @param authority who signs; absent: the new key itself
 */
export function createCertificate(options: CertificateOptions, authority?: PemPair): PemPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const subject = name(options)
  const issuer = authority === undefined ? undefined : issuerOf(authority.cert)
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))), // version 3
    der.integer(serialNumber()),
    ecdsaWithSha256,
    issuer?.subject ?? subject,
    der.sequence(der.time(options.notBefore), der.time(options.notAfter)),
    subject,
    spki,
    der.explicit(3, der.sequence(...extensions(options, keyIdentifier(spki), issuer?.keyIdentifier))),
  )
  const signature = sign('sha256', toBeSigned, authority === undefined ? privateKey : createPrivateKey(authority.key))
  const certificate = der.sequence(toBeSigned, ecdsaWithSha256, der.bitString(signature))
  return {
    cert: pem('CERTIFICATE', certificate),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function extensions(options: CertificateOptions, own: Buffer, issuers: Buffer | undefined): Buffer[] {
  const authority = options.usage === 'authority'
  const list = [
    // digitalSignature, for authorities also keyCertSign; a bit string counts from the left.
    extension(
      '2.5.29.15',
      true,
      authority ? der.bitString(Buffer.from([0x84]), 2) : der.bitString(Buffer.from([0x80]), 7),
    ),
    extension('2.5.29.19', true, authority ? der.sequence(der.boolean(true)) : der.sequence()),
    extension('2.5.29.14', false, der.octetString(own)),
    extension('2.5.29.35', false, der.sequence(der.implicit(0, issuers ?? own))),
  ]
  if (options.usage !== 'authority') {
    list.push(extension('2.5.29.37', false, der.sequence(der.objectIdentifier(extendedUsages[options.usage]))))
  }
  const names = [
    ...(options.dnsNames ?? []).map((text) => der.implicit(2, Buffer.from(text))),
    ...(options.ipAddresses ?? []).map((text) => der.implicit(7, addressBytes(text))),
  ]
  if (names.length > 0) list.push(extension('2.5.29.17', false, der.sequence(...names)))
  return list
}

const extension = (id: string, critical: boolean, value: Buffer): Buffer =>
  der.sequence(der.objectIdentifier(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value))

function name({ organizations = [], commonName }: CertificateOptions): Buffer {
  const part = (id: string, text: string): Buffer =>
    der.set(der.sequence(der.objectIdentifier(id), der.utf8String(text)))
  return der.sequence(...organizations.map((text) => part('2.5.4.10', text)), part('2.5.4.3', commonName))
}

/** The name of an authority as it stands in its certificate, byte for byte, and the identifier of its key. */
function issuerOf(cert: string): { subject: Buffer; keyIdentifier: Buffer } {
  const { raw, publicKey } = new X509Certificate(cert)
  // TBSCertificate: version, serial number, algorithm, issuer, validity, subject, ...
  const subject = der.children(der.children(raw)[0]!)[5]!
  return { subject, keyIdentifier: keyIdentifier(publicKey.export({ type: 'spki', format: 'der' })) }
}

/** RFC 5280, 4.2.1.2 (1): SHA-1 of the bits of the public key. It identifies, it does not protect. */
const keyIdentifier = (spki: Buffer): Buffer => createHash('sha1').update(der.children(spki)[1]!.subarray(3)).digest()

/** Positive, 127 bits. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes
}

/** The bytes of an IP address: 4 or 16. */
function addressBytes(text: string): Buffer {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number))
  const [head = '', tail] = embeddedIPv4(text).split('::')
  const words = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16))
  const [first, last] = [words(head), words(tail ?? '')]
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last]
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

/** `::ffff:1.2.3.4` as `::ffff:102:304`. */
const embeddedIPv4 = (text: string): string =>
  text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}(?!$)/g, '$&\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
