import { child, type FieldErrors, index, isQualifiedName, validateLabelSelector } from '../../../api/index.js'
import { internalForm } from '../../internal-form.js'
import { validateFieldRef, validateResourceRef, volumeFieldPaths } from './field-refs.js'
import type { PodValidationOptions } from './options.js'
import { requireText, validateFileMode, validateKeyToPath, validateLocalNonReservedPath } from './paths.js'
import { isClusterTrustBundleName, isKubernetesSigner, validateSignerName } from './signer-names.js'
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
} from './volume-types.js'

export function validateProjected(
  { defaultMode, sources }: ProjectedVolumeSource,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  validateFileMode(defaultMode, child(path, 'defaultMode'), errors)
  const files = new Files(path, errors)
  sources?.forEach((source, i) => {
    const at = index(child(path, 'sources'), i)
    const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source
    if (secret) validateKeys(secret.name, secret.items, child(at, 'secret'), files, errors)
    if (configMap) validateKeys(configMap.name, configMap.items, child(at, 'configMap'), files, errors)
    for (const file of downwardAPI?.items ?? []) {
      validateDownwardFile(file, child(at, 'downwardAPI'), errors)
      if (file.path) files.add(file.path, file.path)
    }
    if (serviceAccountToken) validateToken(serviceAccountToken, child(at, 'serviceAccountToken'), path, errors, options)
    if (clusterTrustBundle) validateTrustBundle(clusterTrustBundle, child(at, 'clusterTrustBundle'), files, errors)
    if (podCertificate) validateCertificate(podCertificate, child(at, 'podCertificate'), files, errors)
    const kinds = [secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate]
    if (kinds.filter(Boolean).length > 1) errors.forbidden(at, 'may not specify more than 1 volume type per source')
  })
}

/** `path` is that of the volume source, as upstream has it, not that of the file. */
export function validateDownwardFile(file: DownwardAPIVolumeFile, path: string, errors: FieldErrors): void {
  requireText(file.path, path, 'path', errors)
  validateLocalNonReservedPath(file.path ?? '', child(path, 'path'), errors)
  if (file.fieldRef) {
    validateFieldRef(file.fieldRef, volumeFieldPaths, child(path, 'fieldRef'), errors)
    if (file.resourceFieldRef) {
      errors.invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')
    }
  } else if (file.resourceFieldRef) {
    validateResourceRef(file.resourceFieldRef, true, child(path, 'resourceFieldRef'), errors)
  } else {
    errors.required(path, 'one of fieldRef and resourceFieldRef is required')
  }
  validateFileMode(file.mode, child(path, 'mode'), errors)
}

/** The files of one volume: no two may have the same path. */
class Files {
  readonly #taken = new Set<string>()

  constructor(
    readonly path: string,
    readonly errors: FieldErrors,
  ) {}

  add(file: string, told: string): void {
    if (this.#taken.has(file)) this.errors.invalid(this.path, told, 'conflicting duplicate paths')
    this.#taken.add(file)
  }
}

function validateKeys(
  name: string | undefined,
  items: readonly KeyToPath[] | undefined,
  path: string,
  files: Files,
  errors: FieldErrors,
): void {
  requireText(name, path, 'name', errors)
  items?.forEach((item, i) => {
    validateKeyToPath(item, index(child(path, 'items'), i), errors)
    if (item.path) files.add(item.path, name ?? '')
  })
}

function validateToken(
  { expirationSeconds = 0, path: file }: ServiceAccountTokenProjection,
  path: string,
  volumePath: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const at = child(path, 'expirationSeconds')
  if (expirationSeconds < 600) {
    errors.invalid(at, expirationSeconds, 'may not specify a duration less than 10 minutes')
  }
  if (expirationSeconds > 2 ** 32) {
    errors.invalid(at, expirationSeconds, 'may not specify a duration larger than 2^32 seconds')
  }
  if (!file) errors.required(child(volumePath, 'path'))
  else if (!options.nonLocalTokenPath) validateLocalNonReservedPath(file, child(volumePath, 'path'), errors)
}

function validateTrustBundle(
  bundle: ClusterTrustBundleProjection,
  path: string,
  files: Files,
  errors: FieldErrors,
): void {
  const { name, signerName, labelSelector, path: file = '' } = bundle
  if (name !== undefined && signerName !== undefined) {
    const told = internalForm(bundle, 'core.v1.ClusterTrustBundleProjection')
    errors.invalid(path, told, 'only one of name and signerName may be used')
  } else if (name !== undefined) {
    if (name === '') errors.required(child(path, 'name'), 'must be a valid object name')
    for (const wrong of isClusterTrustBundleName(name)) {
      errors.invalid(child(path, 'name'), name, `not a valid clustertrustbundlename: ${wrong}`)
    }
    if (labelSelector) {
      errors.invalid(child(path, 'labelSelector'), labelSelector, 'labelSelector must be unset if name is specified')
    }
  } else if (signerName !== undefined) {
    if (signerName === '') errors.required(child(path, 'signerName'), 'must be a valid signer name')
    validateSignerName(signerName, child(path, 'signerName'), errors)
    validateLabelSelector(labelSelector, errors, child(path, 'labelSelector'))
  } else {
    errors.required(path, 'either name or signerName must be specified')
  }
  requireText(file, path, 'path', errors)
  validateLocalNonReservedPath(file, child(path, 'path'), errors)
  files.add(file, file)
}

const keyTypes = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519']
const day = 24 * 60 * 60

function validateCertificate(
  certificate: PodCertificateProjection,
  path: string,
  files: Files,
  errors: FieldErrors,
): void {
  const { signerName = '', userAnnotations, keyType = '', maxExpirationSeconds } = certificate
  validateSignerName(signerName, child(path, 'signerName'), errors)
  if (userAnnotations) validateUserAnnotations(userAnnotations, child(path, 'userAnnotations'), errors)
  if (!keyTypes.includes(keyType)) errors.notSupportedInOrder(child(path, 'keyType'), keyType, keyTypes)
  if (maxExpirationSeconds !== undefined) {
    const at = child(path, 'maxExpirationSeconds')
    const longest = isKubernetesSigner(signerName) ? day : 91 * day
    if (maxExpirationSeconds < 3600) {
      errors.invalid(at, maxExpirationSeconds, 'if provided, maxExpirationSeconds must be >= 3600')
    }
    if (maxExpirationSeconds > longest) {
      errors.invalid(at, maxExpirationSeconds, `if provided, maxExpirationSeconds must be <= ${longest}`)
    }
  }
  let any = false
  for (const field of ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const) {
    const file = certificate[field]
    if (!file) continue
    any = true
    validateLocalNonReservedPath(file, child(path, field), errors)
    files.add(file, file)
  }
  if (!any) errors.required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath')
}

const annotationsLimit = 256 * 1024

function validateUserAnnotations(
  annotations: Readonly<Record<string, string>>,
  path: string,
  errors: FieldErrors,
): void {
  let size = 0
  for (const [name, value] of Object.entries(annotations)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(value)
    const lower = name.toLowerCase()
    if (lower === '') {
      errors.required(path)
      continue
    }
    const wrong = isQualifiedName(lower)
    for (const text of wrong) errors.invalid(path, lower, text)
    if (wrong.length === 0 && !lower.includes('/')) {
      errors.invalid(path, lower, 'must be a domain-prefixed key (such as "acme.io/foo")')
    }
  }
  if (size > annotationsLimit) errors.tooLong(path, annotationsLimit)
}
