import { byteLength, dns1123Subdomain, equalJson, type FieldErrors, qualifiedKey } from '../../api/index.js'
import { isKubernetesSigner, validateSignerName } from '../core/pod/signer-names.js'
import { internalForm } from '../internal-form.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'
import { validatePodCertificateKey } from './pod-certificate-key.js'
import { type PodCertificateSpec, validatePodCertificateStatus } from './pod-certificate-status.js'
import { refuseCertificateField } from './refuse-field.js'

const hour = 60 * 60
const maxSeconds = 91 * 24 * hour
const maxKubernetesSeconds = 24 * hour
const maxUid = 128
const maxAnnotations = 256 * 1024

export const podcertificaterequests: ResourceRules = {
  allowUnconditionalUpdate: false,
  // Also what the resource itself puts back: upstream forgot to say so.
  resetFields: { '': [] },
  fields: {
    'spec.signerName': ({ spec }) => spec?.signerName ?? '',
    'spec.podName': ({ spec }) => spec?.podName ?? '',
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
  },
  refuseField: refuseCertificateField,
  refusesNamespaceField: true,
  validate: ({ spec }, errors) => validateSpec(spec ?? {}, errors),
  validateUpdate({ spec }, old, errors) {
    if (equalJson(spec, old.spec)) return
    errors.invalid('spec', internalForm(spec, 'certificates.v1beta1.PodCertificateRequestSpec'), 'field is immutable')
  },
  prepareForStatusUpdate({ metadata }, old) {
    keepMetadata(metadata, old.metadata)
  },
  validateStatusUpdate({ status }, old, errors, { now }) {
    if (errors.empty) validatePodCertificateStatus(status ?? {}, old.status ?? {}, old.spec ?? {}, now(), errors)
  },
}

/** Source: kubernetes pkg/apis/certificates/validation, ValidatePodCertificateRequestCreate. */
function validateSpec(spec: PodCertificateSpec, errors: FieldErrors): void {
  const { signerName = '', maxExpirationSeconds: seconds } = spec
  validateSignerName(signerName, 'spec.signerName', errors)
  validateAnnotations(spec.unverifiedUserAnnotations ?? {}, errors)
  for (const owner of ['pod', 'serviceAccount', 'node'] as const) {
    dns1123Subdomain(errors, `spec.${owner}Name`, spec[`${owner}Name`])
    const uid = spec[`${owner}UID`] ?? ''
    if (uid === '') errors.invalid(`spec.${owner}UID`, uid, 'must not be empty')
    if (byteLength(uid) > maxUid) errors.tooLong(`spec.${owner}UID`, maxUid)
  }
  if (seconds === undefined) {
    errors.required('spec.maxExpirationSeconds', 'must be set')
    return
  }
  const max = isKubernetesSigner(signerName) ? maxKubernetesSeconds : maxSeconds
  if (seconds < hour || seconds > max)
    errors.invalid('spec.maxExpirationSeconds', seconds, `must be in the range [${hour}, ${max}]`)
  validatePodCertificateKey(spec, errors)
}

function validateAnnotations(annotations: Readonly<Record<string, string>>, errors: FieldErrors): void {
  let size = 0
  for (const [key, value] of Object.entries(annotations)) {
    qualifiedKey(errors, 'spec.unverifiedUserAnnotations', key.toLowerCase())
    size += byteLength(key) + byteLength(value)
  }
  if (size > maxAnnotations) errors.tooLong('spec.unverifiedUserAnnotations', maxAnnotations)
}
