import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { RequestContext } from '../../http/index.js'
import { upgradeToWebSocket } from './web-socket.js'

const open: (() => void)[] = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

/** A server that says two lines, if it may. */
async function serve(): Promise<string> {
  const server = createServer().on('upgrade', (request, socket: Duplex, head: Buffer) => {
    const exchange = { method: 'GET', path: '/', headers: request.headers, upgrade: () => ({ socket, head }) }
    void upgradeToWebSocket({ exchange } as unknown as RequestContext, false).then((stream) => {
      if (stream === undefined || stream === 'refused') return
      stream.write(Buffer.from('{"a":1}\n{"b":2}\n'))
      stream.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => server.close())
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function ask(options: { origin?: string; headers?: Record<string, string>; protocolVersion?: number }) {
  const socket = new WebSocket(await serve(), options)
  open.push(() => socket.terminate())
  const told: string[] = []
  return new Promise<string[] | number>((resolve, reject) => {
    socket.on('message', (data) => told.push(String(data)))
    socket.on('close', () => resolve(told))
    socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode ?? 0))
    socket.on('error', reject)
  })
}

test.each(['https://elsewhere.test', 'https://a/b', 'a:', '/x'])(
  'a watch is told from %s, line by line',
  async (origin) => {
    expect(await ask({ origin })).toEqual(['{"a":1}\n', '{"b":2}\n'])
  },
)

test.each([undefined, 'null', '://', 'x', 'http://a b', 'http://%zz'])('a watch from %s is refused', async (origin) => {
  expect(await ask(origin === undefined ? {} : { origin })).toBe(403)
})

test('another version of the protocol is refused', async () => {
  expect(await ask({ origin: 'https://a', protocolVersion: 8 })).toBe(400)
})
