import {
  child,
  type FieldErrors,
  index,
  invalidEach,
  isDns1123Subdomain,
  isDns1123SubdomainWithUnderscore,
  legacyIpAddress,
} from '../../../api/index.js'
import type { PodValidationOptions } from './options.js'
import type { HostAlias, PodDNSConfig } from './types.js'

const maxNameservers = 3
const maxSearches = 32
const maxSearchCharacters = 2048

/** Source: validatePodDNSConfig. */
export function validateDnsConfig(
  config: PodDNSConfig | undefined,
  policy: string | undefined,
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  const { nameservers = [], searches = [], options: resolver = [] } = config ?? {}
  if (policy === 'None' && !config) {
    errors.required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')
    return
  }
  if (policy === 'None' && nameservers.length === 0) {
    const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
    errors.required(child(path, 'nameservers'), detail)
    return
  }
  if (nameservers.length > maxNameservers) {
    errors.invalid(child(path, 'nameservers'), nameservers, `must not have more than ${maxNameservers} nameservers`)
  }
  nameservers.forEach((address, i) => {
    legacyIpAddress(errors, index(child(path, 'nameservers'), i), address, { strict: options.strictIp })
  })
  const at = child(path, 'searches')
  if (searches.length > maxSearches) {
    errors.invalid(at, searches, `must not have more than ${maxSearches} search paths`)
  }
  if (Buffer.byteLength(searches.join(' ')) > maxSearchCharacters) {
    const detail = `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`
    errors.invalid(at, searches, detail)
  }
  searches.forEach((search, i) => {
    if (search === '.') return
    const name = search.endsWith('.') ? search.slice(0, -1) : search
    invalidEach(errors, index(at, i), name, isDns1123SubdomainWithUnderscore(name))
  })
  resolver.forEach(({ name }, i) => {
    if (!name) errors.required(index(child(path, 'options'), i), 'must not be empty')
  })
}

export function validateHostAliases(
  aliases: readonly HostAlias[],
  path: string,
  errors: FieldErrors,
  options: PodValidationOptions,
): void {
  aliases.forEach(({ ip = '', hostnames = [] }, i) => {
    const at = index(path, i)
    legacyIpAddress(errors, child(at, 'ip'), ip, { strict: options.strictIp })
    hostnames.forEach((name, j) => {
      invalidEach(errors, index(child(at, 'hostnames'), j), name, isDns1123Subdomain(name))
    })
  })
}
