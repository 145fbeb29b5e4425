import { randomBytes } from 'node:crypto'
import { Duplex } from 'node:stream'
import type { Dialer } from '../dialer.js'
import { localProgram, RpcChannel, type RpcStream } from '../grpc/rpc-channel.js'
import { decodePacket, encodePacket, type Packet, packetName, packetType } from './packets.js'

/** As much for the way to the proxy as for the proxy's way on. */
const dialMs = 30_000
/** The other side's last word is waited for. */
const closeMs = 10_000
/** Proxies take messages of 4 MiB; others who use the proxy want their turn. */
const pieceBytes = 64 * 1024

/**
 * Tunnels through a proxy that speaks konnectivity's gRPC: one for a connection, with a connection to the proxy of its own.
 * Source: apiserver-network-proxy konnectivity-client/pkg/client, CreateSingleUseGrpcTunnel.
 * Rejects with DialError.
 *
 * @param socket where the proxy listens
 */
export const tunnelDialer =
  (socket: string, observer?: TunnelObserver): Dialer =>
  (host, port) =>
    openTunnel(socket, host, port, observer)

/** Hears what tunnels do. */
export interface TunnelObserver {
  /** A packet was sent or has come; of these types there are names. */
  packet(segment: 'from_client' | 'to_client', type: string): void
  /** What a tunnel was (undefined: it is new) and is (undefined: it is gone). */
  state(before: TunnelState | undefined, now: TunnelState | undefined): void
  /** A place was not reached. */
  failed(reason: DialFailure): void
  /** A stream has failed, with a code of gRPC. */
  broken(code: number): void
}

type TunnelState = 'created' | 'dialing' | 'ok'
type DialFailure = 'endpoint' | 'dialclosed' | 'tunnelclosed' | 'timeout'

function openTunnel(socket: string, host: string, port: number, observer: TunnelObserver | undefined): Promise<Duplex> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    const tunnel: Tunnel = new Tunnel(new RpcChannel(localProgram(socket)), address, observer, (error) =>
      error === undefined ? resolve(tunnel) : reject(error),
    )
  })
}

/** A proxy could not be reached (`connect`), or did not reach what it was to reach (`proxy`). */
export class DialError extends Error {
  override readonly name = 'DialError'
  constructor(
    readonly stage: 'connect' | 'proxy',
    message: string,
    readonly reason: DialFailure = 'tunnelclosed',
  ) {
    super(message)
  }
}

/**
 * A connection that is packets of a stream of gRPC. It has no half-closed state: who ends it ends it both ways, but hears what is
 * still under way.
 */
class Tunnel extends Duplex {
  readonly #channel: RpcChannel
  readonly #stream: RpcStream
  readonly #observer: TunnelObserver | undefined
  readonly #random = randomBytes(8).readBigUInt64BE() >> 1n
  #dialed: ((error: DialError | undefined) => void) | undefined
  #id = 0n
  #isClosing = false
  #isOver = false
  #state: TunnelState | undefined
  #timer: NodeJS.Timeout
  #written: (() => void) | undefined

