import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type ClientHttp2Session, connect as http2Connect, type IncomingHttpHeaders } from 'node:http2'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ApiError } from '../api/index.js'
import type { Exchange } from './exchange.js'
import { type Listener, type ListenOptions, listen } from './listen.js'

let dir = ''
const file = (name: string): string => join(dir, name)

function certificate(name: string, ...names: string[]): void {
  const alt = `subjectAltName=${names.map((one) => (/^[0-9.]+$/.test(one) ? `IP:${one}` : `DNS:${one}`)).join(',')}`
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${name}`, '-addext', alt, '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`)],
    ],
    { stdio: 'ignore' },
  )
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'kats-http-'))
  certificate('main', 'localhost', '127.0.0.1')
  certificate('other', 'other.test', '*.wild.test')
  certificate('renewed', 'localhost')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})

async function serve(
  handler: (exchange: Exchange) => unknown,
  options: Partial<ListenOptions> = {},
): Promise<Listener> {
  const listener = await listen({
    handler: (exchange) => void handler(exchange),
    certificate: { certFile: file('main.crt'), keyFile: file('main.key') },
    bindAddress: '127.0.0.1',
    ...options,
  })
  open.push(() => listener.close())
  return listener
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

function session(listener: Listener): ClientHttp2Session {
  const client = http2Connect(`https://127.0.0.1:${listener.port}`, { rejectUnauthorized: false })
  client.on('error', () => undefined)
  open.push(() => client.destroy())
  return client
}

function ask2(client: ClientHttp2Session, headers: Record<string, string>, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = client.request({ ':path': '/', ...headers }, { endStream: body === undefined })
    const chunks: Buffer[] = []
    let answer: IncomingHttpHeaders = {}
    stream.on('response', (received) => (answer = received))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => resolve({ status: Number(answer[':status']), headers: answer, body: Buffer.concat(chunks) }))
    stream.on('error', reject)
    if (body !== undefined) stream.end(body)
  })
}

function ask1(listener: Listener, options: RequestOptions, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, agent: false, ...options },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Both protocols by the same words. */
const protocols: [
  string,
  (l: Listener, h: Record<string, string>, b?: Buffer, m?: string, p?: string) => Promise<Answer>,
][] = [
  ['HTTP/2.0', (l, h, b, m = 'GET', p = '/') => ask2(session(l), { ...h, ':method': m, ':path': p }, b)],
  ['HTTP/1.1', (l, h, b, m = 'GET', p = '/') => ask1(l, { method: m, path: p, headers: h }, b)],
]

function echo(limit = 1 << 20) {
  return (exchange: Exchange): void => {
    exchange.body(limit).then(
      (body) => exchange.send(200, 'application/octet-stream', body),
      (error: ApiError) => exchange.send(error.code, 'text/plain', error.message),
    )
  }
}

/** The bytes of a connection's answers to what no client would send. */
const raw = (listener: Listener, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
    socket.write(text)
  })

