import { byteLength, type FieldErrors, isDns1123Label, isDns1123Subdomain, quote } from '../../../api/index.js'

/** Names of certificate signers and of the bundles they go with. Source: pkg/apis/core/validation/names.go. */
export function validateSignerName(name: string, path: string, errors: FieldErrors): void {
  if (name === '') {
    errors.required(path)
    return
  }
  const segments = name.split('/', 3)
  if (segments.length !== 2) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
    errors.invalid(path, name, detail)
    return
  }
  const [domain = '', own = ''] = segments
  if (byteLength(domain) > maxDomain) errors.tooLong(path, maxDomain)
  const labels = domain.split('.')
  validateLabels(labels, domain, isDns1123Label, path, errors)
  if (labels.length < 2) {
    errors.invalid(path, domain, 'should be a domain with at least two segments separated by dots')
  }
  validateLabels(own.split('.'), own, isDns1123Subdomain, path, errors)
  if (byteLength(name) > maxName) errors.tooLong(path, maxName)
}

export function isKubernetesSigner(name: string): boolean {
  const host = name.split('/', 1)[0]!
  return host === 'kubernetes.io' || host.endsWith('.kubernetes.io')
}

/** A bundle of a signer is named `signer:name` with colons for slashes; one without a signer has no colon. */
export function isClusterTrustBundleName(name: string): string[] {
  return isDns1123Subdomain(name.slice(name.lastIndexOf(':') + 1))
}

const maxDomain = 253
const maxName = maxDomain + 253 + 63 + 1 + 1

/** Stops at the first label that is wrong. */
function validateLabels(
  labels: readonly string[],
  value: string,
  check: (label: string) => readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  for (const label of labels) {
    const wrong = check(label)
    for (const text of wrong) errors.invalid(path, value, `validating label ${quote(label)}: ${text}`)
    if (wrong.length > 0) return
  }
}
