import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { dial, networkErrorText, type ProxyTarget, type RequestContext } from '../../http/index.js'

/** What a client asks for as a WebSocket: its subprotocols, in its order; undefined if it asks for no WebSocket. */
export function webSocketProtocols({ exchange: { headers, protocol } }: RequestContext): string[] | undefined {
  if (protocol !== 'HTTP/1.1' || headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  return String(headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

/** What one message may be large: that of clients is 32 KiB. */
const maxMessageBytes = 16 * 1024 * 1024

/** Agrees to a WebSocket, which says nothing before it is resumed. Undefined: the handshake was wrong, and the client has been told. */
export async function acceptWebSocket(
  { exchange }: RequestContext,
  subprotocol: string,
): Promise<WebSocket | undefined> {
  const raw = exchange.upgrade()
  if (raw === undefined) return undefined
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  })
  // Names with a slash in them, as those of tunnels are, are none to the library.
  const { 'sec-websocket-protocol': _, ...headers } = exchange.headers
  server.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`))
  const { method, path: url } = exchange
  return new Promise((resolve) => {
    server.once('wsClientError', (_, socket) => {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      resolve(undefined)
    })
    server.handleUpgrade({ method, headers, url } as unknown as IncomingMessage, raw.socket, raw.head, (socket) => {
      socket.on('error', () => socket.terminate())
      // Nothing is to be lost before somebody listens.
      socket.pause()
      resolve(socket)
    })
  })
}

/** A connection that a kubelet has agreed to speak SPDY on. */
export interface SpdyUpgrade {
  readonly socket: Duplex
  readonly head: Buffer
  /** What is spoken over it. */
  readonly protocol: string
}

/** Asks a kubelet to speak SPDY. An answer is a refusal. Throws Error if there is no answer. */
export function upgradeToSpdy(
  target: ProxyTarget,
  protocols: readonly string[],
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<SpdyUpgrade | IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = {
      ...headers,
      connection: 'Upgrade',
      upgrade: 'SPDY/3.1',
      'x-stream-protocol-version': [...protocols],
      'content-length': 0,
    }
    const request = dial(target, 'POST', asked, signal)
    request.on('error', (error) => reject(new Error(networkErrorText(error))))
    request.once('response', resolve)
    request.once('upgrade', (answer, socket, head) => {
      const protocol = answer.headers['x-stream-protocol-version'] ?? ''
      resolve({ socket, head, protocol: Array.isArray(protocol) ? (protocol[0] ?? '') : protocol })
    })
    request.end()
  })
}