describe('what the parser of HTTP/1.1 refuses', () => {
  const refused = async (text: string): Promise<string> => raw(await serve(echo(), { maxHeaderBytes: 4096 }), text)
  const plain = (status: string): string =>
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`

  test.each([
    ['no request at all', 'FOO\r\n\r\n', plain('400 Bad Request')],
    ['a header without a name', 'GET / HTTP/1.1\r\n: a\r\n\r\n', plain('400 Bad Request')],
    [
      'a head that is too long',
      `GET / HTTP/1.1\r\na: ${'a'.repeat(5000)}\r\n\r\n`,
      plain('431 Request Header Fields Too Large'),
    ],
  ])('%s', async (_, text, want) => expect(await refused(text)).toBe(want))

  test.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, '400 Bad Request: missing required Host header'],
    ['a Host that is none', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400, '400 Bad Request: malformed Host header'],
    [
      'an encoding nobody knows',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n',
      501,
      'Unsupported transfer encoding',
    ],
    [
      'a body packed twice',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      501,
      'Unsupported transfer encoding',
    ],
    [
      'a version to come',
      'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
      505,
      '505 HTTP Version Not Supported: unsupported protocol version',
    ],
  ])('so much for %s', async (_, text, status, want) => {
    const [head, body] = (await refused(text)).split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(body).toBe(want)
  })
  test('a Host is not needed before HTTP/1.1', async () => {
    expect(await refused('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  })
  test('a body that breaks off its form is a bad request', async () => {
    const answer = await refused('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  })
  test('what comes behind a whole request does not take its answer away', async () => {
    const answer = await refused('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcd')
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(answer).toMatch(/\r\n\r\nabc$/)
  })
})

describe('methods that the parser of HTTP/1.1 does not know, or does not let pass', () => {
  const told = async (text: string): Promise<unknown> => {
    const listener = await serve(async (exchange) => {
      const { method, path, query, headers } = exchange
      const body = String(await exchange.body(100))
      exchange.send(200, 'application/json', JSON.stringify([method, path, query, headers['x-a'], headers.host, body]))
    })
    const [head, body] = (await raw(listener, text)).split('\r\n\r\n')
    expect(head).toContain('HTTP/1.1 200 OK')
    expect(head?.toLowerCase()).toContain('connection: close')
    return JSON.parse(body!)
  }

  test.each([
    ['FOO /a/b?c=d HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a:2\r\n\r\n', ['FOO', '/a/b', 'c=d', '1, 2', 'h', '']],
    ['get / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n', ['get', '/', '', null, 'h', '']],
    ['FOO / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcd', ['FOO', '/', '', null, 'h', 'abc']],
    ['CONNECT /a HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n', ['CONNECT', '/a', '', '1', 'h', '']],
    ['CONNECT b:443 HTTP/1.1\r\nHost: h\r\n\r\n', ['CONNECT', '', '', null, 'h', '']],
    ['GET https://b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n', ['GET', '', '', null, 'h', '']],
    ['GET https://b/c?d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n', ['GET', '/c', 'd', null, 'h', '']],
  ])('%j', async (text, want) => expect(await told(text)).toEqual(want))

  test.each([
    'FOO / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabc',
    'FOO / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'FOO / HTTP/1.1\r\nHost: h\r\nA b: c\r\n\r\n',
    'FOO / HTTP/1.1\r\nHost: h\r\nA: b\x00\r\n\r\n',
    'F(O / HTTP/1.1\r\nHost: h\r\n\r\n',
  ])('not %j', async (text) => {
    expect(await raw(await serve(echo()), text)).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n/)
  })
})

test('half a request is none, whatever it looks like', async () => {
  const asked: string[] = []
  const listener = await serve((exchange) => {
    asked.push(`${exchange.method} ${exchange.path}`)
    exchange.send(200, 'text/plain', 'early')
  })
  const late = async (first: string, then: string): Promise<void> => {
    const socket = tlsConnect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
    socket.on('error', () => undefined)
    socket.write(first)
    await sleep(50)
    socket.write(then)
    await once(socket.resume(), 'close')
  }
  const request = 'GET /within HTTP/1.1\r\nHost: h\r\n\r\n'
  await late('PO', request)
  // The body of one that has its answer, and what comes behind it.
  const head = `POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: ${request.length}\r\n\r\n`
  await late(head, `${request}FOO /behind HTTP/1.1\r\nHost: h\r\n\r\n`)
  expect(asked).toEqual(['POST /first'])
})

test.each([
  ['an upgrade that is not made', 'GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'],
  ['CONNECT', 'CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a method of its own', 'FOO / HTTP/1.1\r\nHost: h\r\n\r\n'],
])('%s gets all of a long answer', async (_, text) => {
  const length = 5 << 20
  const listener = await serve((exchange) => exchange.send(200, 'text/plain', Buffer.alloc(length, 'a')))
  expect((await raw(listener, text)).split('\r\n\r\n')[1]).toHaveLength(length)
})

describe.each(protocols)('over %s', (protocol, ask) => {
  test('a request arrives as it was sent and the response as it was given', async () => {
    const listener = await serve((exchange) => {
      exchange.header('Audit-Id', 'x')
      exchange.header('Warning', '299 - "a"')
      exchange.header('Warning', '299 - "b"')
      const { method, path, query, headers } = exchange
      const values = exchange.headerValues('x-many')
      exchange.send(
        201,
        'application/json',
        JSON.stringify([method, path, query, headers['x-one'], values, exchange.protocol]),
      )
    })
    const answer = await ask(listener, { 'x-one': '1', 'x-many': 'a, b' }, undefined, 'GET', '/a%2Fb//c?d=e?f')
    expect(answer.status).toBe(201)
    expect(JSON.parse(String(answer.body))).toEqual(['GET', '/a%2Fb//c', 'd=e?f', '1', ['a, b'], protocol])
    expect(answer.headers).toMatchObject({ 'audit-id': 'x', 'content-type': 'application/json' })
    expect(String(answer.headers.warning)).toBe('299 - "a", 299 - "b"')
    expect(answer.headers.date).toBeDefined()
    expect(answer.headers['content-length']).toBe(String(answer.body.length))
  })

  test('values of headers are UTF-8, as names of users are', async () => {
    const listener = await serve((exchange) => exchange.send(200, '', JSON.stringify(exchange.headerValues('x-name'))))
    const answer = await ask(listener, { 'x-name': Buffer.from('Jörg ☃').toString('latin1') })
    expect(JSON.parse(String(answer.body))).toEqual(['Jörg ☃'])
  })

  test('HEAD has the length but no body, 204 neither', async () => {
    const listener = await serve((exchange) =>
      exchange.send(exchange.path === '/none' ? 204 : 200, 'text/plain', 'hello'),
    )
    const head = await ask(listener, {}, undefined, 'HEAD')
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '5', 0])
    const none = await ask(listener, {}, undefined, 'GET', '/none')
    expect([none.status, none.headers['content-length'], none.body.length]).toEqual([204, undefined, 0])
  })

  test('large bodies in pieces arrive whole', async () => {
    const pieces = Array.from({ length: 900 }, (_, i) => Buffer.alloc(i * 7, String(i % 10)))
    const listener = await serve((exchange) => exchange.send(200, 'x/y', pieces))
    const answer = await ask(listener, {})
    expect(answer.body.equals(Buffer.concat(pieces))).toBe(true)
  })

  test('gzip from 128 KiB on, if it is asked for by its bare name', async () => {
    const body = Buffer.alloc(128 * 1024, 'a')
    const listener = await serve((exchange) =>
      exchange.send(200, 'x/y', exchange.path === '/small' ? body.subarray(1) : [body]),
    )
    const packed = await ask(listener, { 'accept-encoding': 'deflate, gzip' })
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(gunzipSync(packed.body).equals(body)).toBe(true)
    for (const accept of ['gzip;q=1.0', '*', 'deflate', 'gzip;q=0']) {
      expect((await ask(listener, { 'accept-encoding': accept })).headers['content-encoding']).toBeUndefined()
    }
    const small = await ask(listener, { 'accept-encoding': 'gzip' }, undefined, 'GET', '/small')
    expect(small.headers['content-encoding']).toBeUndefined()
  })

  test('request bodies: whole, packed, only said to be packed, too large, a bomb', async () => {
    const listener = await serve(echo(100_000))
    const body = Buffer.from('{"a":1}')
    expect((await ask(listener, {}, body, 'POST')).body).toEqual(body)
    expect((await ask(listener, {}, Buffer.alloc(0), 'POST')).body.length).toBe(0)
    expect((await ask(listener, { 'content-encoding': 'gzip' }, gzipSync(body), 'POST')).body).toEqual(body)
    expect((await ask(listener, { 'content-encoding': 'gzip' }, body, 'POST')).body).toEqual(body)
    const tooLarge = 'Request entity too large: limit is 100000'
    for (const [headers, sent] of [
      [{}, Buffer.alloc(100_001)],
      [{ 'content-length': '5000000' }, Buffer.alloc(5_000_000)],
      [{ 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(50_000_000))],
    ] as [Record<string, string>, Buffer][]) {
      const answer = await ask(listener, headers, sent, 'POST')
      expect([answer.status, String(answer.body)]).toEqual([413, tooLarge])
    }
    const broken = gzipSync(body).subarray(0, 20)
    expect((await ask(listener, { 'content-encoding': 'gzip' }, broken, 'POST')).status).toBe(400)
  })

  test('too many header bytes are a 431', async () => {
    const listener = await serve((exchange) => exchange.send(200, 'text/plain', 'ok'), { maxHeaderBytes: 40_000 })
    const headers = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x-${i}`, 'v'.repeat(1000)]))
    expect((await ask(listener, headers)).status).toBe(431)
    expect((await ask(listener, { 'x-a': 'v'.repeat(1000) })).status).toBe(200)
  })

  test('a streamed response tells of slow peers and ends', async () => {
    const listener = await serve(async (exchange) => {
      const stream = exchange.stream(200, 'x/y')
      for (let i = 0; i < 100; i++) if (!stream.write(Buffer.alloc(10_000, 'z'))) await stream.drained()
      stream.end()
    })
    expect((await ask(listener, {})).body.length).toBe(1_000_000)
  })

  test('an abort tells the handler to stop and still allows a response', async () => {
    const listener = await serve((exchange) => {
      exchange.signal.addEventListener('abort', () => exchange.send(504, 'text/plain', 'late'))
      setTimeout(() => exchange.abort(new Error('time')), 10)
    })
    expect((await ask(listener, {})).status).toBe(504)
  })

  test('a second response is refused, done is called once', async () => {
    let done = 0
    let second: unknown
    const listener = await serve((exchange) => {
      exchange.onDone(() => done++)
      exchange.send(200, 'text/plain', 'one')
      try {
        exchange.send(200, 'text/plain', 'two')
      } catch (error) {
        second = error
      }
    })
    expect(String((await ask(listener, {})).body)).toBe('one')
    expect(String(second)).toContain('was begun already')
    expect(done).toBe(1)
  })
})

