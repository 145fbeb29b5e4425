import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Server as HttpServer, createServer as httpServer } from 'node:http'
import { connect as h2connect } from 'node:http2'
import { request, createServer as tlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.js'
import { createCertificate } from '../src/server/index.js'

let folder: string
let server: Server
let kubelet: HttpServer
/** What the kubelet was asked for. */
const seen: string[] = []
let finishLog: () => void = () => {}

/** An address of this machine that proxies may go to; machines without one cannot test that. */
const outside = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-streams-'))
  const tokenAuthFile = join(folder, 'tokens.csv')
  writeFileSync(tokenAuthFile, 'secret,admin,1,system:masters\n')
  server = await createServer({ authentication: { tokenAuthFile } })
  void server.run()
  await server.ready

  const { cert, key } = createCertificate({
    commonName: 'kubelet',
    usage: 'server',
    ipAddresses: ['127.0.0.1'],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  })
  kubelet = tlsServer({ cert, key }, (asked, answer) => {
    seen.push(`${asked.method} ${asked.url}`)
    if (asked.url?.startsWith('/containerLogs/default/p/c') === true) {
      answer.write('one\n')
      finishLog = () => answer.end('two\n')
      return
    }
    answer.writeHead(asked.url?.includes('missing') === true ? 404 : 400).end('container not there')
  }) as unknown as HttpServer
  kubelet.on('upgrade', (asked, socket) => {
    seen.push(`${asked.method} ${asked.url} ${asked.headers.upgrade}`)
    if (asked.url?.includes('refuse') === true) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
      return
    }
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Mine: 1\r\n\r\nhello',
    )
    socket.on('data', (chunk: Buffer) => socket.write(`echo:${chunk.toString()}`))
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve))

  const port = (kubelet.address() as AddressInfo).port
  await send('POST', '/api/v1/nodes', { metadata: { name: 'n' } })
  await merge('/api/v1/nodes/n/status', {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  })
  await send('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } })
  for (const name of ['p', 'missing', 'bad']) await pod(name, { nodeName: 'n' })
})
afterAll(async () => {
  kubelet.closeAllConnections()
  kubelet.close()
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly code: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

function send(
  method: string,
  path: string,
  body?: object | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { authorization: 'Bearer secret', 'content-type': 'application/json', ...headers },
      rejectUnauthorized: false,
    }
    const sent = request(`${server.url}${path}`, options, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ code: answer.statusCode!, headers: answer.headers, body: text }))
    })
    sent.on('error', reject)
    sent.end(typeof body === 'object' ? JSON.stringify(body) : body)
  })
}

const merge = async (path: string, status: object) => {
  const { code, body } = await send('PATCH', path, { status }, { 'content-type': 'application/merge-patch+json' })
  expect(code, body).toBe(200)
}

async function pod(name: string, spec: object = {}, status?: object): Promise<void> {
  const body = { metadata: { name, labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } }
  const made = await send('POST', '/api/v1/namespaces/default/pods', body)
  expect(made.code, made.body).toBe(201)
  if (status !== undefined) await merge(`/api/v1/namespaces/default/pods/${name}/status`, status)
}

const pods = '/api/v1/namespaces/default/pods'
const message = ({ body }: Answer): string => (JSON.parse(body) as { message: string }).message

describe('logs', () => {
  test('stream as the kubelet has them, over HTTP/2 too', async () => {
    const session = h2connect(server.url, { rejectUnauthorized: false })
    const stream = session.request({
      ':path': `${pods}/p/log?follow=true&tailLines=5&limitBytes=9`,
      authorization: 'Bearer secret',
    })
    const chunks: string[] = []
    await new Promise<void>((resolve, reject) => {
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk.toString())
        // Only once the first line has come does the kubelet write the second.
        finishLog()
      })
      stream.on('end', resolve)
      stream.on('error', reject)
    })
    session.close()
    expect(chunks).toEqual(['one\n', 'two\n'])
    expect(seen.at(-1)).toBe('GET /containerLogs/default/p/c?follow=true&limitBytes=9&tailLines=5')
  })

  test('that the kubelet refuses are refused', async () => {
    const missing = await send('GET', `${pods}/missing/log`)
    expect([missing.code, message(missing)]).toEqual([
      404,
      'the server could not find the requested resource ( pods/log missing)',
    ])
    expect(await send('GET', `${pods}/bad/log`)).toMatchObject({ code: 400 })
  })
})

/** Asks for an upgrade; gives what came back and the connection, if there is one. */
function upgrade(path: string, method = 'GET') {
  return new Promise<{ code: number; text: string; say?: (line: string) => Promise<string> }>((resolve, reject) => {
    const asked = request(`${server.url}${path}`, {
      method,
      headers: { authorization: 'Bearer secret', connection: 'Upgrade', upgrade: 'websocket' },
      rejectUnauthorized: false,
    })
    asked.on('error', reject)
    asked.on('response', (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ code: answer.statusCode!, text }))
    })
    asked.on('upgrade', (answer, socket, head) => {
      const next = () => new Promise<string>((done) => socket.once('data', (chunk: Buffer) => done(chunk.toString())))
      const say = async (line: string) => {
        const heard = next()
        if (line === '') socket.destroy()
        else socket.write(line)
        return line === '' ? '' : heard
      }
      const first = head.length > 0 ? Promise.resolve(head.toString()) : next()
      void first.then((text) => resolve({ code: answer.statusCode!, text, say }))
    })
    asked.end()
  })
}

