import { domainPrefixedPath, FieldErrors } from '../api/index.js'

/** What is wrong with the extra of an impersonated user, or undefined. Source: apiserver, validateExtra. */
export function explainExtra(extra: ReadonlyMap<string, readonly string[]>): string | undefined {
  for (const [key, values] of extra) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed'
    const errors = new FieldErrors()
    domainPrefixedPath(errors, 'extra.key', key)
    if (!errors.empty) return `impersonating an invalid key in extra is not allowed: ${errors.message}`
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed'
  }
  return undefined
}
