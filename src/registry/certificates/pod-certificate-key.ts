import { constants, type KeyObject, verify } from 'node:crypto'
import type { FieldErrors } from '../../api/index.js'
import { parseRequest, publicKeyOf, wrongWithSignature } from './pkcs10.js'
import type { PodCertificateSpec } from './pod-certificate-status.js'

const maxSize = 10 * 1024
const stubAt = 'spec.stubPKCS10Request'
const keyAt = 'spec.pkixPublicKey'
const proofAt = 'spec.proofOfPossession'
/** Go's names of the curves that it knows; the first is not allowed. */
const curves: Readonly<Record<string, string>> = {
  secp224r1: 'P-224',
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}
const weakCurve = 'P-224'

/** The key a certificate is asked for, and the proof that who asks has it. */
export function validatePodCertificateKey(spec: PodCertificateSpec, errors: FieldErrors): void {
  const { stubPKCS10Request: stub, pkixPublicKey: key, proofOfPossession: proof } = spec
  if (stub && !key && !proof) validateStub(Buffer.from(stub, 'base64'), errors)
  else if (!stub && key && proof) validateKey(key, proof, spec.podUID ?? '', errors)
  else
    errors.invalidWithoutValue(
      'spec',
      'exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set',
    )
}

/** The key of a request that was found valid. */
export function requestedKey({ stubPKCS10Request: stub, pkixPublicKey }: PodCertificateSpec): KeyObject | undefined {
  if (!stub) return publicKeyOf(Buffer.from(pkixPublicKey ?? '', 'base64'))
  const request = parseRequest(Buffer.from(stub, 'base64'))
  return request instanceof Error ? undefined : request.publicKey
}

function validateStub(stub: Buffer, errors: FieldErrors): void {
  if (stub.length > maxSize) {
    errors.tooLong(stubAt, maxSize)
    return
  }
  const request = parseRequest(stub)
  if (request instanceof Error) errors.invalidWithoutValue(stubAt, 'must be a valid PKCS#10 CSR')
  else if (request.publicKey === undefined)
    errors.invalidWithoutValue(stubAt, 'unknown public key type; supported types are Ed25519, ECDSA, and RSA')
  else if (validateKind(request.publicKey, stubAt, 'P256, P384, or P521', errors) && wrongWithSignature(request))
    errors.invalidWithoutValue(stubAt, 'invalid signature')
}

function validateKey(pkixPublicKey: string, proofOfPossession: string, podUID: string, errors: FieldErrors): void {
  const bytes = Buffer.from(pkixPublicKey, 'base64')
  const proof = Buffer.from(proofOfPossession, 'base64')
  if (bytes.length > maxSize) errors.tooLong(keyAt, maxSize)
  else if (proof.length > maxSize) errors.tooLong(proofAt, maxSize)
  if (bytes.length > maxSize || proof.length > maxSize) return
  const key = publicKeyOf(bytes)
  if (key === undefined || !isReadByGo(key))
    errors.invalid(keyAt, pkixPublicKey, 'must be a valid PKIX-serialized public key')
  else if (validateKind(key, keyAt, 'P256 or P384', errors) && !isProof(key, podUID, proof))
    errors.invalidWithoutValue(proofAt, 'could not verify proof-of-possession signature')
}

function isReadByGo({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'ec') return curves[asymmetricKeyDetails?.namedCurve ?? ''] !== undefined
  return asymmetricKeyType !== 'ed448' && asymmetricKeyType !== 'x448'
}

/** The proof is the pod's UID, signed. */
function isProof(key: KeyObject, uid: string, proof: Buffer): boolean {
  const text = Buffer.from(uid)
  try {
    if (key.asymmetricKeyType === 'ed25519') return verify(null, text, key, proof)
    if (key.asymmetricKeyType === 'ec') return verify('sha256', text, key, proof)
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
    return verify('sha256', text, pss, proof)
  } catch {
    return false
  }
}

function validateKind(key: KeyObject, at: string, allowed: string, errors: FieldErrors): boolean {
  const { namedCurve = '', modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return true
    case 'ec':
      if (curves[namedCurve] !== weakCurve) return true
      errors.invalid(at, `curve ${weakCurve}`, `elliptic public keys must use curve ${allowed}`)
      return false
    case 'rsa':
      if (modulusLength === 3072 || modulusLength === 4096) return true
      errors.invalid(at, `${modulusLength}-bit modulus`, 'RSA keys must have modulus size 3072 or 4096')
      return false
    default:
      errors.invalidWithoutValue(at, 'unknown public key type; supported types are Ed25519, ECDSA, and RSA')
      return false
  }
}
