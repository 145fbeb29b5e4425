import type { IncomingHttpHeaders } from 'node:http'
import type { HeaderField, ReceivedField } from './header-table.js'

/**
 * The fields of a request as `node:http` tells headers: in lower case, joined where they are repeated, the first alone where
 * one is all there can be. Pseudo fields are among them.
 *
 * @returns undefined if no request may have these (RFC 9113, 8.2 and 8.3)
 */
export function requestHeaders(fields: readonly ReceivedField[]): IncomingHttpHeaders | undefined {
  const headers: Record<string, string | string[]> = Object.create(null)
  let pseudo = true
  for (const { name, value, malformed } of fields) {
    if (malformed) return undefined
    if (name.charCodeAt(0) === colon) {
      if (!pseudo || !pseudoFields.has(name) || headers[name] !== undefined) return undefined
      headers[name] = value
      continue
    }
    pseudo = false
    if (ofOneConnection.has(name) || (name === 'te' && value !== 'trailers')) return undefined
    const before = headers[name]
    if (before === undefined) headers[name] = name === 'set-cookie' ? [value] : value
    else if (name === 'set-cookie') (before as string[]).push(value)
    else if (!alone.has(name)) headers[name] = `${before as string}${name === 'cookie' ? '; ' : ', '}${value}`
  }
  return isRequest(headers as Record<string, string>) ? headers : undefined
}

/** What may come behind a body: no pseudo fields. */
export const isTrailer = (fields: readonly ReceivedField[]): boolean =>
  fields.every(({ name, malformed }) => !malformed && name.charCodeAt(0) !== colon)

/** The values of one header, in order. Names of users are UTF-8, where fields are bytes. */
export function fieldValues(fields: readonly HeaderField[], wanted: string): string[] {
  const values: string[] = []
  for (const { name, value } of fields) if (name === wanted) values.push(asUtf8(value))
  return values
}

export const asUtf8 = (value: string): string =>
  /[\x80-\xff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value

const colon = 0x3a
const pseudoFields = new Set([':method', ':scheme', ':path', ':authority'])
const ofOneConnection = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])
/** As in `node:http`. */
const alone = new Set(
  (
    'age authorization content-encoding content-language content-length content-location content-md5 content-range ' +
    'content-type date dnt etag expires from host if-match if-modified-since if-none-match if-range if-unmodified-since ' +
    'last-modified location max-forwards proxy-authorization range referer retry-after tk upgrade-insecure-requests ' +
    'user-agent'
  ).split(' '),
)

function isRequest(headers: Record<string, string | undefined>): boolean {
  const { ':method': method, ':scheme': scheme, ':path': path, ':authority': authority } = headers
  if (method === 'CONNECT') return scheme === undefined && path === undefined && authority !== undefined
  if (method === undefined || method === '' || (scheme !== 'https' && scheme !== 'http')) return false
  return path !== undefined && (path.startsWith('/') || path === '*')
}
