import { decode, encode, type Message } from '../grpc/wire.js'

/** What a proxy and its clients tell each other. Source: apiserver-network-proxy konnectivity-client/proto/client. */
export interface Packet {
  readonly type?: number
  readonly dialRequest?: { readonly protocol: string; readonly address: string; readonly random: bigint }
  readonly dialResponse?: { readonly error?: string; readonly connectId?: bigint; readonly random?: bigint }
  readonly data?: { readonly connectId?: bigint; readonly data?: Buffer }
  readonly closeRequest?: { readonly connectId?: bigint }
  readonly closeResponse?: { readonly error?: string; readonly connectId?: bigint }
  readonly closeDial?: { readonly random?: bigint }
}

export const packetType = { dialRequest: 0, dialResponse: 1, closeRequest: 2, closeResponse: 3, data: 4, closeDial: 5 }

const packetNames = ['DIAL_REQ', 'DIAL_RSP', 'CLOSE_REQ', 'CLOSE_RSP', 'DATA', 'DIAL_CLS', 'DRAIN']

export const packetName = (type: number): string => packetNames[type] ?? String(type)

const id = (number: number, name: string) => ({ number, name, type: 'int64' }) as const
const text = (number: number, name: string) => ({ number, name, type: 'string' }) as const

/** A proxy's clients know these fields alone. */
export const packetMessage: Message = [
  { number: 1, name: 'type', type: 'int' },
  { number: 2, name: 'dialRequest', type: [text(1, 'protocol'), text(2, 'address'), id(3, 'random')] },
  { number: 3, name: 'dialResponse', type: [text(1, 'error'), id(2, 'connectId'), id(3, 'random')] },
  { number: 4, name: 'data', type: [id(1, 'connectId'), { number: 3, name: 'data', type: 'bytes' }] },
  { number: 5, name: 'closeRequest', type: [id(1, 'connectId')] },
  { number: 6, name: 'closeResponse', type: [text(1, 'error'), id(2, 'connectId')] },
  { number: 7, name: 'closeDial', type: [id(1, 'random')] },
]

export const encodePacket = (packet: Packet): Buffer => encode(packetMessage, packet)

/** Bytes share the memory of `bytes`. @throws WireFormatError */
export const decodePacket = (bytes: Buffer): Packet => decode(packetMessage, bytes)
