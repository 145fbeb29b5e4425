import { child, type FieldErrors } from '../field-errors.js'
import { type Cidr, parseCidr, parseIp } from '../ip.js'
import { isQualifiedName } from '../labels.js'
import { isDns1123Label, isDns1123Subdomain, isHttpPath, isPortNumber } from '../names.js'
import { quote } from '../quote.js'
import { invalidEach, required } from './scalars.js'

/** Words about addresses, domains and URLs. Conventions: scalars.ts. */

export interface LegacyOptions {
  /** The gate StrictIPCIDRValidation, on by default since 1.36: ask the rules' context. */
  readonly strict?: boolean
  /** Values that were stored before and stay valid. */
  readonly old?: readonly string[]
}

/** An IP address in a field of the new kind: canonical only. */
export function ipAddress(errors: FieldErrors, path: string, value: string): boolean {
  const ip = parseIp(value)
  if (!ipOk(errors, path, value, true)) return false
  if (ip?.canonical === value) return true
  errors.invalid(path, value, `must be in canonical form (${quote(ip?.canonical ?? '')})`)
  return false
}

/** An IP address in a field that has always taken odd forms. */
export const legacyIpAddress = (
  errors: FieldErrors,
  path: string,
  value: string,
  options: LegacyOptions = {},
): boolean => (options.old?.includes(value) ?? false) || ipOk(errors, path, value, options.strict ?? false)

/** A CIDR block in a field of the new kind: canonical only. */
export function cidr(errors: FieldErrors, path: string, value: string): boolean {
  const block = parseCidr(value)
  if (!cidrOk(errors, path, value, true)) return false
  if (block?.canonical === value) return true
  errors.invalid(path, value, `must be in canonical form (${quote(block?.canonical ?? '')})`)
  return false
}

/** A CIDR block in a field that has always taken odd forms. */
export const legacyCidr = (errors: FieldErrors, path: string, value: string, options: LegacyOptions = {}): boolean =>
  (options.old?.includes(value) ?? false) || cidrOk(errors, path, value, options.strict ?? false)

/** Warnings for an address that a legacy field takes. */
export function ipWarnings(path: string, value: string): string[] {
  const ip = parseIp(value)
  if (ip === undefined || ip.canonical === value) return []
  if (ip.leadingZeros || ip.mapped) {
    return [`${path}: non-standard IP address ${quote(value)} is invalid: use ${quote(ip.canonical)}`]
  }
  return [`${path}: IPv6 address ${quote(value)} should be in RFC 5952 canonical format (${quote(ip.canonical)})`]
}

/** Warnings for a block that a legacy field takes. */
export function cidrWarnings(path: string, value: string): string[] {
  const block = parseCidr(value)
  if (block === undefined) return []
  const warnings: string[] = []
  const canonical = quote(block.canonical)
  if (block.hostBits) {
    const single = quote(`${block.address.canonical}/${block.address.family === 6 || block.mapped ? 128 : 32}`)
    warnings.push(
      `${path}: CIDR value ${quote(value)} is ambiguous in this context (should be ${canonical} or ${single}?)`,
    )
  }
  if (block.leadingZeros || block.mapped) {
    warnings.push(`${path}: non-standard CIDR value ${quote(value)} is invalid: use ${canonical}`)
  }
  if (warnings.length === 0 && block.address.family === 6 && block.canonical !== value) {
    warnings.push(`${path}: IPv6 CIDR value ${quote(value)} should be in RFC 5952 canonical format (${canonical})`)
  }
  return warnings
}

/** An address with a prefix, host bits allowed: those of network devices. */
export function interfaceAddress(errors: FieldErrors, path: string, value: string): boolean {
  const block = parseCidr(value)
  if (block === undefined) {
    errors.invalid(path, value, 'must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)')
    return false
  }
  const canonical = `${block.address.canonical}/${interfacePrefix(block, value)}`
  if (canonical === value) return true
  errors.invalid(path, value, `must be in canonical form (${quote(canonical)})`)
  return false
}

