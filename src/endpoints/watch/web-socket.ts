import type { IncomingMessage } from 'node:http'
import type { RequestContext, ResponseStream } from '../../http/index.js'

/** Bytes that may wait for a slow client before it is asked to wait. */
const highWater = 1024 * 1024

/**
 * Takes the connection over as a WebSocket if the request asks for one: every write becomes messages, text for each line or
 * binary for each frame. Undefined: an ordinary request. The handshake is answered here.
 */
export async function upgradeToWebSocket(
  context: RequestContext,
  isBinary: boolean,
): Promise<ResponseStream | undefined> {
  const { exchange } = context
  if (exchange.headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  const raw = exchange.upgrade()
  if (raw === undefined) return undefined
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
          else for (const line of chunk.toString().split('\n')) if (line !== '') socket.send(line)
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

/** What lies behind each length: a WebSocket tells lengths itself. */
function* framesOf(chunk: Buffer): Iterable<Buffer> {
  for (let at = 0; at < chunk.length; ) {
    const end = at + 4 + chunk.readUInt32BE(at)
    yield chunk.subarray(at + 4, end)
    at = end
  }
}
