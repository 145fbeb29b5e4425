import { constants, createPublicKey, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto'
import {
  bitString,
  DerError,
  expectDer,
  integer,
  objectIdentifier,
  oidText,
  readDer,
  sequence,
  set,
  trailingData,
  wholeBytes,
} from './der.js'
import { firstPemBlock } from './pem.js'

/** A PKCS#10 certificate signing request, as far as rules need it. */
export interface CertificateRequest {
  /** Undefined for a kind of key that nobody here knows. */
  readonly publicKey: KeyObject | undefined
  /** The DER of the subject's RDNs. */
  readonly subject: Buffer
  readonly signed: Buffer
  readonly algorithm: string
  readonly signature: Buffer
}

/**
 * What is wrong with the PEM text of a request, its signature included, in upstream's words; undefined if nothing is.
 * Source: kubernetes pkg/apis/certificates, ParseCSR; Go's crypto/x509.
 */
export function wrongWithRequest(pem: string): string | undefined {
  const block = firstPemBlock(pem)
  if (block?.type !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST'
  const request = parseRequest(block.bytes)
  return request instanceof Error ? request.message : wrongWithSignature(request)
}

/** The organizations (groups) in the subject of a request in PEM; a string says why it cannot be read. */
export function requestOrganizations(pem: string): readonly string[] | string {
  const names = subjectOf(pem)
  return names instanceof Error ? names.message : valuesOf(names, organization)
}

/** The common name in the subject of a request in PEM, the last if there are several; empty if there is none. */
export function requestCommonName(pem: string): string | Error {
  const names = subjectOf(pem)
  return names instanceof Error ? names : (valuesOf(names, commonName).at(-1) ?? '')
}

const commonName = '2.5.4.3'
const organization = '2.5.4.10'
const bmpString = 30

type NameParts = readonly (readonly [type: string, value: string])[]

const valuesOf = (names: NameParts, wanted: string): string[] =>
  names.flatMap(([type, value]) => (type === wanted ? [value] : []))

function subjectOf(pem: string): NameParts | Error {
  const block = firstPemBlock(pem)
  if (block?.type !== 'CERTIFICATE REQUEST') return new DerError('PEM block type must be CERTIFICATE REQUEST')
  const request = parseRequest(block.bytes)
  if (request instanceof Error) return request
  try {
    return namesOf(request.subject)
  } catch (error) {
    if (error instanceof DerError) return error
    throw error
  }
}

/** RDNSequence ::= SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }. */
function namesOf(subject: Buffer): NameParts {
  const found: [string, string][] = []
  for (let names = subject; names.length > 0; ) {
    const name = expectDer(names, set, 'RelativeDistinguishedNameSET')
    names = name.rest
    for (let values = name.content; values.length > 0; ) {
      const pair = expectDer(values, sequence, 'AttributeTypeAndValue')
      values = pair.rest
      const type = expectDer(pair.content, objectIdentifier, 'ObjectIdentifier')
      const { tag, content } = readDer(type.rest)
      const isWide = tag === bmpString && content.length % 2 === 0
      const text = isWide ? Buffer.from(content).swap16().toString('utf16le') : content.toString('utf8')
      found.push([oidText(type.content), text])
    }
  }
  return found
}

/** Reads the DER of a request. */
export function parseRequest(der: Buffer): CertificateRequest | DerError {
  try {
    return read(der)
  } catch (error) {
    if (error instanceof DerError) return error
    throw error
  }
}

/** In Go's words, undefined if the request is signed with the key it is for. */
export function wrongWithSignature({
  publicKey,
  signed,
  algorithm,
  signature,
}: CertificateRequest): string | undefined {
  const scheme = schemes.get(algorithm)
  if (scheme === undefined || publicKey === undefined) return 'x509: cannot verify signature: algorithm unimplemented'
  if (scheme.insecure !== undefined) return `x509: cannot verify signature: insecure algorithm ${scheme.insecure}`
  const { name } = keyNames[scheme.key]
  if (publicKey.asymmetricKeyType !== scheme.key) {
    const actual = keyNames[publicKey.asymmetricKeyType as KeyType]?.goType ?? '<nil>'
    return `x509: signature algorithm specifies an ${name} public key, but have public key of type ${actual}`
  }
  if (isSigned(scheme, publicKey, signed, signature)) return undefined
  return scheme.key === 'rsa' ? 'crypto/rsa: verification error' : `x509: ${name} verification failure`
}

function isSigned({ hash, pss = false }: Scheme, key: KeyObject, signed: Buffer, signature: Buffer): boolean {
  const input: VerifyKeyObjectInput = pss
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key }
  try {
    return verify(hash, signed, input, signature)
  } catch {
    return false
  }
}

type KeyType = 'rsa' | 'ec' | 'ed25519'

interface Scheme {
  readonly key: KeyType
  readonly hash: string | null
  readonly pss?: boolean
  readonly insecure?: string
}

const keyNames: Readonly<Record<KeyType, { readonly name: string; readonly goType: string }>> = {
  rsa: { name: 'RSA', goType: '*rsa.PublicKey' },
  ec: { name: 'ECDSA', goType: '*ecdsa.PublicKey' },
  ed25519: { name: 'Ed25519', goType: 'ed25519.PublicKey' },
}

const pss = '1.2.840.113549.1.1.10'

/** By the object identifier of the signature algorithm; PSS with that of its hash appended. */
const schemes: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['1.2.840.113549.1.1.4', { key: 'rsa', hash: 'md5', insecure: 'MD5-RSA' }],
  ['1.2.840.113549.1.1.5', { key: 'rsa', hash: 'sha1' }],
  ['1.2.840.113549.1.1.11', { key: 'rsa', hash: 'sha256' }],
  ['1.2.840.113549.1.1.12', { key: 'rsa', hash: 'sha384' }],
  ['1.2.840.113549.1.1.13', { key: 'rsa', hash: 'sha512' }],
  [`${pss} 2.16.840.1.101.3.4.2.1`, { key: 'rsa', hash: 'sha256', pss: true }],
  [`${pss} 2.16.840.1.101.3.4.2.2`, { key: 'rsa', hash: 'sha384', pss: true }],
  [`${pss} 2.16.840.1.101.3.4.2.3`, { key: 'rsa', hash: 'sha512', pss: true }],
  ['1.2.840.10045.4.1', { key: 'ec', hash: 'sha1' }],
  ['1.2.840.10045.4.3.2', { key: 'ec', hash: 'sha256' }],
  ['1.2.840.10045.4.3.3', { key: 'ec', hash: 'sha384' }],
  ['1.2.840.10045.4.3.4', { key: 'ec', hash: 'sha512' }],
  ['1.3.101.112', { key: 'ed25519', hash: null }],
])

