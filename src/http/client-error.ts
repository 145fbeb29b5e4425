import type { TLSSocket } from 'node:tls'
import { ApiError } from '../api/index.js'

/** What Node's HTTP/1.1 parser tells of a request that it refuses. */
export interface ParseError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
}

/**
 * Answers a request that Node's HTTP/1.1 parser refuses, and closes its connection: with a code and nothing else, as Node
 * would. A method that the parser does not know is refused as the API refuses those of no use to a resource; nothing is
 * told of the path, since nobody has been authenticated.
 *
 * @param idle whether no other request of the connection waits for its answer
 */
export function answerClientError(error: ParseError, socket: TLSSocket, idle: boolean): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  socket.write(
    idle && isUnknownMethod(error) ? methodNotAllowed() : `HTTP/1.1 ${reasonOf(error)}\r\nConnection: close\r\n\r\n`,
  )
  socket.destroySoon()
}

function reasonOf({ code }: ParseError): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large'
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return '413 Payload Too Large'
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return '408 Request Timeout'
  return '400 Bad Request'
}

/** The packet must begin with a request: what comes behind another one is not looked for. */
const isUnknownMethod = ({ code, rawPacket }: ParseError): boolean =>
  code === 'HPE_INVALID_METHOD' &&
  rawPacket !== undefined &&
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64} \/[!-~]* HTTP\/1\.[01]\r\n/.test(rawPacket.toString('latin1', 0, 16_384))

function methodNotAllowed(): string {
  const message = 'the server does not allow this method on the requested resource'
  const body = `${JSON.stringify(new ApiError('MethodNotAllowed', message, {}).status)}\n`
  return [
    'HTTP/1.1 405 Method Not Allowed',
    'Cache-Control: no-cache, private',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Date: ${new Date().toUTCString()}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