/** A DNS name of three labels or more: driver and signer names. */
export function fullyQualifiedName(errors: FieldErrors, path: string, name: string): boolean {
  if (!required(errors, path, name)) return false
  const wrong = isDns1123Subdomain(name)
  if (wrong.length > 0) errors.invalid(path, name, wrong.join(','))
  else if (name.split('.').length < 3) {
    errors.invalid(path, name, 'should be a domain with at least three segments separated by dots')
  } else return true
  return false
}

/** A DNS name of two labels or more; a dot at its end is fine. */
export function fullyQualifiedDomainName(errors: FieldErrors, path: string, value: string): boolean {
  if (!required(errors, path, value)) return false
  const name = value.endsWith('.') ? value.slice(0, -1) : value
  const wrong = isDns1123Subdomain(name)
  if (wrong.length > 0) {
    errors.invalid(path, name, wrong.join(','))
    return false
  }
  const labels = name.split('.')
  if (labels.length < 2) {
    errors.invalid(path, name, 'should be a domain with at least two segments separated by dots')
    return false
  }
  const bad = labels.find((label) => isDns1123Label(label).length > 0)
  if (bad !== undefined) errors.invalid(path, bad, isDns1123Label(bad).join(','))
  return bad === undefined
}

/** `acme.io/foo`, where what follows is a path. */
export function domainPrefixedPath(errors: FieldErrors, path: string, value: string): boolean {
  if (!required(errors, path, value)) return false
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) {
    errors.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')
    return false
  }
  const host = value.slice(0, slash)
  const rest = value.slice(slash + 1)
  const hostOk = invalidEach(errors, path, host, isDns1123Subdomain(host))
  return invalidEach(errors, path, rest, isHttpPath(rest)) && hostOk
}

/** `acme.io/foo`, where what follows is a name. */
export function qualifiedKey(errors: FieldErrors, path: string, value: string): boolean {
  if (!required(errors, path, value)) return false
  if (!invalidEach(errors, path, value, isQualifiedName(value))) return false
  if (value.includes('/')) return true
  errors.invalid(path, value, 'must be a domain-prefixed key (such as "acme.io/foo")')
  return false
}

const form = '; desired format: https://host[/path]'

/** The URL of a webhook: https, a host, no user, query or fragment. */
export function webhookUrl(errors: FieldErrors, path: string, value: string, { forceHttps = true } = {}): void {
  const url = splitUrl(value)
  if (typeof url === 'string') {
    errors.required(path, `url must be a valid URL: parse ${quote(value)}: ${url}${form}`)
    return
  }
  if (forceHttps && url.scheme !== 'https') {
    errors.invalid(path, url.scheme, `'https' is the only allowed URL scheme${form}`)
  }
  if (url.host === '') errors.invalid(path, url.host, `host must be specified${form}`)
  if (url.user !== undefined) errors.invalid(path, url.user, 'user information is not permitted in the URL')
  if (url.fragment !== '') errors.invalid(path, url.fragment, 'fragments are not permitted in the URL')
  if (url.query !== '') errors.invalid(path, url.query, 'query parameters are not permitted in the URL')
}

export interface WebhookService {
  readonly namespace?: string
  readonly name?: string
  readonly path?: string | null
  readonly port?: number | null
}