describe('exec, attach and portforward', () => {
  test.each([
    [
      `${pods}/p/exec?command=ls&command=-l&stdout=true&stdin=1&tty=false`,
      'GET /exec/default/p/c?input=1&output=1&command=ls&command=-l websocket',
    ],
    [`${pods}/p/attach?container=c&stderr=true`, 'GET /attach/default/p/c?error=1 websocket'],
    [`${pods}/p/portforward?ports=80&ports=81`, 'GET /portForward/default/p?port=80%2C81 websocket'],
  ])('%s joins client and kubelet', async (path, want) => {
    const { code, text, say } = await upgrade(path)
    expect([code, text]).toEqual([101, 'hello'])
    expect(await say!('a')).toBe('echo:a')
    expect(await say!('b')).toBe('echo:b')
    await say!('')
    expect(seen.at(-1)).toBe(want)
  })

  test('tell what the kubelet refuses', async () => {
    expect(await upgrade(`${pods}/p/exec?command=refuse`)).toEqual({ code: 403, text: 'no' })
  })

  test('need an upgrade', async () => {
    const plain = await send('POST', `${pods}/p/exec?command=ls`)
    expect([plain.code, message(plain)]).toEqual([400, 'Upgrade request required'])
  })
})

describe.skipIf(outside === undefined)('proxies', () => {
  let backend: HttpServer
  let port = 0
  beforeAll(async () => {
    backend = httpServer((asked, answer) => {
      if (asked.url === '/away') return void answer.writeHead(302, { location: '/there' }).end()
      let body = ''
      asked.on('data', (chunk) => {
        body += chunk
      })
      asked.on('end', () => {
        const { 'x-forwarded-uri': uri, authorization } = asked.headers
        answer.writeHead(203, { 'x-backend': '1', 'access-control-allow-origin': '*' })
        answer.end(JSON.stringify({ method: asked.method, url: asked.url, uri, authorization, body }))
      })
    })
    await new Promise<void>((resolve) => backend.listen(0, outside, resolve))
    port = (backend.address() as AddressInfo).port
    const containers = [{ name: 'c', image: 'i', ports: [{ containerPort: port }] }]
    await pod('web', { containers }, { podIP: outside, podIPs: [{ ip: outside }] })
    const service = { metadata: { name: 'svc' }, spec: { ports: [{ name: 'http', port: 80 }] } }
    await send('POST', '/api/v1/namespaces/default/services', service)
    const address = { ip: outside, targetRef: { kind: 'Pod', namespace: 'default', name: 'web' } }
    await send('POST', '/api/v1/namespaces/default/endpoints', {
      metadata: { name: 'svc' },
      subsets: [{ addresses: [address], ports: [{ name: 'http', port }] }],
    })
  })
  afterAll(() => void backend.close())

  const services = '/api/v1/namespaces/default/services'
  test.each([
    [() => `${pods}/web/proxy/a/b?c=d`, '/a/b?c=d', `${pods}/web/proxy/a/b`],
    [() => `${pods}/web:${port}/proxy/a%20b/`, '/a%20b/', ''],
    [() => `${services}/svc:80/proxy/x`, '/x', `${services}/svc:80/proxy/x`],
    [() => `${services}/http:svc:http/proxy/y`, '/y', ''],
  ])('pass requests on (%#)', async (path, url, uri) => {
    const { code, headers, body } = await send('POST', path(), 'some text')
    expect(code, body).toBe(203)
    const told = JSON.parse(body) as Record<string, string>
    expect(told).toMatchObject({ method: 'POST', url, body: 'some text' })
    expect(told.authorization).toBeUndefined()
    if (uri !== '') expect(told.uri).toBe(uri)
    expect(headers['x-backend']).toBe('1')
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  test('lead redirects back through themselves', async () => {
    const { code, headers } = await send('GET', `${pods}/web/proxy/away`)
    expect([code, headers.location]).toEqual([302, `${server.url}${pods}/web/proxy/there`])
    const root = await send('GET', `${pods}/web/proxy?q=1`)
    expect([root.code, root.headers.location]).toEqual([301, `${pods}/web/proxy/?q=1`])
  })

  test('say when nobody answers', async () => {
    const closed = await send('GET', `${pods}/web:1/proxy/`)
    expect([closed.code, message(closed)]).toEqual([
      503,
      `error trying to reach service: dial tcp ${outside}:1: connect: connection refused`,
    ])
    const loopback = await send('GET', '/api/v1/nodes/n/proxy/')
    expect([loopback.code, message(loopback)]).toEqual([400, 'address not allowed'])
  })
})

test('a server that is closed ends what streams through it', async () => {
  const socket = await new Promise<import('node:stream').Duplex>((resolve, reject) => {
    const asked = request(`${server.url}${pods}/p/exec?command=sh`, {
      headers: { authorization: 'Bearer secret', connection: 'Upgrade', upgrade: 'websocket' },
      rejectUnauthorized: false,
    })
    asked.on('error', reject)
    asked.on('upgrade', (_, one) => resolve(one.resume()))
    asked.end()
  })
  const log = new Promise<void>((resolve) => {
    const headers = { authorization: 'Bearer secret' }
    const asked = request(
      `${server.url}${pods}/p/log?follow=true`,
      { headers, rejectUnauthorized: false },
      (answer) => {
        answer.on('close', resolve).on('error', () => {})
        answer.resume()
      },
    )
    asked.on('error', () => resolve())
    asked.end()
  })
  const connections = () => new Promise<number>((resolve) => kubelet.getConnections((_, count) => resolve(count)))
  const ended = new Promise<void>((resolve) => socket.on('close', resolve).on('error', () => {}))
  await expect.poll(connections).toBe(2)
  await server.close()
  await Promise.all([ended, log])
  await expect.poll(connections).toBe(0)
})