test('the handler hears of a client that goes away, on both protocols', async () => {
  let gone = 0
  const listener = await serve((exchange) => exchange.signal.addEventListener('abort', () => gone++))
  const client = session(listener)
  client.request({ ':path': '/' }).on('error', () => undefined)
  const request = httpsRequest({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, agent: false })
  request.on('error', () => undefined).end()
  await until(() => listener.exchanges === 2)
  client.destroy()
  request.destroy()
  await until(() => gone === 2)
  await until(() => listener.exchanges === 0 && listener.connections === 0)
})

test('a body that trickles is given up, and its connection too', async () => {
  const listener = await serve(echo(), { bodyTimeoutMs: 50 })
  const socket = tlsConnect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
  open.push(() => socket.destroy())
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc')
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += String(chunk)))
  await once(socket, 'close')
  expect(text).toContain('408 Request Timeout')
  expect(text).toContain('connection: close')
})

test('a head that trickles is given up', async () => {
  const listener = await serve(echo(), { headerTimeoutMs: 200 })
  const socket = tlsConnect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
  open.push(() => socket.destroy())
  socket.write('GET / HTTP/1.1\r\nHost')
  socket.resume()
  await once(socket, 'close')
  await until(() => listener.connections === 0)
})

test('100-continue is sent only to who reads the body', async () => {
  const listener = await serve((exchange) =>
    exchange.path === '/refuse' ? exchange.send(403, 'text/plain', 'no') : echo()(exchange),
  )
  for (const [path, continued, status] of [
    ['/read', true, 200],
    ['/refuse', false, 403],
  ] as const) {
    const request = httpsRequest({
      ...{ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, agent: false, method: 'POST', path },
      headers: { expect: '100-continue', 'content-length': '3' },
    })
    let got = false
    request.on('continue', () => {
      got = true
      request.end('abc')
    })
    request.flushHeaders()
    const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }]
    response.resume()
    expect([response.statusCode, got]).toEqual([status, continued])
    request.on('error', () => undefined).destroy()
  }
})

