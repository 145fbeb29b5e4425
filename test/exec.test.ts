import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { constants, inflateSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createCertificate } from '../src/server/index.js'
import { type LibraryServer, libraryServer } from './support/library-server.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-exec-'))
let server: LibraryServer
const kubelet = createServer(
  createCertificate({
    commonName: 'kubelet',
    usage: 'server',
    ipAddresses: ['127.0.0.1'],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  }),
  (_, response) => response.writeHead(404).end('no such container'),
)
const asked: string[] = []
/** Streams of the last connection, in the order in which they were opened. */
let opened: string[] = []

/** As much of a kubelet as it takes: speaks SPDY, reads headers with zlib. */
function serveSpdy(request: IncomingMessage, socket: Duplex): void {
  asked.push(
    `${request.method} ${request.url} ${request.headers.upgrade} ${request.headers['x-stream-protocol-version']}`,
  )
  if (request.url!.includes('refuse')) {
    socket.end(
      'HTTP/1.1 403 Forbidden\r\nContent-Length: 44\r\n\r\n{"kind":"Status","message":"not in my house"}'.replace(
        '44',
        '45',
      ),
    )
    return
  }
  const protocol = request.url!.startsWith('/portForward') ? 'portforward.k8s.io' : 'v4.channel.k8s.io'
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  )
  socket.on('error', () => undefined)
  if (protocol === 'portforward.k8s.io') {
    socket.on('data', (bytes: Buffer) => socket.write(Buffer.concat([Buffer.from('back:'), bytes])))
    return
  }
  opened = []
  const ids = new Map<string, number>()
  const names = new Map<number, string>()
  let packed = Buffer.alloc(0)
  let plain = 0
  let bytes = Buffer.alloc(0)
  const send = (name: string, data: string | Buffer, fin = false): void => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(ids.get(name)!, 0)
    head.writeUInt32BE(data.length, 4)
    head[4] = fin ? 1 : 0
    socket.write(Buffer.concat([head, Buffer.from(data)]))
  }
  const finish = (status: object): void => {
    for (const name of ['stdout', 'stderr']) if (ids.has(name)) send(name, '', true)
    send('error', JSON.stringify(status), true)
  }
  const received = (name: string, data: Buffer, fin: boolean): void => {
    if (name === 'resize') {
      send('stdout', `size ${data}`)
      finish({ status: 'Success' })
    }
    if (name !== 'stdin') return
    if (data.length > 0) send('stdout', data)
    if (fin) {
      send('stderr', 'at the end')
      const causes = [{ reason: 'ExitCode', message: '3' }]
      finish({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes } })
    }
  }
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    while (bytes.length >= 8) {
      const length = bytes.readUInt32BE(4) & 0xff_ffff
      if (bytes.length < 8 + length) return
      const body = bytes.subarray(8, 8 + length)
      if (bytes[0]! < 0x80) received(names.get(bytes.readUInt32BE(0))!, body, bytes[4] === 1)
      else if (bytes.readUInt16BE(2) === 1) {
        packed = Buffer.concat([packed, body.subarray(10)])
        const all = inflateSync(packed, { finishFlush: constants.Z_SYNC_FLUSH })
        const name = String(all.subarray(plain))
          .slice(-6)
          .replace(/^[^a-z]+/, '')
        plain = all.length
        ids.set(name, body.readUInt32BE(0))
        names.set(body.readUInt32BE(0), name)
        opened.push(name)
        if (name === 'stdout' && request.url!.includes('hang')) socket.destroy()
      }
      bytes = bytes.subarray(8 + length)
    }
  })
}

