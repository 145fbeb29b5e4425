import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as tlsServerOf } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { tunnelDialer } from '../src/http/index.js'
import { packetType } from '../src/http/konnectivity/packets.js'
import { createCertificate } from '../src/server/index.js'
import { type LibraryServer, libraryServer } from './support/library-server.js'
import { podOnNode } from './support/pod-on-node.js'
import { type TunnelProxy, tunnelProxy } from './support/tunnel-proxy.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-konnectivity-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function listening(connected: (socket: Socket) => void): Promise<{ port: number; server: Server }> {
  const server = createServer(connected)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, server }
}

/** All that comes until the end. */
async function read(from: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of from) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
const large = randomBytes(12 << 20)

describe('a tunnel', () => {
  let proxy: TunnelProxy
  const path = join(folder, 'proxy.sock')
  const dial = tunnelDialer(path)
  beforeAll(async () => {
    proxy = await tunnelProxy(path)
  })
  afterAll(() => proxy.stop())

  it('carries what is sent both ways, whole and in order, and is gone when it is closed', async () => {
    const { port, server } = await listening((socket) => socket.pipe(socket))
    const tunnel = await dial('some.node', port)
    expect(proxy.asked.at(-1)).toBe(`some.node:${port}`)
    const back = read(tunnel)
    let received = 0
    tunnel.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received === large.length) tunnel.end()
    })
    tunnel.write(large)
    expect(digest(await back)).toBe(digest(large))
    await vi.waitFor(() => expect(proxy.open()).toBe(0))
    server.close()
  })

  it('ends when the other side ends, after all that it has sent', async () => {
    const { port, server } = await listening((socket) => socket.end(large))
    expect(digest(await read(await dial('::1', port)))).toBe(digest(large))
    expect(proxy.asked.at(-1)).toBe(`[::1]:${port}`)
    await vi.waitFor(() => expect(proxy.open()).toBe(0))
    server.close()
  })

  it('makes the other side wait while nobody reads', async () => {
    let sent = 0
    const { port, server } = await listening((socket) => {
      const piece = Buffer.alloc(1 << 16)
      const more = (): void => {
        while (!socket.destroyed) {
          sent += piece.length
          if (!socket.write(piece)) break
        }
      }
      socket.on('drain', more).on('error', () => undefined)
      more()
    })
    const tunnel = await dial('node', port)
    tunnel.once('readable', () => undefined)
    let before = -1
    while (before !== sent) {
      before = sent
      await sleep(150)
    }
    expect(sent).toBeLessThan(32 << 20)
    tunnel.destroy()
    await vi.waitFor(() => expect(proxy.open()).toBe(0))
    server.close()
  })

  it('says what the proxy says of a place that cannot be reached', async () => {
    const { port, server } = await listening(() => undefined)
    await new Promise((resolve) => server.close(resolve))
    await expect(dial('node', port)).rejects.toMatchObject({
      stage: 'proxy',
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
    })
    await vi.waitFor(() => expect(proxy.open()).toBe(0))
  })
})

describe.each([
  ['closes the dial', packetType.closeDial, 'dial closed'],
  ['answers another dial', packetType.dialResponse, 'tunnel closed'],
  ['hangs up', undefined, 'tunnel closed'],
])('a proxy that %s', (what, type, message) => {
  it('is told of', async () => {
    const path = join(folder, `${what}.sock`)
    const proxy = await tunnelProxy(path, ({ dialRequest }, call) => {
      if (type === undefined) call.end()
      else if (type === packetType.closeDial) call.write({ type, closeDial: { random: dialRequest!.random } })
      else call.write({ type, dialResponse: { random: 1n, connectId: 1n } })
      return true
    })
    const states: unknown[] = []
    const reasons: string[] = []
    const observer = {
      packet() {},
      state: (...change: unknown[]) => void states.push(change),
      failed: (reason: string) => void reasons.push(reason),
      broken() {},
    }
    await expect(tunnelDialer(path, observer)('node', 1)).rejects.toMatchObject({ stage: 'proxy', message })
    expect(states).toEqual([
      [undefined, 'created'],
      ['created', 'dialing'],
      ['dialing', undefined],
    ])
    expect(reasons).toEqual([message.replace(' ', '')])
    proxy.stop()
  })
})