/** CertificationRequest ::= SEQUENCE { info, signatureAlgorithm, signature }; info ::= SEQUENCE { version, subject, key, ... }. */
function read(der: Buffer): CertificateRequest {
  const outer = expectDer(der, sequence, 'certificateRequest')
  const info = expectDer(outer.content, sequence, 'tbsCertificateRequest')
  const algorithm = expectDer(info.rest, sequence, 'AlgorithmIdentifier')
  const signature = expectDer(algorithm.rest, bitString, 'BitString')

  const version = expectDer(info.content, integer, 'int')
  const subject = expectDer(version.rest, sequence, 'RawValue')
  const key = expectDer(subject.rest, sequence, 'publicKeyInfo')
  if (outer.rest.length > 0) throw trailingData()
  const publicKey = publicKeyOf(key.raw)
  const curve = publicKey?.asymmetricKeyType === 'ec' ? publicKey.asymmetricKeyDetails?.namedCurve : undefined
  if (curve !== undefined && !curves.has(curve)) throw new DerError('x509: unsupported elliptic curve')
  return {
    publicKey,
    subject: subject.content,
    signed: info.raw,
    algorithm: algorithmOf(algorithm.content),
    signature: wholeBytes(signature.content),
  }
}

/** As OpenSSL names those that Go knows. */
const curves: ReadonlySet<string> = new Set(['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1'])

function algorithmOf(content: Buffer): string {
  const identifier = expectDer(content, objectIdentifier, 'ObjectIdentifier')
  const oid = oidText(identifier.content)
  return oid === pss ? `${oid} ${pssHash(identifier.rest)}` : oid
}

/**
 * RSASSA-PSS-params ::= SEQUENCE { [0] hash, [1] mask generation, [2] salt length, [3] trailer }. Only what everybody uses is
 * known: one hash for both, as long a salt, the usual trailer. The hash's object identifier, or the empty string.
 */
function pssHash(parameters: Buffer): string {
  const parts = new Map<number, Buffer>()
  let rest = expectDer(parameters, sequence, 'pssParameters').content
  while (rest.length > 0) {
    const part = readDer(rest)
    if (part.tagClass === 2) parts.set(part.tag, part.content)
    rest = part.rest
  }
  const [hash, mask, salt] = [parts.get(0), parts.get(1), parts.get(2)]
  if (hash === undefined || mask === undefined || salt === undefined || parts.has(3)) return ''
  const hashName = identifierOf(expectDer(hash, sequence, 'AlgorithmIdentifier').content)
  const generation = expectDer(mask, sequence, 'AlgorithmIdentifier').content
  const generator = expectDer(generation, objectIdentifier, 'ObjectIdentifier')
  const maskHash = identifierOf(expectDer(generator.rest, sequence, 'AlgorithmIdentifier').content)
  const saltLength = expectDer(salt, integer, 'int').content
  const usual = oidText(generator.content) === maskGeneration && maskHash === hashName
  return usual && saltLength.length === 1 && saltLength[0] === digestSizes.get(hashName) ? hashName : ''
}

const maskGeneration = '1.2.840.113549.1.1.8'
const digestSizes: ReadonlyMap<string, number> = new Map([
  ['2.16.840.1.101.3.4.2.1', 32],
  ['2.16.840.1.101.3.4.2.2', 48],
  ['2.16.840.1.101.3.4.2.3', 64],
])

const identifierOf = (content: Buffer): string =>
  oidText(expectDer(content, objectIdentifier, 'ObjectIdentifier').content)

/** A SubjectPublicKeyInfo. Keys that cannot be read are unknown ones. */
export function publicKeyOf(spki: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
