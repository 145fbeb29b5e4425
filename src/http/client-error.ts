import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

/** What Node's HTTP/1.1 parser tells of a request that it refuses. */
export interface ParseError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
  /** Of the packet, before what is wrong. */
  readonly bytesParsed?: number
}

/** Answers a request that Node's HTTP/1.1 parser refuses, as Go's server would, and closes its connection. */
export function answerClientError(error: ParseError, socket: TLSSocket): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const reason = reasonOf(error)
  socket.write(`HTTP/1.1 ${reason}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${reason}`)
  socket.destroySoon()
}

function reasonOf({ code, rawPacket }: ParseError): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large'
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return '413 Payload Too Large'
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout'
  // of the requests that `unparsedRequest` cannot take
  if (code === 'HPE_INVALID_METHOD' && /^[^ \r\n]+ [^ \r\n]+ HTTP\/1\.1\r\n/.test(String(rawPacket)))
    return '501 Not Implemented'
  return '400 Bad Request'
}

export interface Refusal {
  readonly status: number
  readonly text: string
}

/**
 * What Go's server refuses of an HTTP/1.1 request that Node's parser lets through, before any handler sees it.
 * Source: net/http readRequest and requestTooOld, golang.org/x/net/http/httpguts.
 */
export function refusal(request: IncomingMessage): Refusal | undefined {
  const { httpVersionMajor: major, httpVersionMinor: minor, headers, method } = request
  if (major !== 1) return major === 0 ? badRequest() : { status: 505, text: unsupportedVersion }
  const { host, 'transfer-encoding': encoding } = headers
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') return { status: 501, text: unsupportedEncoding }
  if (host === undefined)
    return minor === 0 || method === 'CONNECT' ? undefined : badRequest(': missing required Host header')
  return hostForm.test(host) ? undefined : badRequest(': malformed Host header')
}

const badRequest = (more = ''): Refusal => ({ status: 400, text: `400 Bad Request${more}` })
const unsupportedEncoding = 'Unsupported transfer encoding'
const unsupportedVersion = '505 HTTP Version Not Supported: unsupported protocol version'
/** RFC 3986, authority, as loosely as Go reads it. */
const hostForm = /^[\w!$%&'()*+,\-.:;=[\]~]*$/
