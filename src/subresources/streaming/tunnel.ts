import { serviceUnavailable } from '../../api/index.js'
import { type ProxyTarget, type RequestContext, sendBack } from '../../http/index.js'
import { acceptWebSocket, upgradeToSpdy } from './upgrade.js'

const prefix = 'SPDY/3.1+'
const suffix = '.k8s.io'
const highWater = 1024 * 1024

/** Those of a client's subprotocols that are SPDY within a WebSocket, without saying so. */
export const tunneledProtocols = (protocols: readonly string[]): string[] =>
  protocols.filter((one) => one.startsWith(prefix) && one.endsWith(suffix)).map((one) => one.slice(prefix.length))

/**
 * Carries SPDY between client and kubelet, in messages of a WebSocket on the client's side and as it is on the kubelet's. What
 * the kubelet refuses with is what the client gets. Source: apiserver pkg/util/proxy/streamtunnel.go.
 */
export async function tunnelStreams(
  context: RequestContext,
  target: ProxyTarget,
  protocols: readonly string[],
): Promise<void> {
  const answer = await upgradeToSpdy(target, protocols, {}, context.exchange.signal).catch((error: Error) => {
    throw serviceUnavailable(`error trying to reach service: ${error.message}`)
  })
  if (!('protocol' in answer)) return sendBack(context, target, answer)
  const { socket, head, protocol } = answer
  const client = await acceptWebSocket(context, prefix + protocol)
  if (client === undefined) {
    socket.destroy()
    return
  }
  await new Promise<void>((resolve) => {
    const over = (): void => {
      socket.destroy()
      client.close(1000)
      resolve()
    }
    client.on('message', (data: Buffer) => {
      if (!socket.write(data)) client.pause()
    })
    client.once('close', over)
    const send = (chunk: Buffer): void => {
      client.send(chunk, () => {
        if (client.bufferedAmount < highWater) socket.resume()
      })
      if (client.bufferedAmount >= highWater) socket.pause()
    }
    socket.on('data', send)
    socket.on('drain', () => client.resume())
    socket.once('close', over).on('error', over)
    if (head.length > 0) send(head)
    client.resume()
  })
}
