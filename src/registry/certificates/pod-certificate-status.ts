import type { KeyObject, X509Certificate } from 'node:crypto'
import { byteLength, type Condition, conditions, equalJson, type FieldErrors } from '../../api/index.js'
import { type AlternativeNames, alternativeNames } from './alternative-names.js'
import { parseCertificate } from './certificate.js'
import { isMailAddress } from './mail-address.js'
import { type PemBlock, pemBlocks } from './pem.js'
import { requestedKey } from './pod-certificate-key.js'

export interface PodCertificateSpec {
  signerName?: string
  podName?: string
  podUID?: string
  serviceAccountName?: string
  serviceAccountUID?: string
  nodeName?: string
  nodeUID?: string
  maxExpirationSeconds?: number
  pkixPublicKey?: string | null
  proofOfPossession?: string | null
  stubPKCS10Request?: string | null
  unverifiedUserAnnotations?: Record<string, string>
}

export interface PodCertificateStatus {
  conditions?: Condition[]
  certificateChain?: string
  notBefore?: string
  beginRefreshAt?: string
  notAfter?: string
}

const chainAt = 'status.certificateChain'
const maxChain = 100 * 1024
const minute = 60_000
const outcomes = ['Issued', 'Denied', 'Failed']

/** Source: kubernetes pkg/apis/certificates/validation, ValidatePodCertificateRequestStatusUpdate. @param now milliseconds */
export function validatePodCertificateStatus(
  status: PodCertificateStatus,
  old: PodCertificateStatus,
  spec: PodCertificateSpec,
  now: number,
  errors: FieldErrors,
): void {
  validateOutcomes(status.conditions ?? [], errors)
  if (!errors.empty) return
  const unchanged = (wanted: PodCertificateStatus, detail: string): void => {
    if (!equalJson(status, wanted)) errors.invalidWithoutValue('status', detail)
  }
  const outcome = outcomeOf(status)
  if (outcomeOf(old) !== undefined) unchanged(old, 'immutable after PodCertificateRequest is issued, denied, or failed')
  else if (outcome === 'Denied' || outcome === 'Failed') {
    const only = { conditions: status.conditions! }
    unchanged(only, 'non-condition status fields must be empty when denying or failing the PodCertificateRequest')
  } else if (outcome === 'Issued') validateIssued(status, spec, now, errors)
  else unchanged(old, 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"')
}

const outcomeOf = ({ conditions: list = [] }: PodCertificateStatus): string | undefined =>
  list.find(({ type = '', status }) => outcomes.includes(type) && status === 'True')?.type

function validateOutcomes(list: readonly Condition[], errors: FieldErrors): void {
  let known = 0
  list.forEach(({ type = '', status = '' }, i) => {
    // Upstream makes the path of parts, the index one of them.
    const at = `status.conditions.[${i}]`
    if (!outcomes.includes(type)) {
      errors.notSupportedInOrder(`${at}.type`, type, outcomes)
      return
    }
    if (++known > 1)
      errors.invalid(`${at}.type`, type, 'There may be at most one condition with type "Issued", "Denied", or "Failed"')
    if (status !== 'True') errors.notSupportedInOrder(`${at}.status`, status, ['True'])
  })
  conditions(errors, 'status.conditions', list)
}

function validateIssued(
  status: PodCertificateStatus,
  spec: PodCertificateSpec,
  now: number,
  errors: FieldErrors,
): void {
  const chain = status.certificateChain ?? ''
  if (byteLength(chain) > maxChain) {
    errors.tooLong(chainAt, maxChain)
    return
  }
  const [leafBlock, ...others] = pemBlocks(chain)
  const leaf = readLeaf(leafBlock)
  if (typeof leaf === 'string') {
    errors.invalid(chainAt, chain, leaf)
    return
  }
  validateNames(leaf.names, errors)
  const { certificate } = leaf
  if (!isSameKey(requestedKey(spec), certificate.publicKey))
    errors.invalid(chainAt, chain, 'leaf certificate was not issued to the requested public key')
  else if (requireTimes(status, errors)) {
    const wrong = wrongWithTimes(status, certificate, spec, now)
    if (wrong !== undefined) errors.invalid(...wrong)
    else validateIntermediates(chain, others, errors)
  }
}

/** Node compares keys of two types at the cost of the next one that is read: it fails with the error that is left over. */
const isSameKey = (requested: KeyObject | undefined, issued: KeyObject): boolean =>
  requested !== undefined && requested.asymmetricKeyType === issued.asymmetricKeyType && requested.equals(issued)

interface Leaf {
  readonly certificate: X509Certificate
  readonly names: AlternativeNames
}

function readLeaf(block: PemBlock | undefined): Leaf | string {
  if (block === undefined) return 'issued certificate chain must contain at least one certificate'
  if (block.type !== 'CERTIFICATE') return 'issued certificate chain must consist entirely of CERTIFICATE PEM blocks'
  const certificate = parseCertificate(block.bytes)
  const names = certificate && alternativeNames(block.bytes)
  return names ? { certificate, names } : 'leaf certificate does not parse as valid X.509'
}

function validateNames({ dns, emails }: AlternativeNames, errors: FieldErrors): void {
  for (const name of dns) {
    if (name === '') errors.invalid(chainAt, name, 'leaf certificate should not contain empty DNSName')
    if (name.includes('..')) errors.invalid(chainAt, name, "leaf certificate's DNSName should not contain '..'")
    if (name.startsWith('.') || name.endsWith('.'))
      errors.invalid(chainAt, name, "leaf certificate's DNSName should not start or end with '.'")
  }
  for (const email of emails)
    if (!isMailAddress(email))
      errors.invalid(chainAt, email, 'leaf certificate should not contain invalid EmailAddress')
}

function requireTimes({ notBefore, notAfter, beginRefreshAt }: PodCertificateStatus, errors: FieldErrors): boolean {
  const consistent = 'must be present and consistent with the issued certificate'
  if (!notBefore) errors.required('status.notBefore', consistent)
  if (!notAfter) errors.required('status.notAfter', consistent)
  if (!beginRefreshAt)
    errors.required('status.beginRefreshAt', 'must be present and in the range [notbefore+10min, notafter-10min]')
  return errors.empty
}

/** The first thing wrong: field, value, detail. */
function wrongWithTimes(
  status: PodCertificateStatus,
  leaf: X509Certificate,
  { maxExpirationSeconds: max = 0 }: PodCertificateSpec,
  now: number,
): [string, string | number, string] | undefined {
  const { notBefore = '', notAfter = '', beginRefreshAt = '' } = status
  const from = Date.parse(notBefore)
  const to = Date.parse(notAfter)
  const refresh = Date.parse(beginRefreshAt)
  const lifetime = Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)
  const nanoseconds = lifetime * 1_000_000
  if (from !== Date.parse(leaf.validFrom))
    return ['status.notBefore', notBefore, 'must be set to the NotBefore time encoded in the leaf certificate']
  if (Math.abs(from - now) >= 5 * minute)
    return ['status.notBefore', notBefore, "must be set to within 5 minutes of kube-apiserver's current time"]
  if (to !== Date.parse(leaf.validTo))
    return ['status.notAfter', notAfter, 'must be set to the NotAfter time encoded in the leaf certificate']
  if (lifetime < 60 * minute) return [chainAt, nanoseconds, 'leaf certificate lifetime must be >= 1 hour']
  if (lifetime > max * 1000)
    return [chainAt, nanoseconds, `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${max})`]
  if (refresh < from + 10 * minute)
    return ['status.beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes after status.notBefore']
  if (refresh > to - 10 * minute)
    return ['status.beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes before status.notAfter']
  return undefined
}

function validateIntermediates(chain: string, blocks: readonly PemBlock[], errors: FieldErrors): void {
  for (const { type, bytes } of blocks) {
    const wrong =
      type !== 'CERTIFICATE'
        ? 'issued certificate chain must consist entirely of CERTFICATE PEM blocks'
        : parseCertificate(bytes) === undefined
          ? 'intermediate certificate does not parse as valid X.509'
          : undefined
    if (wrong === undefined) continue
    errors.invalid(chainAt, chain, wrong)
    return
  }
}