  /** @param dialed called once, when it is open or will not be */
  constructor(
    channel: RpcChannel,
    address: string,
    observer: TunnelObserver | undefined,
    dialed: (error: DialError | undefined) => void,
  ) {
    super({ allowHalfOpen: false })
    this.#observer = observer
    this.#is('created')
    this.#channel = channel
    this.#dialed = dialed
    this.#timer = setTimeout(() => this.#late(), dialMs)
    this.#stream = channel.stream('/ProxyService/Proxy', {
      message: (bytes) => this.#take(decodePacket(bytes)),
      drained: () => this.#drained(),
      ended: (error) => {
        if (error !== undefined && !this.#isOver) observer?.broken(error.code)
        this.#over(new DialError('proxy', 'tunnel closed'))
      },
    })
    this.#is('dialing')
    this.#send({
      type: packetType.dialRequest,
      dialRequest: { protocol: 'tcp', address, random: this.#random },
    })
  }

  override _read(): void {
    this.#stream.hold(false)
  }

  override _write(chunk: Buffer, _: BufferEncoding, written: (error?: Error) => void): void {
    if (this.#isOver) {
      written(new Error('tunnel closed'))
      return
    }
    let goes = true
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const data = { connectId: this.#id, data: chunk.subarray(at, at + pieceBytes) }
      goes = this.#send({ type: packetType.data, data })
    }
    if (goes) written()
    else this.#written = written
  }

  override _final(done: () => void): void {
    this.#close()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#close()
    this.#drained()
    done(error)
  }

  // What is asked of sockets, and has no meaning here.
  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  #is(state: TunnelState | undefined): void {
    if (state !== this.#state) this.#observer?.state(this.#state, state)
    this.#state = state
  }

  #send(packet: Packet): boolean {
    this.#observer?.packet('from_client', packetName(packet.type ?? 0))
    return this.#stream.write(encodePacket(packet))
  }

  #take({ type = 0, dialResponse, data, closeResponse, closeDial }: Packet): void {
    this.#observer?.packet('to_client', packetName(type))
    if (type === packetType.dialResponse) this.#answered(dialResponse ?? {})
    else if (type === packetType.closeDial) {
      // Of another dial, or too late: the tunnel is of no use any more.
      const isOurs = closeDial?.random === this.#random
      this.#over(
        new DialError('proxy', isOurs ? 'dial closed' : 'tunnel closed', isOurs ? 'dialclosed' : 'tunnelclosed'),
      )
    } else if (type === packetType.data) this.#received(data ?? {})
    else if (type === packetType.closeResponse && closeResponse?.connectId === this.#id && this.#id !== 0n)
      this.#over(undefined)
  }

  #answered({ error = '', connectId = 0n, random }: NonNullable<Packet['dialResponse']>): void {
    if (random !== this.#random || this.#dialed === undefined) this.#over(new DialError('proxy', 'tunnel closed'))
    else if (error !== '') this.#over(new DialError('proxy', error, 'endpoint'))
    else {
      clearTimeout(this.#timer)
      this.#id = connectId
      this.#is('ok')
      this.#tell(undefined)
    }
  }

  #received({ connectId = 0n, data }: NonNullable<Packet['data']>): void {
    if (connectId === 0n) return
    if (connectId !== this.#id) this.#send({ type: packetType.closeRequest, closeRequest: { connectId } })
    else if (data !== undefined && !this.destroyed && !this.readableEnded && !this.push(data)) this.#stream.hold(true)
  }

  #late(): void {
    const { unreachable } = this.#channel
    if (unreachable !== undefined) this.#over(new DialError('connect', `context deadline exceeded: ${unreachable}`))
    else {
      this.#send({ type: packetType.closeDial, closeDial: { random: this.#random } })
      this.#over(new DialError('proxy', 'dial timeout, backstop', 'timeout'))
    }
  }

  #tell(error: DialError | undefined): void {
    const dialed = this.#dialed
    this.#dialed = undefined
    if (dialed !== undefined && error?.stage === 'proxy') this.#observer?.failed(error.reason)
    dialed?.(error)
  }

  #drained(): void {
    const written = this.#written
    this.#written = undefined
    written?.()
  }

  /** Asks the proxy to close the connection, once. What there is of the tunnel stays until it has. */
  #close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    if (this.#dialed !== undefined) this.#send({ type: packetType.closeDial, closeDial: { random: this.#random } })
    else this.#send({ type: packetType.closeRequest, closeRequest: { connectId: this.#id } })
    this.#stream.hold(false)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#over(undefined), closeMs)
    this.#timer.unref()
  }

  /** The proxy has nothing more to say. */
  #over(error: DialError | undefined): void {
    clearTimeout(this.#timer)
    this.#isClosing = true
    this.#isOver = true
    // What was sent last goes out first.
    setImmediate(() => this.#channel.close())
    this.#is(undefined)
    this.#tell(error ?? new DialError('proxy', 'tunnel closed'))
    this.#drained()
    if (!this.destroyed) this.push(null)
  }
}