it('waits for a proxy that is not there yet', async () => {
  const path = join(folder, 'late.sock')
  const { port, server } = await listening((socket) => socket.end('hello'))
  const dialed = tunnelDialer(path)('node', port)
  await sleep(100)
  expect(existsSync(path)).toBe(false)
  const proxy = await tunnelProxy(path)
  expect(String(await read(await dialed))).toBe('hello')
  server.close()
  proxy.stop()
})

it('closes connections of packets that are for nobody, and drops those without a connection', async () => {
  const path = join(folder, 'stray.sock')
  const closed: unknown[] = []
  const proxy = await tunnelProxy(path, ({ type, closeRequest }, call) => {
    if (type === packetType.closeRequest && closeRequest?.connectId === 99n) {
      closed.push(closeRequest.connectId)
      return true
    }
    if (type === packetType.data) {
      call.write({ type: packetType.data, data: { data: Buffer.from('lost') } })
      call.write({ type: packetType.data, data: { connectId: 99n, data: Buffer.from('lost') } })
    }
    return false
  })
  const { port, server } = await listening((socket) => socket.once('data', () => socket.end('found')))
  const tunnel = await tunnelDialer(path)('node', port)
  tunnel.write('x')
  expect(String(await read(tunnel))).toBe('found')
  await vi.waitFor(() => expect(closed).toEqual([99n]))
  server.close()
  proxy.stop()
})

describe('a server behind such a proxy', () => {
  const path = join(folder, 'cluster.sock')
  let proxy: TunnelProxy
  let server: LibraryServer
  const kubelet = tlsServerOf(
    createCertificate({
      commonName: 'kubelet',
      usage: 'server',
      dnsNames: ['node.test'],
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
    }),
    (_, response) => response.end('from the kubelet\n'),
  )
  beforeAll(async () => {
    proxy = await tunnelProxy(path)
    await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))
    const configFile = join(folder, 'egress.json')
    const connection = { proxyProtocol: 'GRPC', transport: { uds: { udsName: path } } }
    const kind = { kind: 'EgressSelectorConfiguration', apiVersion: 'apiserver.k8s.io/v1beta1' }
    writeFileSync(configFile, JSON.stringify({ ...kind, egressSelections: [{ name: 'cluster', connection }] }))
    const tokenAuthFile = join(folder, 'tokens.csv')
    writeFileSync(tokenAuthFile, 'root,root,1,system:masters\n')
    server = await libraryServer({ egress: { configFile }, authentication: { tokenAuthFile } })
  })
  afterAll(async () => {
    await server?.stop()
    proxy.stop()
    kubelet.closeAllConnections()
    kubelet.close()
  })

  it('reaches kubelets through it, and counts that', async () => {
    const { port } = kubelet.address() as AddressInfo
    await podOnNode(server, port)
    const log = await server.ask('/api/v1/namespaces/default/pods/p/log', { token: 'root' })
    expect(log.text).toBe('from the kubelet\n')
    expect(proxy.asked).toEqual([`node.test:${port}`])
    const { text } = await server.ask('/metrics', { token: 'root' })
    expect(text).toContain('apiserver_egress_dialer_dial_start_total{protocol="grpc",transport="uds"} 1')
    expect(text).toContain('apiserver_egress_dialer_dial_duration_seconds_count{protocol="grpc",transport="uds"} 1')
    const tunnels = text.split('\n').filter((line) => /^konnectivity_.*(REQ|RSP|status)/.test(line))
    expect(tunnels.filter((line) => !line.includes('CLOSE'))).toEqual([
      'konnectivity_network_proxy_client_stream_packets_total{segment="from_client",packet_type="DIAL_REQ"} 1',
      'konnectivity_network_proxy_client_stream_packets_total{segment="to_client",packet_type="DIAL_RSP"} 1',
      'konnectivity_network_proxy_client_client_connections{status="created"} 0',
      'konnectivity_network_proxy_client_client_connections{status="dialing"} 0',
      expect.stringMatching(/^konnectivity_network_proxy_client_client_connections\{status="ok"\} [01]$/),
    ])
  })
})
