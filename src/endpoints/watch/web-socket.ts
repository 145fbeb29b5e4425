import type { IncomingMessage } from 'node:http'
import type { RequestContext, ResponseStream } from '../../http/index.js'

/** Bytes that may wait for a slow client before it is asked to wait. */
const highWater = 1024 * 1024

/**
 * Takes the connection over as a WebSocket if the request asks for one: every write becomes messages, text for each line or
 * binary for each frame. Undefined: an ordinary request. The handshake is answered here; if it is refused there is nothing
 * more to say.
 */
export async function upgradeToWebSocket(
  context: RequestContext,
  isBinary: boolean,
): Promise<ResponseStream | 'refused' | undefined> {
  const { exchange } = context
  if (exchange.headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  const raw = exchange.upgrade()
  if (raw === undefined) return undefined
  const refused = refusal(exchange.headers)
  if (refused !== undefined) {
    raw.socket.end(refused)
    return 'refused'
  }
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: 64 * 1024 })
  const request = {
    method: exchange.method,
    headers: exchange.headers,
    url: exchange.path,
  } as unknown as IncomingMessage
  return new Promise((resolve) => {
    server.handleUpgrade(request, raw.socket, raw.head, (socket) => {
      socket.on('error', () => socket.terminate())
      resolve({
        get buffered() {
          return socket.bufferedAmount
        },
        write(chunk) {
          if (isBinary) for (const frame of framesOf(chunk)) socket.send(frame)
          else for (const line of chunk.toString().split('\n')) if (line !== '') socket.send(`${line}\n`)
          return socket.bufferedAmount < highWater
        },
        drained: () =>
          new Promise((done) => {
            const look = () =>
              socket.bufferedAmount < highWater || socket.readyState !== socket.OPEN
                ? done()
                : void setTimeout(look, 20)
            look()
          }),
        end: () => socket.close(1000),
      })
    })
  })
}

/**
 * Upstream's watches ask for an Origin, of any kind, where its other WebSockets do not.
 * Source: golang.org/x/net/websocket, hybiServerHandshaker and checkOrigin.
 */
function refusal(headers: IncomingMessage['headers']): string | undefined {
  const { 'sec-websocket-key': key = '', 'sec-websocket-version': version, origin = '' } = headers
  if (key === '') return 'HTTP/1.1 400 Bad Request\r\n\r\nmismatch challenge/response'
  if (version !== '13')
    return 'HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\n\r\nmissing or bad WebSocket Version'
  const isUrl = /^(?:[a-z][a-z\d+.-]*:|\/)\S*$/i.test(origin) && !/%(?![\da-f]{2})/i.test(origin)
  return isUrl ? undefined : 'HTTP/1.1 403 Forbidden\r\n\r\n'
}

/** What lies behind each length: a WebSocket tells lengths itself. */
function* framesOf(chunk: Buffer): Iterable<Buffer> {
  for (let at = 0; at < chunk.length; ) {
    const end = at + 4 + chunk.readUInt32BE(at)
    yield chunk.subarray(at + 4, end)
    at = end
  }
}