test('pipelined requests on one connection are answered in order', async () => {
  const listener = await serve((exchange) => {
    const delay = exchange.path === '/slow' ? 30 : 0
    setTimeout(() => exchange.send(200, 'text/plain', exchange.path), delay)
  })
  const socket = tlsConnect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
  open.push(() => socket.destroy())
  const one = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`
  socket.write(one('/slow') + one('/fast') + one('/last').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += String(chunk)))
  await once(socket, 'close')
  expect(text.match(/\/(slow|fast|last)/g)).toEqual(['/slow', '/fast', '/last'])
})

test('an upgrade hands over the raw connection, or is refused like any request', async () => {
  const listener = await serve((exchange) => {
    if (exchange.path === '/refuse') {
      exchange.send(403, 'text/plain', 'no')
      return
    }
    const { socket } = exchange.upgrade()!
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    socket.on('data', (chunk: Buffer) => socket.end(chunk))
  })
  const options = { host: '127.0.0.1', port: listener.port, rejectUnauthorized: false, agent: false } as const
  const headers = { connection: 'upgrade', upgrade: 'x' }
  const request = httpsRequest({ ...options, headers })
  request.end()
  const [, socket] = (await once(request, 'upgrade')) as [unknown, import('node:stream').Duplex]
  socket.write('ping')
  expect(String((await once(socket, 'data'))[0])).toBe('ping')
  const refused = await ask1(listener, { headers, path: '/refuse' })
  expect([refused.status, String(refused.body)]).toEqual([403, 'no'])
  await until(() => listener.connections === 0)
})

test('a flood of resets ends the connection, not the server', async () => {
  const listener = await serve((exchange) => setTimeout(() => exchange.responded || exchange.send(200, 'x/y', 'x'), 50))
  const client = session(listener)
  let closed = false
  client.on('close', () => (closed = true))
  await once(client, 'connect')
  for (let i = 0; i < 5000 && !closed; i++) {
    const stream = client.request({ ':path': '/' })
    stream.on('error', () => undefined)
    stream.close(8)
    if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => closed)
  expect((await ask2(session(listener), {})).status).toBe(200)
})

describe('certificates', () => {
  const shown = (listener: Listener, servername: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = tlsConnect(
        { host: '127.0.0.1', port: listener.port, servername, rejectUnauthorized: false },
        () => {
          resolve(String(socket.getPeerCertificate().subject.CN))
          socket.destroy()
        },
      )
      socket.on('error', reject)
    })

  test('are chosen by server name: exact, wildcard, explicit, default', async () => {
    const other = { certFile: file('other.crt'), keyFile: file('other.key') }
    const renewed = { certFile: file('renewed.crt'), keyFile: file('renewed.key') }
    const listener = await serve(echo(), { sni: [{ source: other }, { source: renewed, names: ['x.wild.test'] }] })
    const names = ['localhost', 'other.test', 'OTHER.test', 'a.wild.test', 'x.wild.test', 'nobody.test']
    expect(await Promise.all(names.map((name) => shown(listener, name)))).toEqual([
      ...['main', 'other', 'other', 'other', 'renewed', 'main'],
    ])
  })

  test('are read again when their files change; broken ones are not taken', async () => {
    for (const kind of ['crt', 'key']) copyFileSync(file(`main.${kind}`), file(`live.${kind}`))
    let failed = 0
    const listener = await serve(echo(), {
      certificate: { certFile: file('live.crt'), keyFile: file('live.key') },
      hooks: { reloadFailed: () => failed++ },
    })
    expect(await shown(listener, 'localhost')).toBe('main')
    copyFileSync(file('renewed.crt'), file('live.crt'))
    listener.checkCertificates()
    expect([await shown(listener, 'localhost'), failed]).toEqual(['main', 1])
    copyFileSync(file('renewed.key'), file('live.key'))
    listener.checkCertificates()
    expect([await shown(listener, 'localhost'), failed]).toEqual(['renewed', 1])
  })

  test('of clients are asked for, not required, and seen once for a connection', async () => {
    const chains: (readonly Buffer[])[] = []
    const listener = await serve(
      (exchange) => {
        chains.push(exchange.clientCertificates)
        exchange.send(200, 'text/plain', '')
      },
      { clientCa: { caFiles: [file('main.crt')] } },
    )
    await ask1(listener, {})
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    open.push(() => agent.destroy())
    const pair = { cert: readFileSync(file('other.crt')), key: readFileSync(file('other.key')) }
    await ask1(listener, { agent, ...pair })
    await ask1(listener, { agent, ...pair })
    expect(chains.map((chain) => chain.length)).toEqual([0, 1, 1])
    expect(chains[1]).toBe(chains[2])
  })

  test('and TLS 1.1 or an unknown cipher suite are refused', async () => {
    const listener = await serve(echo(), {
      cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
      maxVersion: 'TLSv1.2',
    })
    const socket = tlsConnect({ host: '127.0.0.1', port: listener.port, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    expect(socket.getCipher().name).toBe('ECDHE-ECDSA-AES256-GCM-SHA384')
    socket.destroy()
    const old = tlsConnect({ host: '127.0.0.1', port: listener.port, maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' })
    await once(old, 'error')
    await expect(serve(echo(), { cipherSuites: ['TLS_NOTHING'] })).rejects.toThrow(
      'Cipher suite TLS_NOTHING not supported',
    )
  })

  test('keys are exchanged over the curves that are allowed', async () => {
    const { port } = await serve(echo(), { curves: [24] })
    const asked = (ecdhCurve: string) => tlsConnect({ host: '127.0.0.1', port, rejectUnauthorized: false, ecdhCurve })
    const allowed = asked('P-256:P-384')
    await once(allowed, 'secureConnect')
    expect(allowed.getEphemeralKeyInfo()).toMatchObject({ name: 'secp384r1' })
    allowed.destroy()
    await once(asked('P-256'), 'error')
  })
})

test('an HTTP/2 connection without a stream is closed after its time, one with a silent stream is not', async () => {
  const listener = await serve((exchange) => void exchange.stream(200, 'x/y'), { idleTimeoutMs: 100 })
  const [idle, watching] = [session(listener), session(listener)]
  await Promise.all([once(idle, 'connect'), once(watching, 'connect')])
  const silent = ask2(watching, {}).catch(() => 'cut')
  await until(() => idle.destroyed)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect([watching.destroyed, listener.connections, listener.exchanges]).toEqual([false, 1, 1])
  watching.destroy()
  await silent
})

test('drain lets requests finish, turns new connections away and leaves nothing open', async () => {
  const listener = await serve((exchange) => setTimeout(() => exchange.send(200, 'text/plain', 'done'), 100))
  const client = session(listener)
  const agent = new Agent({ keepAlive: true })
  open.push(() => agent.destroy())
  const [first, second] = [ask2(client, {}), ask1(listener, { agent })]
  await until(() => listener.exchanges === 2)
  const drained = listener.drain(5000)
  await expect(ask1(listener, {})).rejects.toThrow('ECONNREFUSED')
  expect((await first).status).toBe(200)
  expect((await second).status).toBe(200)
  await drained
  expect([listener.connections, listener.exchanges]).toEqual([0, 0])
})

test('drain cuts what is not done in time', async () => {
  const listener = await serve((exchange) => exchange.stream(200, 'x/y').write(Buffer.from('x')))
  const endless = ask2(session(listener), {}).catch(() => 'cut')
  await until(() => listener.exchanges === 1)
  const start = Date.now()
  await listener.drain(100)
  expect(Date.now() - start).toBeLessThan(2000)
  await endless
})

test('closeConnection ends an HTTP/2 connection after its response', async () => {
  const listener = await serve((exchange) => {
    exchange.closeConnection()
    exchange.send(401, 'text/plain', 'no')
  })
  const client = session(listener)
  expect((await ask2(client, {})).status).toBe(401)
  await until(() => client.destroyed)
})

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 5000
  while (!condition()) {
    if (Date.now() > end) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('an answer that lasts lets go of the headers and goes on; who writes is told when a chunk is no longer needed', async () => {
  const seen: unknown[] = []
  const listener = await serve((exchange) => {
    exchange.onDone(() => seen.push('first'))
    exchange.onDone(() => seen.push('second'))
    const stream = exchange.stream(200, 'x/y')
    exchange.release()
    seen.push(exchange.headers, exchange.headerValues('accept'))
    const chunk = Buffer.alloc(300_000, 'a')
    stream.write(chunk, () => {
      chunk.fill('b')
      seen.push('taken')
      stream.end()
    })
  })
  const client = session(listener)
  const answer = await ask2(client, { accept: 'x/y', 'user-agent': 'me' })
  expect(answer.status).toBe(200)
  expect(answer.body.equals(Buffer.alloc(300_000, 'a'))).toBe(true)
  expect(seen).toEqual([{ 'user-agent': 'me' }, [], 'taken', 'first', 'second'])
})
