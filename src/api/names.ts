/**
 * Formats of names and other short texts. Every function gives the list of what is wrong, empty if nothing, in upstream's
 * words (apimachinery pkg/util/validation and pkg/api/validate/content), ready to be the detail of an "Invalid value".
 */

/** Compiled once: a pattern as messages tell it and as it is matched. */
interface Format {
  readonly pattern: string
  readonly whole: RegExp
  readonly message: string
}

const format = (text: string, pattern: string, ...examples: string[]): Format => ({
  pattern,
  whole: new RegExp(`^${pattern}$`),
  message: regexError(text, pattern, ...examples),
})

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label}(\\.${label})*`
const underscoreLabel = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'

const dns1123Label = format(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  label,
  'my-name',
  '123-abc',
)
const dns1123Subdomain = format(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  'example.com',
)
const caselessMessage = regexError(
  "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  'Example.com',
)
const subdomainWithUnderscore = format(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  `${underscoreLabel}(\\.${underscoreLabel})*`,
  'example.com',
)
const dns1035Label = format(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  'my-name',
  'abc-123',
)
const wildcard = format(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  `\\*\\.${subdomain}`,
  '*.example.com',
)
const cIdentifier = format(
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  '[A-Za-z_][A-Za-z0-9_]*',
  'my_name',
  'MY_NAME',
  'MyName',
)
const percentage = format(
  "a valid percent string must be a numeric string followed by an ending '%'",
  '[0-9]+%',
  '1%',
  '93%',
)
const headerName = format(
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  '[-A-Za-z0-9]+',
  'X-Header-Name',
)
const strictEnvName = format(
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  '[-._a-zA-Z][-._a-zA-Z0-9]*',
  'my.env-name',
  'MY_ENV.NAME',
  'MyEnvName1',
)
const configKey = format(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  '[-._a-zA-Z0-9]+',
  'key.name',
  'KEY_NAME',
  'key-name',
)
const httpPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/
const httpPathMessage = regexError('Invalid path', "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+")

const conditionReason = format(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?',
  'my_name',
  'MY_NAME',
  'MyName',
  'ReasonA,ReasonB',
  'ReasonA:ReasonB',
)

/** A label of a DNS name, 63 characters: pod template names, namespaces, container names. */
export function isDns1123Label(value: string): string[] {
  const wrong = tooLong(value, 63)
  if (!dns1123Label.whole.test(value)) {
    wrong.push(dns1123Subdomain.whole.test(value) ? 'must not contain dots' : dns1123Label.message)
  }
  return wrong
}

/** A DNS name, 253 characters: most object names. */
export const isDns1123Subdomain = (value: string): string[] => check(value, dns1123Subdomain, 253)

/** Declarative validation tells lengths in bytes. */
const inBytes = (wrong: readonly string[]): string[] =>
  wrong.map((text) => text.replace(/(no more than \d+) characters$/, '$1 bytes'))

/** The formats of declarative validation: apimachinery pkg/api/validate/content. */
export const isShortName = (value: string): string[] => inBytes(isDns1123Label(value))
export const isLongName = (value: string): string[] => inBytes(isDns1123Subdomain(value))

/** Upper case allowed: DRA and CSI driver names as declarative validation checks them. */
export function isDns1123SubdomainCaseless(value: string): string[] {
  const wrong = byteLength(value) > 253 ? ['must be no more than 253 bytes'] : []
  if (!dns1123Subdomain.whole.test(value.toLowerCase()) || nonAscii.test(value)) wrong.push(caselessMessage)
  return wrong
}

/** Search domains of a pod's DNS configuration. */
export const isDns1123SubdomainWithUnderscore = (value: string): string[] => check(value, subdomainWithUnderscore, 253)

/** A label that starts with a letter: service names. */
export const isDns1035Label = (value: string): string[] => check(value, dns1035Label, 63)

export const isWildcardDns1123Subdomain = (value: string): string[] => check(value, wildcard, 253)

/** What may stand as one segment of a URL path: names of RBAC objects. */
export function isPathSegmentName(value: string): string[] {
  return value === '.' || value === '..' ? [`may not be '${value}'`] : isPathSegmentPrefix(value)
}

export function isPathSegmentPrefix(value: string): string[] {
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`)
}

