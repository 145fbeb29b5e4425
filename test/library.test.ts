import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../src/index.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kats-library-'))
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const options = (more: ServerOptions = {}): ServerOptions => ({
  authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
  ...more,
})

interface Running {
  readonly server: Server
  readonly run: Promise<void>
}

async function started(more?: ServerOptions): Promise<Running> {
  const server = await createServer(options(more))
  const run = server.run()
  await server.ready
  return { server, run }
}

const ask = (
  { server }: Running,
  path: string,
  { method = 'GET', body, headers = {} }: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<{ code: number; body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request(
      `${server.url}${path}`,
      { method, headers: { authorization: 'Bearer secret', ...headers }, rejectUnauthorized: false },
      (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve({ code: answer.statusCode!, body: text }))
        answer.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })

const json = { 'content-type': 'application/json' }
const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })

test('two servers in one process do not know of each other', async () => {
  const [one, two] = await Promise.all([started(), started()])
  expect((await ask(one, configMaps, { method: 'POST', body: configMap('mine'), headers: json })).code).toBe(201)
  expect((await ask(one, `${configMaps}/mine`)).code).toBe(200)
  expect((await ask(two, `${configMaps}/mine`)).code).toBe(404)
  await one.server.close()
  await one.run
  expect((await ask(two, '/readyz')).body).toBe('ok')
  await two.server.close()
  await two.run
})

test('what was acknowledged is there after a restart', async () => {
  const store = { dataDir: join(folder, 'kept') }
  const first = await started({ store })
  await ask(first, configMaps, { method: 'POST', body: configMap('kept'), headers: json })
  await first.server.close()
  await first.run
  const second = await started({ store })
  expect((await ask(second, `${configMaps}/kept`)).code).toBe(200)
  await second.server.close()
  await second.run
})

test('all problems of the options are told at once', async () => {
  const wrong = createServer(
    options({ generic: { requestTimeoutMs: -1 }, network: { serviceClusterIpRanges: ['nonsense'] } }),
  )
  await expect(wrong).rejects.toThrow(
    /request-timeout[\s\S]*service-cluster-ip-range|service-cluster-ip-range[\s\S]*request-timeout/,
  )
})

test('a signal ends watches politely and then the server', async () => {
  const stopping = new AbortController()
  const server = await createServer(options())
  const run = server.run(stopping.signal)
  await server.ready
  const running = { server, run }
  const watch = ask(running, `${configMaps}?watch=true&timeoutSeconds=60`)
  await new Promise((resolve) => setTimeout(resolve, 200))
  stopping.abort()
  expect((await watch).code).toBe(200)
  await run
})

const nested = (depth: number, open: string, close: string) =>
  `{"metadata":{"name":"x"},"data":${open.repeat(depth)}${close.repeat(depth)}}`
const bad: { what: string; body: string; type?: string }[] = [
  { what: 'nothing at all', body: '' },
  { what: 'half of an object', body: '{"apiVersion":"v1","kind":"Config' },
  { what: 'a list', body: '[]' },
  { what: 'a number', body: '5' },
  { what: 'arrays 100,000 deep', body: nested(100_000, '[', ']') },
  { what: 'objects 100,000 deep', body: nested(100_000, '{"a":', '1}').replace('1}', '{}}') },
  {
    what: 'a key of a megabyte',
    body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"${'k'.repeat(1 << 20)}":1,"data":5}`,
  },
  { what: 'invalid UTF-8', body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\xff\xfe"}}' },
  {
    what: 'a prototype',
    body: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","__proto__":{"a":1}},"data":{"__proto__":5}}',
  },
  { what: 'YAML aliases that multiply', type: 'application/yaml', body: bomb() },
  { what: 'YAML that nests deeply', type: 'application/yaml', body: `a: ${'['.repeat(20_000)}` },
  {
    what: 'bytes that are no protobuf',
    type: 'application/vnd.kubernetes.protobuf',
    body: 'k8s\0\x0a\xff\xff\xff\xff\x0f',
  },
  { what: 'an unknown media type', type: 'text/html', body: '<html>' },
]

function bomb(): string {
  let text = 'a0: &a0 [x,x,x,x,x,x,x,x,x]\n'
  for (let i = 1; i < 12; i++)
    text += `a${i}: &a${i} [${Array(9)
      .fill(`*a${i - 1}`)
      .join(',')}]\n`
  return text
}

test('bad input gets a clean refusal, and the server goes on', async () => {
  const running = await started()
  for (const { what, body, type } of bad) {
    const answer = await ask(running, configMaps, {
      method: 'POST',
      body,
      headers: { 'content-type': type ?? json['content-type'] },
    })
    expect(answer.code, what).toBeGreaterThanOrEqual(400)
    expect(answer.code, what).toBeLessThan(500)
  }
  const long = `?labelSelector=${'a,'.repeat(2000)}a&limit=${'9'.repeat(400)}`
  expect((await ask(running, configMaps + long)).code).toBe(400)
  const big = await ask(running, configMaps, { method: 'POST', body: 'x'.repeat(4 << 20), headers: json })
  expect(big.code).toBe(413)
  expect((await ask(running, '/readyz')).body).toBe('ok')
  await running.server.close()
  await running.run
})
