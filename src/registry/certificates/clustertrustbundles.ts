import {
  byteLength,
  type FieldErrors,
  immutable,
  type KubeObject,
  type NameCheck,
  nameRules,
  validateObjectMeta,
} from '../../api/index.js'
import { validateSignerName } from '../core/pod/signer-names.js'
import { validateKubeFinalizers } from '../kube-finalizers.js'
import type { ResourceRules } from '../rules.js'
import { parseCertificate } from './certificate.js'
import { pemBlocks } from './pem.js'
import { refuseCertificateField } from './refuse-field.js'

const maxSize = 1024 * 1024
const at = 'spec.trustBundle'

export const clustertrustbundles: ResourceRules = {
  ownMetadata: true,
  allowUnconditionalUpdate: false,
  fields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  refuseField: refuseCertificateField,
  validate(bundle, errors) {
    validateObjectMeta(bundle.metadata, { namespaced: false, name: nameCheck(bundle) }, 'metadata', errors)
    validateKubeFinalizers(bundle.metadata, errors)
    validateSigner(bundle, errors)
    validateTrustBundle(bundle.spec?.trustBundle ?? '', errors)
  },
  validateUpdate(bundle, old, errors) {
    validateObjectMeta(bundle.metadata, { namespaced: false, name: nameCheck(bundle) }, 'metadata', errors)
    validateSigner(bundle, errors)
    if (bundle.spec?.trustBundle !== old.spec?.trustBundle) validateTrustBundle(bundle.spec?.trustBundle ?? '', errors)
    immutable(errors, 'spec.signerName', bundle.spec?.signerName ?? '', old.spec?.signerName ?? '')
  },
}

/** A bundle of a signer begins with the signer's name, colons for slashes; others have no colon. */
function nameCheck({ spec }: KubeObject): NameCheck {
  const signer: string = spec?.signerName ?? ''
  if (signer === '')
    return (name, prefix) =>
      name.includes(':')
        ? ['ClusterTrustBundle without signer name must not have ":" in its name']
        : nameRules.dns1123Subdomain(name, prefix)
  const wanted = `${signer.replaceAll('/', ':')}:`
  return (name, prefix) =>
    name.startsWith(wanted)
      ? nameRules.dns1123Subdomain(name.slice(wanted.length), prefix)
      : [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${wanted}`]
}

function validateSigner({ spec }: KubeObject, errors: FieldErrors): void {
  if (spec?.signerName) validateSignerName(spec.signerName, 'spec.signerName', errors)
}

/** Source: kubernetes pkg/apis/certificates/validation, validateTrustBundle. */
function validateTrustBundle(bundle: string, errors: FieldErrors): void {
  if (byteLength(bundle) > maxSize) {
    errors.tooLong(at, maxSize)
    return
  }
  const anchors = new Map<string, number[]>()
  let malformed = false
  let i = -1
  for (const { type, hasHeaders, bytes } of pemBlocks(bundle)) {
    i++
    const wrong = wrongWithAnchor(type, hasHeaders, bytes)
    if (wrong !== undefined) {
      malformed = true
      errors.invalid(at, '<value omitted>', `entry ${i} ${wrong}`)
      continue
    }
    const key = bytes.toString('base64')
    const indices = anchors.get(key)
    if (indices === undefined) anchors.set(key, [i])
    else indices.push(i)
  }
  if (malformed) return
  if (anchors.size === 0) errors.invalid(at, '<value omitted>', 'at least one trust anchor must be provided')
  for (const indices of anchors.values())
    if (indices.length > 1)
      errors.invalid(at, '<value omitted>', `duplicate trust anchor (indices [${indices.join(' ')}])`)
}

function wrongWithAnchor(type: string, hasHeaders: boolean, bytes: Buffer): string | undefined {
  if (type !== 'CERTIFICATE') return `has bad block type: ${type}`
  if (hasHeaders) return 'has PEM block headers'
  const certificate = parseCertificate(bytes)
  if (certificate === undefined) return 'does not parse as X.509'
  return certificate.ca ? undefined : 'does not have the CA bit set'
}
