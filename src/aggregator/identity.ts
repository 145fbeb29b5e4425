import type { OutgoingHttpHeaders } from 'node:http'
import type { UserInfo } from '../http/index.js'

/**
 * The headers by which a front proxy says for whom it asks. Source: client-go transport, SetAuthProxyHeaders.
 *
 * @throws Error with Go's words if a value cannot be in a header
 */
export function identityHeaders({ name, uid, groups, extra = {} }: UserInfo, withUid: boolean): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'x-remote-user': onWire('X-Remote-User', name) }
  if (withUid && uid !== undefined && uid !== '') headers['x-remote-uid'] = onWire('X-Remote-Uid', uid)
  if (groups.length > 0) headers['x-remote-group'] = groups.map((group) => onWire('X-Remote-Group', group))
  for (const [key, values] of Object.entries(extra)) {
    const header = `X-Remote-Extra-${escapeKey(key)}`
    if (values.length > 0) headers[header.toLowerCase()] = values.map((value) => onWire(header, value))
  }
  return headers
}

/** Names of headers are ASCII, without what separates. */
const escapeKey = (key: string): string =>
  Array.from(Buffer.from(key), (byte) => {
    const char = String.fromCharCode(byte)
    return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')

/** UTF-8, which Node is told of byte by byte. */
function onWire(header: string, value: string): string {
  const bytes = Buffer.from(value).toString('latin1')
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f)
      throw new Error(`net/http: invalid header field value for ${JSON.stringify(header)}`)
  }
  return bytes
}