/** A webhook behind a service. Defaults are filled in: an absent port is 0. */
export function webhookService(errors: FieldErrors, path: string, service: WebhookService): void {
  required(errors, child(path, 'name'), service.name)
  required(errors, child(path, 'namespace'), service.namespace)
  const port = service.port ?? 0
  const wrongPort = isPortNumber(port)
  if (wrongPort.length > 0) errors.invalid(child(path, 'port'), port, `port is not valid: ${wrongPort.join(', ')}`)

  const at = child(path, 'path')
  const url = service.path ?? ''
  if (url === '' || url === '/') return
  if (url === '//') {
    errors.invalid(at, url, 'segment[0] may not be empty')
    return
  }
  if (!url.startsWith('/')) errors.invalid(at, url, "must start with a '/'")
  const steps = url.slice(1).replace(/\/$/, '').split('/')
  steps.forEach((step, i) => {
    if (step === '') errors.invalid(at, url, `segment[${i}] may not be empty`)
    else for (const wrong of isDns1123Subdomain(step)) errors.invalid(at, url, `segment[${i}]: ${wrong}`)
  })
}

function ipOk(errors: FieldErrors, path: string, value: string, strict: boolean): boolean {
  const ip = parseIp(value)
  if (ip === undefined) {
    errors.invalid(path, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')
    return false
  }
  if (!strict) return true
  if (ip.leadingZeros) errors.invalid(path, value, 'must not have leading 0s')
  else if (ip.mapped) errors.invalid(path, value, 'must not be an IPv4-mapped IPv6 address')
  return !ip.leadingZeros && !ip.mapped
}

function cidrOk(errors: FieldErrors, path: string, value: string, strict: boolean): boolean {
  const block = parseCidr(value)
  if (block === undefined) {
    errors.invalid(path, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')
    return false
  }
  if (!strict) return true
  const wrong = block.leadingZeros
    ? 'must not have leading 0s in IP or prefix length'
    : block.mapped
      ? 'must not have an IPv4-mapped IPv6 address'
      : block.hostBits
        ? 'must not have bits set beyond the prefix length'
        : undefined
  if (wrong !== undefined) errors.invalid(path, value, wrong)
  return wrong === undefined
}

function interfacePrefix({ address, mapped }: Cidr, value: string): number {
  const written = Number(value.slice(value.indexOf('/') + 1))
  return mapped && address.family === 4 && written > 32 ? written - 96 : written
}

interface UrlParts {
  readonly scheme: string
  readonly host: string
  readonly user: string | undefined
  readonly query: string
  readonly fragment: string
}

/** What Go's url.Parse says of a text that is no URL, undefined if it is one. */
export function urlProblem(value: string): string | undefined {
  const parts = splitUrl(value)
  return typeof parts === 'string' ? `parse ${quote(value)}: ${parts}` : undefined
}

/** As much of Go's url.Parse as webhook URLs need; a string is its error. */
function splitUrl(value: string): UrlParts | string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(value)) return 'net/url: invalid control character in URL'
  if (value.startsWith(':')) return 'missing protocol scheme'
  const [, scheme = '', rest = ''] = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?([\s\S]*)$/.exec(value)!
  const [, beforeFragment = '', fragment = ''] = /^([^#]*)#?([\s\S]*)$/.exec(rest)!
  const [, hierarchy = '', query = ''] = /^([^?]*)\??([\s\S]*)$/.exec(beforeFragment)!
  const badEscape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(`${hierarchy}${fragment}`)
  if (badEscape !== null) return `invalid URL escape ${quote(badEscape[0])}`
  if (!hierarchy.startsWith('//')) {
    if (scheme === '' && hierarchy.split('/')[0]!.includes(':')) return 'first path segment in URL cannot contain colon'
    return { scheme: scheme.toLowerCase(), host: '', user: undefined, query, fragment }
  }
  const authority = /^\/\/([^/]*)/.exec(hierarchy)![1]!
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const port = /:([^\]:]*)$/.exec(host)
  if (port !== null && !/^[0-9]*$/.test(port[1]!)) return `invalid port ${quote(`:${port[1]}`)} after host`
  const space = /[ "<>\\^`{|}]/.exec(host)
  if (space !== null) return `invalid character ${quote(space[0])} in host name`
  return { scheme: scheme.toLowerCase(), host, user: at < 0 ? undefined : authority.slice(0, at), query, fragment }
}
