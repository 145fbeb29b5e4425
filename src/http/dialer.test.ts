import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectDialer, type Dialer, proxyDialer } from './dialer.js'
import { RestClient } from './rest-client.js'

const servers: Server[] = []
const asked: string[] = []
const socksPath = join(tmpdir(), `kats-dialer-${process.pid}.sock`)

const listening = async (server: Server, where: number | string): Promise<Server> => {
  servers.push(server)
  await new Promise<void>((resolve) =>
    typeof where === 'string' ? server.listen(where, resolve) : server.listen(where, '127.0.0.1', resolve),
  )
  return server
}
const portOf = (server: Server): number => (server.address() as AddressInfo).port
let echo: Server
let http: Server
let socks: Server

/** CONNECT for anybody but the host "refused". */
function tunnel(request: IncomingMessage, socket: Duplex): void {
  asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
  if (request.url!.startsWith('refused')) {
    socket.end('HTTP/1.1 403 Not For You\r\n\r\n')
    return
  }
  // What the other side says at once comes in the same piece.
  const there = connect(Number(request.url!.split(':').at(-1)), '127.0.0.1')
  there.once('data', (hello: Buffer) => {
    socket.write(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), hello]))
    there.pipe(socket).pipe(there)
  })
}

function socksServer(socket: Socket): void {
  const steps = [
    (bytes: Buffer): void => {
      asked.push(bytes.toString('hex'))
      socket.write(Buffer.from([5, bytes[1] === 2 ? 2 : 0]))
    },
    (bytes: Buffer): void => {
      if (bytes[0] === 1) {
        asked.push(bytes.toString('latin1', 2))
        socket.write(Buffer.from([1, 0]))
        return
      }
      steps.length = 0
      const host = bytes.toString('latin1', 5, 5 + bytes[4]!)
      asked.push(host)
      socket.write(Buffer.from([5, host === 'refused' ? 5 : 0, 0, 1, 0, 0, 0, 0, 0, 0]))
      if (host === 'refused') return
      const there = connect(bytes.readUInt16BE(5 + bytes[4]!), '127.0.0.1')
      socket.removeAllListeners('data')
      there.pipe(socket).pipe(there)
    },
  ]
  let step = 0
  socket.on('data', (bytes: Buffer) => steps[Math.min(step++, 1)]?.(bytes))
  socket.on('error', () => undefined)
}

beforeAll(async () => {
  echo = await listening(
    createServer((socket) => {
      socket.write('hello ')
      socket.pipe(socket)
    }),
    0,
  )
  http = await listening(createHttpServer().on('connect', tunnel), 0)
  await listening(createHttpServer().on('connect', tunnel), socksPath)
  socks = await listening(createServer(socksServer), 0)
})
afterAll(() => {
  for (const server of servers) server.close()
})

async function talk(dial: Dialer, host: string): Promise<string> {
  const socket = await dial(host, portOf(echo))
  socket.write('you')
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text === 'hello you') break
  }
  socket.destroy()
  return text
}

const ways: readonly [string, () => Dialer, string[]][] = [
  ['a proxy', () => proxyDialer(`http://127.0.0.1:${portOf(http)}`), ['host:PORT']],
  [
    'a proxy that wants a name',
    () => proxyDialer(`http://u:p%40@127.0.0.1:${portOf(http)}`),
    [`host:PORT Basic ${Buffer.from('u:p@').toString('base64')}`],
  ],
  ['a socket of the file system', () => connectDialer({ path: socksPath }), ['host:PORT']],
  ['SOCKS', () => proxyDialer(`socks5://127.0.0.1:${portOf(socks)}`), ['050100', 'host']],
  ['SOCKS with a name', () => proxyDialer(`socks5://u:p@127.0.0.1:${portOf(socks)}`), ['05020002', 'u\x01p', 'host']],
]
it.each(ways)('goes through %s', async (_, way, expected) => {
  asked.length = 0
  expect(await talk(way(), 'host')).toBe('hello you')
  expect(asked).toEqual(expected.map((text) => text.replace('PORT', String(portOf(echo)))))
})

it('says why there is no way', async () => {
  const refused = (dial: Dialer): Promise<unknown> => talk(dial, 'refused')
  await expect(refused(proxyDialer(`http://127.0.0.1:${portOf(http)}`))).rejects.toThrow('Not For You')
  await expect(refused(proxyDialer(`socks5://127.0.0.1:${portOf(socks)}`))).rejects.toThrow(
    'socks connect: connection refused',
  )
  await expect(refused(proxyDialer('http://127.0.0.1:1'))).rejects.toThrow('ECONNREFUSED')
  await expect(refused(connectDialer({ path: '/nowhere.sock' }))).rejects.toThrow('ENOENT')
  // What answers is no proxy.
  await expect(refused(connectDialer({ host: '127.0.0.1', port: portOf(echo) }))).rejects.toThrow('malformed')
})

it('carries requests of clients', async () => {
  const server = await listening(
    createHttpServer((request, response) => response.end(request.headers.host)),
    0,
  )
  const client = new RestClient({
    url: `http://named.test:${portOf(server)}/x`,
    dial: (_, port) => Promise.resolve(connect(port, '127.0.0.1')),
  })
  expect(String(await client.post(Buffer.from('{}'), { timeoutMs: 5_000 }))).toBe(`named.test:${portOf(server)}`)
  client.close()
})
