import { quote } from '../../api/index.js'
import { CelError } from '../values.js'
import { ipLiteralError } from './netip.js'

/** A URL as Go's net/url reads it. Texts are as written or decoded, as Go has them. */
export interface GoUrl {
  readonly scheme: string
  /** Of `mailto:someone`, which has no path. */
  readonly opaque: string
  /** As written, before the `@`; undefined: none. */
  readonly user: string | undefined
  /** With the port, decoded. */
  readonly host: string
  readonly escapedPath: string
  readonly query: string
  /** A `?` with nothing behind it. */
  readonly emptyQuery: boolean
  /** Escaped. */
  readonly fragment: string
}

/**
 * Reads an absolute URL or path.
 * @throws CelError with Go's text of url.ParseRequestURI
 */
export function parseRequestUrl(text: string): GoUrl {
  checkRequestUrl(text)
  const hash = text.indexOf('#')
  const before = hash < 0 ? text : text.slice(0, hash)
  const url = parseFor(before, before, false)
  const fragment = hash < 0 ? '' : text.slice(hash + 1)
  if (fragment === '') return url
  try {
    const decoded = decodeText(fragment, 'fragment')
    return { ...url, fragment: isEncoded(fragment, 'fragment') ? fragment : encodeText(decoded, 'fragment') }
  } catch (error) {
    throw inParse(error, text)
  }
}

/** @throws CelError if it is not one; a fragment counts as part of the path or query here */
export function checkRequestUrl(text: string): void {
  parseFor(text, text, true)
}

export function hostname({ host }: GoUrl): string {
  const { name } = splitPort(host)
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
}

export const port = ({ host }: GoUrl): string => splitPort(host).port

/** Parameters in the order of their first use, all values of each. What cannot be decoded is left out. */
export function queryOf({ query }: GoUrl): Map<string, string[]> {
  const values = new Map<string, string[]>()
  const parts = query.split('&')
  if (parts.length > 10_000) return values
  for (const part of parts) {
    if (part === '' || part.includes(';')) continue
    const equals = part.indexOf('=')
    try {
      const name = decodeText(equals < 0 ? part : part.slice(0, equals), 'query')
      const value = equals < 0 ? '' : decodeText(part.slice(equals + 1), 'query')
      const known = values.get(name)
      if (known === undefined) values.set(name, [value])
      else known.push(value)
    } catch (error) {
      if (!(error instanceof CelError)) throw error
    }
  }
  return values
}

/** The text that Go would write: URLs with the same are equal. */
export function urlText(url: GoUrl): string {
  let out = url.scheme === '' ? '' : `${url.scheme}:`
  if (url.opaque !== '') out += url.opaque
  else {
    if (url.host !== '' || url.user !== undefined) {
      out += '//'
      if (url.user !== undefined)
        out += `${url.user
          .split(':')
          .map((part) => encodeText(decodeText(part, 'user'), 'user'))
          .join(':')}@`
      out += encodeText(url.host, 'host')
    }
    out += url.escapedPath
  }
  if (url.emptyQuery || url.query !== '') out += `?${url.query}`
  return url.fragment === '' ? out : `${out}#${url.fragment}`
}

function parseFor(text: string, whole: string, viaRequest: boolean): GoUrl {
  try {
    return parse(text, viaRequest)
  } catch (error) {
    throw inParse(error, whole)
  }
}

const inParse = (error: unknown, text: string): unknown =>
  error instanceof CelError ? new CelError(`parse ${quote(text)}: ${error.message}`) : error

const fail = (why: string): never => {
  throw new CelError(why)
}

const nothing: GoUrl = {
  scheme: '',
  opaque: '',
  user: undefined,
  host: '',
  escapedPath: '',
  query: '',
  emptyQuery: false,
  fragment: '',
}

function parse(text: string, viaRequest: boolean): GoUrl {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is those that are looked for
  if (/[\x00-\x1f\x7f]/.test(text)) return fail('net/url: invalid control character in URL')
  if (text === '' && viaRequest) return fail('empty url')
  if (text === '*') return { ...nothing, escapedPath: '*' }
  if (text.startsWith(':')) return fail('missing protocol scheme')
  const written = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1]
  const scheme = written?.toLowerCase() ?? ''
  let rest = written === undefined ? text : text.slice(written.length + 1)
  const mark = rest.indexOf('?')
  const emptyQuery = mark >= 0 && mark === rest.length - 1
  const query = mark < 0 ? '' : rest.slice(mark + 1)
  if (mark >= 0) rest = rest.slice(0, mark)
  const base = { ...nothing, scheme, query, emptyQuery }
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...base, opaque: rest }
    if (viaRequest) return fail('invalid URI for request')
    if (rest.split('/', 1)[0]!.includes(':')) return fail('first path segment in URL cannot contain colon')
  }
  let authority: Pick<GoUrl, 'user' | 'host'> = { user: undefined, host: '' }
  if ((scheme !== '' || (!viaRequest && !rest.startsWith('///'))) && rest.startsWith('//')) {
    const end = rest.indexOf('/', 2)
    authority = parseAuthority(scheme, end < 0 ? rest.slice(2) : rest.slice(2, end))
    rest = end < 0 ? '' : rest.slice(end)
  }
  return { ...base, ...authority, escapedPath: escapedPath(rest) }
}

