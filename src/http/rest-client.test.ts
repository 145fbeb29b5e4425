import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { RefusedCall } from './refused-call.js'
import { RestClient, type RestTarget } from './rest-client.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-rest-client-'))
let cert = ''
let key = ''
let server: Server
let url = ''
let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end('{}')
let sockets = 0
const clients: RestClient[] = []

beforeAll(async () => {
  const at = (name: string): string => join(folder, name)
  const options = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,DNS:hook.ns.svc']
  execFileSync('openssl', ['req', ...options, '-keyout', at('key'), '-out', at('cert'), ...subject], {
    stdio: 'ignore',
  })
  cert = readFileSync(at('cert'), 'utf8')
  key = readFileSync(at('key'), 'utf8')
  server = createServer({ cert, key }, (request, response) => answer(request, response))
  server.on('secureConnection', () => sockets++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `https://localhost:${port()}`
})
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const port = (): number => (server.address() as AddressInfo).port
const body = Buffer.from('{}')
function clientFor(target: Partial<RestTarget> = {}, options = {}): RestClient {
  const client = new RestClient({ url: `${url}/hook`, ca: cert, ...target }, options)
  clients.push(client)
  return client
}
const failure = async (client: RestClient, timeoutMs = 5_000, signal?: AbortSignal): Promise<string> => {
  const error = await client.post(body, { timeoutMs, signal }).then(
    () => new Error('answered'),
    (error: Error) => error,
  )
  return error.message.replaceAll(url, 'URL')
}

it('posts, tells the timeout, and keeps its connection', async () => {
  const seen: string[] = []
  answer = (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['content-type']} ${request.httpVersion}`)
    response.end('{"a":1}')
  }
  const client = clientFor()
  const before = sockets
  for (let i = 0; i < 3; i++) expect((await client.post(body, { timeoutMs: 1_500 })).toString()).toBe('{"a":1}')
  expect(sockets - before).toBe(1)
  expect(new Set(seen)).toEqual(new Set(['POST /hook?timeout=2s application/json 1.1']))
})

it.each([
  [
    302,
    'text/plain',
    'over there',
    'the server responded with the status code 302 but did not return more information',
  ],
  [500, 'text/plain', ' oops\n', 'an error on the server ("oops") has prevented the request from succeeding'],
  [500, 'application/json', '{"a":1}', 'an error on the server ("unknown") has prevented the request from succeeding'],
  [404, 'text/plain', 'x', 'the server could not find the requested resource'],
  [
    418,
    'application/json',
    '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"told","code":409}',
    'told',
  ],
  [
    500,
    'application/json',
    '{"kind":"Status","message":"of no version"}',
    'an error on the server ("unknown") has prevented the request from succeeding',
  ],
])('a %i is a refusal', async (status, type, text, message) => {
  answer = (_, response) => {
    response.writeHead(status, { 'content-type': type })
    response.end(text)
  }
  const error = await clientFor()
    .post(body, { timeoutMs: 1_000 })
    .catch((error: unknown) => error)
  expect(error).toBeInstanceOf(RefusedCall)
  expect((error as RefusedCall).message).toBe(message)
})

it('asks again where it is told when', async () => {
  let calls = 0
  answer = (_, response) => {
    calls++
    if (calls === 1) response.writeHead(429, { 'retry-after': '0' })
    response.end('{}')
  }
  await clientFor().post(body, { timeoutMs: 1_000 })
  expect(calls).toBe(2)
})

it('does not wait in vain for the next attempt', async () => {
  answer = (_, response) => {
    response.writeHead(429, { 'retry-after': '5' })
    response.end('later')
  }
  expect(await failure(clientFor(), 50)).toBe('Post "URL/hook?timeout=1s": context deadline exceeded')
})

it('does not wait longer than it may', async () => {
  answer = () => {}
  expect(await failure(clientFor(), 50)).toBe('Post "URL/hook?timeout=1s": context deadline exceeded')
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 20)
  expect(await failure(clientFor(), 5_000, abort.signal)).toBe('Post "URL/hook?timeout=5s": context canceled')
})

it('does not read more than it may', async () => {
  answer = (_, response) => void response.end('x'.repeat(200_000))
  expect(await failure(clientFor({}, { maxResponseBytes: 1_000 }))).toBe('the response is larger than 1000 bytes')
})

it('tells a peer that goes away', async () => {
  answer = (_, response) => void response.socket?.destroy()
  expect(await failure(clientFor())).toBe('Post "URL/hook?timeout=5s": EOF')
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => response.socket?.destroy())
  }
  expect(await failure(clientFor())).toBe(
    'unexpected error when reading response body. Please retry. Original error: unexpected EOF',
  )
})

it('trusts nobody but its authorities, and only those of the right name', async () => {
  expect(await failure(clientFor({ ca: undefined }))).toBe(
    'Post "URL/hook?timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
  )
  expect(await failure(clientFor({ serverName: 'other.ns.svc' }))).toContain(
    'x509: certificate is valid for localhost, hook.ns.svc, not other.ns.svc',
  )
})

it('connects where the address says, and tells why there is none', async () => {
  answer = (request, response) => void response.end(JSON.stringify(request.headers.host))
  const address = () => ({ host: '127.0.0.1', port: port() })
  const client = clientFor({ url: 'https://hook.ns.svc:443/x', address })
  expect((await client.post(body, { timeoutMs: 1_000 })).toString()).toBe('"hook.ns.svc:443"')
  const missing = new Error('service "hook" not found')
  // The code of an ApiError is a number.
  for (const error of [missing, Object.assign(new Error('no service port 443 found'), { code: 503 })]) {
    const lost = clientFor({ url: 'https://hook.ns.svc:443/x', address: () => Promise.reject(error) })
    expect(await failure(lost)).toBe(`Post "https://hook.ns.svc:443/x?timeout=5s": ${error.message}`)
  }
})

it('says who it is', async () => {
  answer = (request, response) => void response.end(request.headers.authorization)
  const identity = { keyPair: undefined, headers: { authorization: 'Bearer t' } }
  expect((await clientFor({ identity }).post(body, { timeoutMs: 1_000 })).toString()).toBe('Bearer t')
})

it('takes the certificate of the peer for an authority, as Go does', async () => {
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=ca', '-keyout', at('ca.key'), '-out', at('ca.crt'))
  openssl('req', ...key, '-subj', '/CN=leaf', '-keyout', at('leaf.key'), '-out', at('leaf.csr'))
  writeFileSync(at('leaf.ext'), 'subjectAltName=DNS:localhost')
  const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('leaf.ext')]
  openssl('x509', '-req', '-in', at('leaf.csr'), ...signed, '-days', '2', '-out', at('leaf.crt'))
  const leaf = readFileSync(at('leaf.crt'), 'utf8')
  const peer = createServer({ cert: leaf, key: readFileSync(at('leaf.key')) }, (_, response) => void response.end('ok'))
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
  const client = clientFor({ url: `https://localhost:${(peer.address() as AddressInfo).port}/`, ca: leaf })
  expect(String(await client.post(body, { timeoutMs: 5_000 }))).toBe('ok')
  client.close()
  await new Promise((resolve) => peer.close(resolve))
})

it('joins the path as client-go does', async () => {
  answer = (request, response) => void response.end(request.url)
  const asked = async (path: string): Promise<string> =>
    String(await clientFor({ url: `${url}${path}` }).post(body, { timeoutMs: 1_000 }))
  expect(await asked('//mutate//x/')).toBe('/mutate/x?timeout=1s')
  expect(await asked('')).toBe('/?timeout=1s')
})

it('follows redirects as Go does', async () => {
  const seen: string[] = []
  answer = (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const type = request.headers['content-type'] ?? ''
      seen.push(`${request.method} ${request.url} ${type} ${Buffer.concat(parts).toString()}`)
      const [, status, location] = /^\/(\d+)(\/.*?)(\?|$)/.exec(request.url ?? '') ?? []
      if (status === undefined) response.end('"there"')
      else response.writeHead(Number(status), { location: location! }).end()
    })
  }
  const asked = async (path: string): Promise<string> =>
    String(await clientFor({ url: `${url}${path}` }).post(body, { timeoutMs: 1_000 }))
  expect(await asked('/307/302/end')).toBe('"there"')
  expect(seen).toEqual([
    'POST /307/302/end?timeout=1s application/json {}',
    'POST /302/end application/json {}',
    'GET /end  ',
  ])
  answer = (request, response) => void response.writeHead(308, { location: `${request.url}0` }).end()
  expect(await failure(clientFor())).toBe(`Post "URL/hook?timeout=5s${'0'.repeat(9)}": stopped after 10 redirects`)
})

it('reads what is zipped, and refuses what is empty', async () => {
  answer = (request, response) => {
    expect(request.headers['accept-encoding']).toBe('gzip')
    response.setHeader('content-encoding', 'gzip').end(gzipSync('{"a":1}'))
  }
  expect(String(await clientFor().post(body, { timeoutMs: 1_000 }))).toBe('{"a":1}')
  answer = (_, response) => void response.setHeader('content-encoding', 'gzip').end('plain')
  expect(await failure(clientFor())).toContain('Original error: gzip: invalid header')
  answer = (_, response) => void response.end()
  expect(await failure(clientFor())).toBe('0-length response with status code: 200 and content type: application/json')
  expect((await clientFor({}, { mayBeEmpty: true }).post(body, { timeoutMs: 1_000 })).length).toBe(0)
})

it('tells errors with codes that are no words', async () => {
  const address = () => Promise.reject(Object.assign(new Error('service "hook" not found'), { code: 404 }))
  expect(await failure(clientFor({ address }))).toBe('Post "URL/hook?timeout=5s": service "hook" not found')
})