export const isCIdentifier = (value: string): string[] => check(value, cIdentifier)

/** Environment variable names as 1.36 takes them: printable ASCII without `=`. */
export function isEnvVarName(value: string): string[] {
  const wrong = value === '' ? ['environment variable name must be non-empty'] : []
  if (!/^[ -<>-~]*$/.test(value)) {
    wrong.push("a valid environment variable name must consist only of printable ASCII characters other than '='")
  }
  return wrong
}

/** Environment variable names before they were relaxed; `envFrom` prefixes of files still use it. */
export const isStrictEnvVarName = (value: string): string[] => [...check(value, strictEnvName), ...parentPath(value)]

export const isConfigMapKey = (value: string): string[] => [...check(value, configKey, 253), ...parentPath(value)]

/** An IANA service name: names of ports. */
export function isPortName(value: string): string[] {
  const wrong = tooLong(value, 15)
  if (!/^[-a-z0-9]+$/.test(value)) wrong.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(value)) wrong.push('must contain at least one letter (a-z)')
  if (value.includes('--')) wrong.push('must not contain consecutive hyphens')
  if (/^-|-$/.test(value)) wrong.push('must not begin or end with a hyphen')
  return wrong
}

export const isHttpHeaderName = (value: string): string[] => check(value, headerName)

/** `42%`. */
export const isPercent = (value: string): string[] => check(value, percentage)

/** The reason of a metav1.Condition; its length is not looked at. */
export const isConditionReason = (value: string): string[] => check(value, conditionReason)

/** The part of a domain-prefixed path (`acme.io/foo`) behind the slash. */
export const isHttpPath = (value: string): string[] => (httpPath.test(value) ? [] : [httpPathMessage])

export const isDecimalInteger = (value: string): string[] =>
  value === ''
    ? ['must be non-empty']
    : /^(?:0|-?[1-9][0-9]*)$/.test(value)
      ? []
      : ['must be a valid decimal integer in canonical form']

export const isPortNumber = (value: number | bigint): string[] => isInRange(value, 1, 65535)

export const isInRange = (value: number | bigint, min: number, max: number): string[] =>
  value >= min && value <= max ? [] : [`must be between ${min} and ${max}, inclusive`]

/**
 * How the name of an object is checked. `prefix` is true for a generateName, to which something will be appended, so that a
 * dash at its end is fine.
 */
export type NameCheck = (name: string, prefix: boolean) => readonly string[]

/** The rules that kinds name in their `name` member. */
export const nameRules = {
  dns1123Subdomain: (name, prefix) => isDns1123Subdomain(prefix ? maskTrailingDash(name) : name),
  dns1123Label: (name, prefix) => isDns1123Label(prefix ? maskTrailingDash(name) : name),
  dns1035Label: (name, prefix) => isDns1035Label(prefix ? maskTrailingDash(name) : name),
  pathSegment: (name, prefix) => (prefix ? isPathSegmentPrefix(name) : isPathSegmentName(name)),
} as const satisfies Record<string, NameCheck>

/** `text (e.g. 'a',  or 'b', regex used for validation is 'pattern')`: upstream's odd spacing included. */
export function regexError(text: string, pattern: string, ...examples: readonly string[]): string {
  const such = examples.map((example) => `'${example}', `).join(' or ')
  return `${text} (${such === '' ? '' : `e.g. ${such}`}regex used for validation is '${pattern}')`
}

/** Go's len() of a string. */
export const byteLength = (value: string): number => Buffer.byteLength(value)

// biome-ignore lint/suspicious/noControlCharactersInRegex: everything outside ASCII is meant
const nonAscii = /[^\u0000-\u007f]/

function check(value: string, { whole, message }: Format, max = Number.POSITIVE_INFINITY): string[] {
  const wrong = tooLong(value, max)
  if (!whole.test(value)) wrong.push(message)
  return wrong
}

const tooLong = (value: string, max: number): string[] =>
  value.length > max || byteLength(value) > max ? [`must be no more than ${max} characters`] : []

/** Upstream puts the "a" in place of the dash and of the character before it. */
const maskTrailingDash = (name: string): string =>
  name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name

function parentPath(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}
