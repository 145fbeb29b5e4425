import { connect, type Socket } from 'node:net'
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import { decodePacket, encodePacket, type Packet, packetType } from '../../src/http/konnectivity/packets.js'

type Call = ServerDuplexStream<Packet, Packet>

export interface TunnelProxy {
  /** What was asked for: `host:port`. */
  readonly asked: string[]
  /** Tunnels that there are. */
  readonly open: () => number
  stop(): void
}

/** A proxy that speaks konnectivity's gRPC, to which everything is on this machine, whatever its name. */
export async function tunnelProxy(
  socket: string,
  misbehave: (request: Packet, call: Call) => boolean = () => false,
): Promise<TunnelProxy> {
  const asked: string[] = []
  let open = 0
  let next = 0n
  const server = new Server()
  const method = {
    path: '/ProxyService/Proxy',
    requestStream: true,
    responseStream: true,
    requestSerialize: encodePacket,
    requestDeserialize: decodePacket,
    responseSerialize: encodePacket,
    responseDeserialize: decodePacket,
  }
  const serve = (call: Call): void => {
    const id = ++next
    let there: Socket | undefined
    open++
    call.on('error', () => there?.destroy())
    call.on('end', () => call.end())
    call.on('close', () => {
      open--
      there?.destroy()
    })
    call.on('cancelled', () => there?.destroy())
    call.on('data', (packet: Packet) => {
      if (misbehave(packet, call)) return
      const { type = 0, dialRequest, data } = packet
      if (type === packetType.dialRequest && dialRequest !== undefined) {
        asked.push(dialRequest.address)
        const { random } = dialRequest
        const answer = (more: { error?: string; connectId?: bigint }): void =>
          void call.write({ type: packetType.dialResponse, dialResponse: { random, ...more } })
        there = connect(Number(dialRequest.address.split(':').at(-1)), '127.0.0.1', () => answer({ connectId: id }))
        there.on('error', (error) => answer({ error: error.message }))
        there.on('data', (bytes) => {
          if (call.write({ type: packetType.data, data: { connectId: id, data: bytes } })) return
          there?.pause()
          call.once('drain', () => there?.resume())
        })
        there.on('close', () => void call.write({ type: packetType.closeResponse, closeResponse: { connectId: id } }))
      } else if (type === packetType.data && data?.data !== undefined) {
        if (there?.write(data.data) !== false) return
        call.pause()
        there.once('drain', () => call.resume())
      } else if (type === packetType.closeRequest) there?.end()
    })
  }
  server.addService({ Proxy: method }, { Proxy: serve })
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    )
  })
  return { asked, open: () => open, stop: () => server.forceShutdown() }
}
