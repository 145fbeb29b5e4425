import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fetchDocument } from './fetch-document.js'

let dir: string
let ca: string
const servers: Server[] = []
const urls: string[] = []
const seen: { url: string; authorization: string | undefined }[] = []
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fetch-'))
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout k -out c -days 1 -subj /CN=x'
  execFileSync('openssl', [...args.split(' '), '-addext', names], { cwd: dir, stdio: 'ignore' })
  ca = readFileSync(join(dir, 'c'), 'utf8')
  for (let i = 0; i < 2; i++) {
    const server = createServer({ cert: ca, key: readFileSync(join(dir, 'k')) }, (request, response) => {
      seen.push({ url: request.url!, authorization: request.headers.authorization })
      const to = new URL(request.url!, 'https://x').searchParams.get('to')
      if (request.url === '/slow') return
      if (request.url === '/cut') {
        response.setHeader('content-length', 100)
        response.write('x')
        return void setTimeout(() => request.socket.destroy(), 10)
      }
      if (request.url === '/loop') response.setHeader('location', '/loop').statusCode = 302
      if (to !== null) response.setHeader('location', to).statusCode = 307
      response.end(request.url === '/large' ? 'x'.repeat(2_000) : 'hello')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    urls.push(`https://localhost:${(server.address() as { port: number }).port}`)
  }
})
afterAll(() => {
  for (const server of servers) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(dir, { recursive: true })
})

test('fetches, and follows redirects without telling other hosts who we are', async () => {
  const headers = { authorization: 'Bearer secret' }
  const answer = await fetchDocument(`${urls[0]}/a?to=/b`, { ca, headers })
  expect(answer).toMatchObject({ status: 200, statusText: '200 OK' })
  expect(answer.bytes.toString()).toBe('hello')
  await fetchDocument(`${urls[0]}/c?to=${encodeURIComponent(`${urls[1]}/d`)}`, { ca, headers })
  expect(seen.map(({ url, authorization }) => `${url.split('?')[0]} ${authorization}`)).toEqual([
    '/a Bearer secret',
    '/b Bearer secret',
    '/c Bearer secret',
    '/d undefined',
  ])
})

const wrong: readonly [path: string, options: object, message: RegExp][] = [
  ['/a?to=http://x/', {}, /^Get "http:\/\/x\/": unsupported protocol scheme "http"$/],
  ['/loop', {}, /stopped after 10 redirects$/],
  ['/large', { maxBytes: 1_000 }, /the response is larger than 1000 bytes$/],
  ['/slow', { timeoutMs: 50 }, /^Get "https:.*\/slow": context deadline exceeded$/],
  ['/cut', {}, /unexpected EOF$|EOF$/],
  ['/a', { ca: undefined }, /x509: certificate signed by unknown authority$/],
]
test.each(wrong)('%s with %j fails', async (path, options, message) => {
  await expect(fetchDocument(urls[0] + path, { ca, ...options })).rejects.toThrow(message)
})

test('ends when it is told to', async () => {
  const end = new AbortController()
  const answer = fetchDocument(`${urls[0]}/slow`, { ca, signal: end.signal })
  end.abort()
  await expect(answer).rejects.toThrow(/context canceled$/)
})
