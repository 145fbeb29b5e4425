import { isIPv6 } from 'node:net'
import { parseCidr, parseDuration, parseIp } from '../../../api/index.js'

/**
 * The string formats that schemas may name and that are checked; all others are ignored. Names without dashes, as upstream
 * compares them. Source: apiextensions pkg/apiserver/validation/formats.go, kube-openapi pkg/validation/strfmt.
 */
const formats: ReadonlyMap<string, (text: string) => boolean> = new Map<string, (text: string) => boolean>([
  ['bsonobjectid', (text) => /^[0-9a-fA-F]{24}$/.test(text)],
  ['uri', isRequestUri],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', (text) => text.includes('.') && parseIp(text) !== undefined],
  ['ipv6', (text) => text.includes(':') && isIPv6(text) && !text.includes('%')],
  ['cidr', (text) => parseCidr(text) !== undefined],
  ['mac', isMac],
  ['uuid', (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text)],
  ['uuid3', (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(text)],
  ['uuid4', (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text)],
  ['uuid5', (text) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i.test(text)],
  ['isbn', (text) => isIsbn10(text) || isIsbn13(text)],
  ['isbn10', isIsbn10],
  ['isbn13', isIsbn13],
  ['creditcard', isCreditCard],
  ['ssn', (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text)],
  ['hexcolor', (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text)],
  ['rgbcolor', (text) => rgb.test(text)],
  ['byte', (text) => text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)],
  ['password', () => true],
  ['date', isDate],
  ['duration', isDuration],
  ['datetime', isDateTime],
  ['k8sshortname', (text) => text.length <= 63 && shortName.test(text)],
  ['k8slongname', (text) => text.length <= 253 && longName.test(text)],
])

const shortName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/
const longName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/
const channel = '\\s*(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*'
const rgb = new RegExp(`^rgb\\(${channel},${channel},${channel}\\)$`)

/** The check of a format that strings may have; undefined: nothing is checked. */
export const stringFormat = (format: string): ((text: string) => boolean) | undefined =>
  formats.get(format.replaceAll('-', ''))

/** Whether a format means anything for a type (empty: no type, or several). Source: GetUnrecognizedFormats. */
export function isKnownFormat(format: string, type: string): boolean {
  switch (type) {
    case '':
    case 'string':
      return stringFormat(format) !== undefined
    case 'integer':
      return format === 'int32' || format === 'int64'
    case 'number':
      return format === 'float' || format === 'double'
    default:
      return false
  }
}

/** url.ParseRequestURI. */
function isRequestUri(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is those that are looked for
  if (text === '' || /[\x00-\x1f\x7f]/.test(text)) return false
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)
  if (scheme === null && /^[^/?]*:/.test(text)) return false
  const rest = scheme === null ? text : text.slice(scheme[0].length)
  if (!rest.startsWith('/')) return scheme !== null
  if (/%(?![0-9a-fA-F]{2})/.test(rest)) return false
  if (!rest.startsWith('//') || rest.startsWith('///')) return true
  const authority = rest.slice(2).split(/[/?]/, 1)[0]!
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  if (/[ <>"]/.test(host)) return false
  return host.startsWith('[') ? /^\[[^\]]*\](?::\d*)?$/.test(host) : /^[^:]*(?::\d*)?$/.test(host)
}

/** The common part of mail.ParseAddress: an address, or a name with one in angle brackets. */
function isEmail(text: string): boolean {
  if (text.length > 1000) return false
  const angled = /^[^<>@]*<([^<>]*)>$/.exec(text.trim())
  const address = angled === null ? text.trim() : angled[1]!
  const at = address.lastIndexOf('@')
  if (at <= 0) return false
  const [local, domain] = [address.slice(0, at), address.slice(at + 1)]
  const localFits = /^"[^"]*"$/.test(local) || dotAtom.test(local)
  return localFits && (dotAtom.test(domain) || /^\[[^[\]]+\]$/.test(domain))
}

const dotAtom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\uffff-]+)*$/

const hostChar = 'a-zA-Z0-9\\p{S}\\p{L}'
const hostLabel = new RegExp(`^[${hostChar}](?:[${hostChar}-]{0,61}[${hostChar}])?$`, 'u')
const hostAlone = new RegExp(`^[${hostChar}](?:-?[${hostChar}]{0,62})?$`, 'u')

function isHostname(text: string): boolean {
  if (Buffer.byteLength(text) > 255) return false
  const labels = text.split('.')
  if (labels.some((label) => Buffer.byteLength(label) > 63)) return false
  if (labels.length === 1) return hostAlone.test(text)
  const top = labels.pop()!
  return /^[a-zA-Z\p{L}]{2,63}$/u.test(top) && labels.every((label) => hostLabel.test(label))
}

function isMac(text: string): boolean {
  const octets = text.split(text.includes('-') ? '-' : ':')
  if ([6, 8, 20].includes(octets.length)) return octets.every((octet) => /^[0-9a-fA-F]{2}$/.test(octet))
  const words = text.split('.')
  return [3, 4, 10].includes(words.length) && words.every((word) => /^[0-9a-fA-F]{4}$/.test(word))
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  if (!/^(?:[0-9]{9}X|[0-9]{10})$/.test(digits)) return false
  let sum = 0
  for (let i = 0; i < 10; i++) sum += (i + 1) * (digits[i] === 'X' ? 10 : Number(digits[i]))
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]+/g, '')
  if (!/^[0-9]{13}$/.test(digits)) return false
  let sum = 0
  for (let i = 0; i < 12; i++) sum += Number(digits[i]) * (i % 2 === 0 ? 1 : 3)
  return (10 - (sum % 10)) % 10 === Number(digits[12])
}

const card =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|(?:222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11}|6[27][0-9]{14})$/

function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!card.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

function isDate(text: string): boolean {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (parts === null) return false
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])]
  if (month < 1 || month > 12 || day < 1) return false
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!
}

function isDateTime(text: string): boolean {
  if (text.length < 4) return false
  const [date, time] = text.toLowerCase().split('t')
  if (time === undefined || !isDate(date!)) return false
  const parts = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:.[0-9]+)?(?:z|[+-][0-9]{2}:[0-9]{2})$/.exec(time)
  return parts !== null && parts[1]! <= '23' && parts[2]! <= '59' && parts[3]! <= '59'
}

const units = /^(?:ns|nano.*|us|µs|micro.*|ms|milli.*|s|sec.*|m|min.*|h|hr|hour.*|d|day.*|w|wk|week.*)$/i

/** Go's durations, and Scala's: `3 days`. */
function isDuration(text: string): boolean {
  try {
    parseDuration(text)
    return true
  } catch {
    for (const match of text.matchAll(/(\d+)\s*([A-Za-zµ]+)/g)) {
      if (match[1]!.length > 18) return false
      if (units.test(match[2]!)) return true
    }
    return false
  }
}