beforeAll(async () => {
  kubelet.on('upgrade', serveSpdy)
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))
  const tokenAuthFile = join(folder, 'tokens.csv')
  writeFileSync(tokenAuthFile, 'secret,admin,1,system:masters\n')
  server = await libraryServer({ authentication: { tokenAuthFile } })
  const send = (method: string, path: string, body: object, type = 'application/json') =>
    server.ask(path, { token: 'secret', method, body, headers: { 'content-type': type } })
  await send('POST', '/api/v1/nodes', { metadata: { name: 'n' } })
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: (kubelet.address() as AddressInfo).port } },
  }
  await send('PATCH', '/api/v1/nodes/n/status', { status }, 'application/merge-patch+json')
  await send('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
  const made = await send('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec })
  expect(made.code).toBe(201)
})
afterAll(async () => {
  await server.stop()
  kubelet.closeAllConnections()
  kubelet.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What a client gets, each message as its channel and text. */
async function talk(
  path: string,
  protocol: string,
  say: readonly Buffer[],
): Promise<{ messages: string[]; protocol: string }> {
  const url = `${server.server.url.replace('https', 'wss')}/api/v1/namespaces/default/pods/p/${path}`
  const headers = { authorization: 'Bearer secret' }
  const socket = new WebSocket(url, [protocol], { rejectUnauthorized: false, headers })
  const messages: string[] = []
  socket.on('message', (data: Buffer) => messages.push(`${data[0]}:${data.subarray(1)}`))
  // Right behind the handshake, before the kubelet has been asked.
  socket.on('open', () => {
    for (const one of say) socket.send(one)
  })
  await new Promise<void>((resolve, reject) => socket.on('close', () => resolve()).on('error', reject))
  return { messages, protocol: socket.protocol }
}

const v5 = 'v5.channel.k8s.io'
const input = (channel: number, data: string): Buffer => Buffer.concat([Buffer.from([channel]), Buffer.from(data)])

it('translates the channels of a WebSocket to the streams of SPDY, and how it ended back', async () => {
  asked.length = 0
  const said = [input(0, 'one '), input(0, 'two'), Buffer.from([255, 0])]
  const { messages, protocol } = await talk('exec?command=cat&stdin=1&stdout=1&stderr=1', v5, said)
  expect(protocol).toBe(v5)
  expect(asked).toEqual([
    'POST /exec/default/p/c?input=1&output=1&error=1&command=cat SPDY/3.1 v5.channel.k8s.io, v4.channel.k8s.io, v3.channel.k8s.io, v2.channel.k8s.io',
  ])
  expect(opened).toEqual(['error', 'stdin', 'stdout', 'stderr'])
  expect(messages[0]).toBe('1:')
  const of = (channel: number): string =>
    messages
      .filter((one) => one.startsWith(`${channel}:`))
      .map((one) => one.slice(2))
      .join('')
  expect(of(1)).toBe('one two')
  expect(of(2)).toBe('at the end')
  expect(JSON.parse(of(3))).toEqual({
    metadata: {},
    status: 'Failure',
    message: 'command terminated with non-zero exit code: command terminated with exit code 3',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  })
})

it('passes on what does not fit into one message', async () => {
  const large = 'x'.repeat(3_000_000)
  const said = [input(0, large), Buffer.from([255, 0])]
  const { messages } = await talk('exec?command=cat&stdin=1&stdout=1&stderr=1', v5, said)
  const out = messages.filter((one) => one.startsWith('1:')).map((one) => one.slice(2))
  expect(out.join('') === large).toBe(true)
})

it('resizes terminals, which have no stream of errors', async () => {
  const { messages } = await talk('attach?stdin=1&stdout=1&stderr=1&tty=1', v5, [input(4, '{"Width":80,"Height":25}')])
  expect(opened).toEqual(['error', 'stdin', 'stdout', 'resize'])
  expect(messages).toEqual(['1:', '1:size {"Width":80,"Height":25}', '3:{"metadata":{},"status":"Success"}'])
})

it.each([
  ['refuse', 'Internal error occurred: unable to upgrade connection: not in my house'],
  ['hang', ''],
])('tells on the error channel of %s', async (command, message) => {
  const { messages } = await talk(`exec?command=${command}&stdout=1`, v5, [])
  const status = JSON.parse(messages.at(-1)!.slice(2))
  expect(status).toMatchObject(message === '' ? { metadata: {} } : { status: 'Failure', code: 500, message })
})

it('carries SPDY for port-forwards as it is', async () => {
  asked.length = 0
  const url = new URL(server.server.url)
  const { connect } = await import('node:tls')
  const socket = connect({
    host: url.hostname,
    port: Number(url.port),
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  })
  socket.write(
    'GET /api/v1/namespaces/default/pods/p/portforward?ports=80 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io\r\n\r\n',
  )
  // One masked binary message.
  socket.write(Buffer.concat([Buffer.from([0x82, 0x83, 0, 0, 0, 0]), Buffer.from('abc')]))
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.includes('back:abc')) break
  }
  socket.destroy()
  expect(text).toContain('Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io')
  expect(asked).toEqual(['POST /portForward/default/p?port=80 SPDY/3.1 portforward.k8s.io'])
})