function escapedPath(path: string): string {
  const decoded = decodeText(path, 'path')
  if (isEncoded(path, 'path')) return path
  return decoded === '*' ? '*' : encodeText(decoded, 'path')
}

function parseAuthority(scheme: string, authority: string): Pick<GoUrl, 'user' | 'host'> {
  const at = authority.lastIndexOf('@')
  const host = parseHost(scheme, authority.slice(at + 1))
  if (at < 0) return { user: undefined, host }
  const user = authority.slice(0, at)
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user)) return fail('net/url: invalid userinfo')
  const colon = user.indexOf(':')
  for (const part of colon < 0 ? [user] : [user.slice(0, colon), user.slice(colon + 1)]) decodeText(part, 'user')
  return { user, host }
}

function parseHost(scheme: string, host: string): string {
  const open = host.lastIndexOf('[')
  if (open > 0) return fail('invalid IP-literal')
  if (open === 0) {
    const close = host.lastIndexOf(']')
    if (close < 0) return fail("missing ']' in host")
    checkPort(host.slice(close + 1))
    const literal = host.slice(1, close)
    const zone = literal.indexOf('%25')
    const name =
      zone < 0
        ? decodeText(literal, 'host')
        : decodeText(literal.slice(0, zone), 'host') + decodeText(literal.slice(zone), 'zone')
    const wrong = ipLiteralError(name)
    if (wrong !== undefined) return fail(wrong)
    return `[${name}]${decodeText(host.slice(close + 1), 'host')}`
  }
  const first = host.indexOf(':')
  if (first >= 0) {
    // Other schemes may have colons in their host names.
    const isHttp = scheme === 'http' || scheme === 'https'
    checkPort(host.slice(isHttp ? first : host.lastIndexOf(':')))
  }
  return decodeText(host, 'host')
}

function checkPort(port: string): void {
  if (port !== '' && !/^:[0-9]*$/.test(port)) fail(`invalid port ${quote(port)} after host`)
}

function splitPort(host: string): { name: string; port: string } {
  const colon = host.lastIndexOf(':')
  if (colon < 0 || !/^:[0-9]*$/.test(host.slice(colon))) return { name: host, port: '' }
  return { name: host.slice(0, colon), port: host.slice(colon + 1) }
}

/** Which part of a URL is read or written: what may stand there unescaped differs. */
type Part = 'path' | 'host' | 'zone' | 'user' | 'query' | 'fragment'

const plain: Readonly<Record<Part, RegExp>> = {
  path: /[A-Za-z0-9\-_.~$&+,/:;=@]/,
  host: /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/,
  zone: /[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"]/,
  user: /[A-Za-z0-9\-_.~$&+,;=]/,
  query: /[A-Za-z0-9\-_.~]/,
  fragment: /[A-Za-z0-9\-_.~$&+,/:;=?@!()*]/,
}

/** Whether every character that has to be is escaped; some that Go would escape may stand too. */
const isEncoded = (text: string, part: 'path' | 'fragment'): boolean =>
  part === 'path'
    ? /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/.test(text)
    : /^[A-Za-z0-9\-_.~$&+,/:;=?@!'()*[\]%]*$/.test(text)

/** @throws CelError */
function decodeText(text: string, part: Part): string {
  const isHost = part === 'host' || part === 'zone'
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text)
  // Errors are told from the left.
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '%') {
      const written = text.slice(i, i + 3)
      if (bad?.index === i) fail(`invalid URL escape ${quote(written)}`)
      const code = Number.parseInt(written.slice(1), 16)
      const refused =
        part === 'host'
          ? code < 0x80 && written !== '%25'
          : part === 'zone' && written !== '%25' && code !== 0x20 && !plain.host.test(String.fromCharCode(code))
      if (refused) fail(`invalid URL escape ${quote(written)}`)
      i += 2
    } else if (isHost && char < '\x80' && !plain[part].test(char)) fail(`invalid character ${quote(char)} in host name`)
  }
  const spaced = part === 'query' ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  const bytes = Buffer.from(spaced).toString('latin1')
  const decoded = bytes.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(decoded, 'latin1').toString()
}

function encodeText(text: string, part: Part): string {
  let out = ''
  for (const byte of Buffer.from(text)) {
    const char = String.fromCharCode(byte)
    out += plain[part].test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return out
}
