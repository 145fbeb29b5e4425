import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../src/index.js'
import { type CertificateOptions, createCertificate, type PemPair } from '../src/server/index.js'
import { type ExtensionOptions, type ExtensionServer, startExtensionServer } from './support/extension-server.js'

// biome-ignore lint/suspicious/noExplicitAny: answers of every form
type Json = any

interface Answer {
  readonly code: number
  readonly type: string
  readonly headers: IncomingMessage['headers']
  readonly raw: readonly string[]
  readonly body: Json
}

const folder = mkdtempSync(join(tmpdir(), 'kats-aggregation-'))
const path = (name: string): string => join(folder, name)
const certificate = (options: Omit<CertificateOptions, 'notBefore' | 'notAfter'>, authority?: PemPair): PemPair =>
  createCertificate(
    { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3.6e6), ...options },
    authority,
  )
const write = (name: string, { cert, key }: PemPair): void => {
  writeFileSync(path(`${name}.key`), key)
  writeFileSync(path(`${name}.crt`), cert)
}
const servers = certificate({ commonName: 'servers', usage: 'authority' })
const proxies = certificate({ commonName: 'proxies', usage: 'authority' })
const proxyPair = (commonName: string): PemPair => certificate({ commonName, usage: 'client' }, proxies)
const serving = (service: string): PemPair =>
  certificate({ commonName: service, usage: 'server', dnsNames: [`${service}.default.svc`] }, servers)

let front: Server
const runs: { server: Server; run: Promise<void> }[] = []
const extensions: ExtensionServer[] = []

async function start(options: ServerOptions): Promise<Server> {
  const server = await createServer({
    ...options,
    authentication: { tokenAuthFile: path('tokens.csv'), ...options.authentication },
    authorization: { modes: ['RBAC'] },
  })
  runs.push({ server, run: server.run() })
  await server.ready
  return server
}

const extension = async (options: Pick<ExtensionOptions, 'group'> & Partial<ExtensionOptions>) => {
  const started = await startExtensionServer({
    certificate: serving('ext'),
    proxyAuthority: proxies.cert,
    ...options,
  })
  extensions.push(started)
  return started
}

beforeAll(async () => {
  writeFileSync(path('tokens.csv'), 'secret,admin,1,system:masters\nweak,jane,jane-uid,devs\n')
  write('proxy', proxyPair('front-1'))
  write('proxies', proxies)
  front = await start({
    aggregator: { proxyClientCertFile: path('proxy.crt'), proxyClientKeyFile: path('proxy.key') },
    generic: { requestTimeoutMs: 6_000 },
  })
})

afterAll(async () => {
  for (const { server, run } of runs.toReversed()) {
    await server.close()
    await run
  }
  for (const each of extensions) await each.close()
  rmSync(folder, { recursive: true, force: true })
})

const open = (target: string, options: RequestOptions & { to?: Server; as?: string } = {}): ClientRequest => {
  const { to = front, as = 'secret', headers, ...more } = options
  return request(`${to.url}${target}`, {
    agent: false,
    rejectUnauthorized: false,
    ...more,
    headers: { authorization: `Bearer ${as}`, ...(headers as object) },
  })
}

interface Asking {
  readonly to?: Server
  readonly as?: string
  readonly headers?: Record<string, string>
  readonly maxHeaderSize?: number
}

const ask = (method: string, target: string, body?: Json, asking: Asking = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': method === 'PATCH' ? mergePatch : 'application/json' }
    const sent = open(target, { ...asking, method, headers: { ...type, ...asking.headers } })
    sent.on('error', reject)
    sent.on('response', (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => {
        const { 'content-type': contentType = '' } = answer.headers
        const text = Buffer.concat(parts).toString()
        const isJson = contentType.startsWith('application/json')
        resolve({
          code: answer.statusCode ?? 0,
          type: contentType,
          headers: answer.headers,
          raw: answer.rawHeaders,
          body: isJson && text !== '' ? JSON.parse(text) : text,
        })
      })
    })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
const get = (target: string, asking: Asking = {}) => ask('GET', target, undefined, asking)

const mergePatch = 'application/merge-patch+json'
const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices'
const aggregatedAccept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
const soon = { timeout: 20_000, interval: 50 }
const bundle = Buffer.from(servers.cert).toString('base64')

const apiService = (group: string, service: object | undefined, more: object = {}): Json => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `v1.${group}` },
  spec: { group, version: 'v1', groupPriorityMinimum: 100, versionPriority: 10, service, ...more },
})
const external = (name: string): Json => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { type: 'ExternalName', externalName: 'localhost' },
})
/** Registers a group whose server is reached at a port of this machine, by the name of a service. */
async function register(group: string, port: number, service = 'ext', more: object = {}): Promise<void> {
  await ask('POST', '/api/v1/namespaces/default/services', external(service))
  const body = apiService(group, { namespace: 'default', name: service, port }, { caBundle: bundle, ...more })
  expect(await ask('POST', apiServices, body)).toMatchObject({ code: 201, body: { status: {} } })
}
const condition = async (group: string): Promise<Json> =>
  (await get(`${apiServices}/v1.${group}`)).body.status?.conditions?.[0]
const available = (group: string): Promise<void> =>
  vi.waitFor(async () => expect(await condition(group)).toMatchObject({ status: 'True' }), soon)

const discovered = async (group: string): Promise<Json> =>
  (await get('/apis', { headers: { accept: aggregatedAccept } })).body.items.find(
    ({ metadata }: Json) => metadata.name === group,
  )

describe('a well server', () => {
  const group = 'well.test'
  const things = `/apis/${group}/v1/namespaces/default/things`
  let server: ExtensionServer
  beforeAll(async () => {
    server = await extension({ group })
    await register(group, server.port)
    await available(group)
  })

  test('is available, and told who asks by the certificate of the front proxy', async () => {
    expect(await condition(group)).toMatchObject({ reason: 'Passed', message: 'all checks passed' })
    expect(new Set(server.shown)).toEqual(new Set(['front-1']))
    const { code, body } = await get(`${things}/a?x=2&a=1`, {
      headers: {
        'X-Remote-User': 'mallory',
        'X-Remote-Group': 'system:masters',
        'X-Remote-Extra-Scope': 'all',
        'X-Remote-Uid': '0',
        // Neither can one that says who asks be taken away as one of this connection alone.
        Connection: 'x-remote-user, x-remote-group, close',
        'Impersonate-User': 'jane',
        'Impersonate-Group': 'system:masters',
        'Impersonate-Extra-Some%2fKey': Buffer.from('zoë').toString('latin1'),
      },
    })
    expect(code).toBe(200)
    expect(body).toMatchObject({ path: `${things}/a`, query: '?a=1&x=2' })
    const { headers } = body
    expect(headers).toMatchObject({ 'x-remote-user': 'jane', 'x-remote-group': 'system:masters, system:authenticated' })
    expect(Buffer.from(headers['x-remote-extra-some%2fkey'], 'latin1').toString()).toBe('zoë')
    for (const name of ['authorization', 'x-remote-uid', 'x-remote-extra-scope', 'impersonate-user'])
      expect(headers).not.toHaveProperty([name])
    expect(headers.host).toBe(`localhost:${server.port}`)
    expect(headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('gets bodies, and its connections are used again', async () => {
    const connections = new Set<number>()
    for (let i = 0; i < 5; i++) {
      const { body } = await ask('POST', things, { any: 'thing' })
      expect(body).toMatchObject({ method: 'POST', body: '{"any":"thing"}' })
      connections.add(body.connection)
    }
    // Whether it is available is asked meanwhile, perhaps on one that is free just then.
    expect(connections.size).toBeLessThan(4)
  })

  test('may close connections that are kept', async () => {
    await get(things)
    for (let i = 0; i < 3; i++)
      expect(await get(`${things}/reset`)).toMatchObject({ code: 200, body: { kind: 'Echo' } })
    // What may have been done is not done twice.
    await get(things)
    expect(await ask('POST', `${things}/reset`, {})).toMatchObject({
      code: 503,
      body: 'error trying to reach service: EOF\n',
    })
  })

  test('is asked for nothing that the user may not do', async () => {
    const before = server.asked.length
    expect((await get(things, { as: 'weak' })).code).toBe(403)
    expect((await get(things, { as: 'wrong' })).code).toBe(401)
    expect(server.asked.slice(before).filter((line) => line.includes('things'))).toEqual([])
    // Everybody may look at what there is.
    expect((await get(`/apis/${group}/v1`, { as: 'weak' })).body.resources).toHaveLength(2)
  })

  test('has its headers beside those of the server in front, each for itself', async () => {
    const { raw } = await get(`${things}/headers`)
    const values = (wanted: string): string[] =>
      raw.filter((_, i) => i % 2 === 1 && raw[i - 1]!.toLowerCase() === wanted)
    expect(values('audit-id')).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), 'mine'])
    expect(values('cache-control')).toEqual(['no-cache, private', 'max-age=5'])
    expect([values('vary'), values('x-twice')]).toEqual([
      ['1', '2'],
      ['1', '2'],
    ])
    const long = await get(`${things}/long-headers`, { maxHeaderSize: 1 << 20 })
    expect([long.code, long.headers['x-long'], long.headers['x-more']]).toEqual([
      200,
      'a'.repeat(15_000),
      'b'.repeat(15_000),
    ])
  })

  test('may not switch to a protocol that nobody asked for', async () => {
    expect(await get(`${things}/switch`)).toMatchObject({
      code: 503,
      body: 'backend tried to switch protocol "x" when "" was requested\n',
    })
  })

  test('may not send clients elsewhere', async () => {
    const { code, body, headers } = await get(`${things}/redirect`)
    expect([code, body, headers.location]).toEqual([
      502,
      'the backend attempted to redirect this request, which is not permitted',
      undefined,
    ])
  })

  test('sends events of a watch one by one, and hears when the client has gone', async () => {
    const sent = open(`${things}?watch=true`)
    sent.end()
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.on('response', resolve)
      sent.on('error', reject)
    })
    const lines: string[] = []
    answer.on('data', (part) => lines.push(String(part)))
    answer.on('error', () => {})
    expect(server.watches).toBe(1)
    for (const name of ['a', 'b', 'c']) {
      server.event(name)
      await expect.poll(() => lines.at(-1), { timeout: 2_000, interval: 5 }).toContain(`"${name}"`)
    }
    expect(lines).toHaveLength(3)
    sent.destroy()
    await expect.poll(() => server.watches, soon).toBe(0)
  })

  test('sends no faster than the client takes', async () => {
    const sent = open(`${things}/flood`)
    sent.end()
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.on('response', resolve)
      sent.on('error', reject)
    })
    answer.on('error', () => {})
    // All that stands on the way are buffers of sockets.
    let before = -1
    await expect
      .poll(
        () => {
          const still = server.flooded === before
          before = server.flooded
          return still
        },
        { timeout: 10_000, interval: 200 },
      )
      .toBe(true)
    expect(before).toBeLessThan(64 * 1024 * 1024)
    answer.resume()
    await expect.poll(() => server.flooded, soon).toBeGreaterThan(before + 1024 * 1024)
    sent.destroy()
  })

  test('speaks other protocols with clients', async () => {
    const sent = open(`${things}/a/stream`, { headers: { connection: 'Upgrade', upgrade: 'echo' } })
    sent.end()
    const [answer, socket] = await new Promise<[IncomingMessage, Duplex]>((resolve, reject) => {
      sent.on('upgrade', (head, stream) => resolve([head, stream]))
      sent.on('response', ({ statusCode }) => reject(new Error(`answered ${statusCode}`)))
      sent.on('error', reject)
    })
    expect(answer.headers['x-user']).toBe('admin')
    const echoed = new Promise<string>((resolve) => socket.once('data', (part) => resolve(String(part))))
    socket.write('there and back')
    expect(await echoed).toBe('there and back')
    socket.destroy()
  })

  test('has its place in discovery of both forms', async () => {
    await expect
      .poll(() => discovered(group), soon)
      .toMatchObject({
        versions: [
          {
            version: 'v1',
            freshness: 'Current',
            resources: [{ resource: 'things', shortNames: ['th'], subresources: [{ subresource: 'status' }] }],
          },
        ],
      })
    const { groups } = (await get('/apis')).body
    expect(groups.at(0).name).toBe('apiregistration.k8s.io')
    expect(groups.map(({ name }: Json) => name).indexOf(group)).toBeGreaterThan(15)
    expect((await get(`/apis/${group}`)).body.preferredVersion).toEqual({ groupVersion: `${group}/v1`, version: 'v1' })
    const { headers } = await get('/apis', { headers: { accept: aggregatedAccept } })
    const same = { accept: aggregatedAccept, 'if-none-match': String(headers.etag) }
    expect((await get('/apis', { headers: same })).code).toBe(304)
    // The priority decides where it stands.
    await ask('PATCH', `${apiServices}/v1.${group}`, { spec: { groupPriorityMinimum: 19_000 } })
    await expect.poll(async () => (await get('/apis')).body.groups[1].name, soon).toBe(group)
    await expect
      .poll(
        async () => (await get('/apis', { headers: { accept: aggregatedAccept } })).body.items[1].metadata.name,
        soon,
      )
      .toBe(group)
  })

  test('has its place in OpenAPI of both versions', async () => {
    const index = async () => (await get('/openapi/v3')).body
    await expect
      .poll(async () => JSON.parse(await index()).paths[`apis/${group}/v1`], soon)
      .toEqual({
        serverRelativeURL: `/openapi/v3/apis/${group}/v1?hash=1`,
      })
    expect(JSON.parse(await index()).paths.version.serverRelativeURL).toMatch(/^\/openapi\/v3\/version\?hash=/)
    expect((await get(`/openapi/v3/apis/${group}/v1`)).body.info.title).toBe('extension')
    const { paths, definitions } = (await get('/openapi/v2')).body
    expect(paths).toHaveProperty([`/apis/${group}/v1/namespaces/{namespace}/things`])
    expect(paths).not.toHaveProperty(['/apis/apps/v1/hijacked'])
    const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
    expect(definitions['test.Thing'].properties.metadata.$ref).toBe(`#/definitions/${meta}_v2`)
    expect(definitions[`${meta}_v2`]).toEqual({ type: 'object', description: 'an older form of it' })
    expect(definitions[meta].properties).toHaveProperty('labels')
    expect(definitions).not.toHaveProperty(['test.Unused'])
    const binary = await get('/openapi/v2', { headers: { accept: protobuf } })
    expect([binary.code, binary.body.includes('listThings')]).toEqual([200, true])
  })

  test('is shown the certificate of today', async () => {
    write('proxy', proxyPair('front-2'))
    await expect.poll(() => server.shown.at(-1), soon).toBe('front-2')
    await available(group)
    expect((await get(things)).code).toBe(200)
  })

  test('is gone at once with its APIService', async () => {
    expect((await ask('DELETE', `${apiServices}/v1.${group}`)).code).toBe(200)
    expect((await get(things)).body).toBe('404 page not found\n')
    expect((await get(`/apis/${group}`)).code).toBe(404)
    expect(await discovered(group)).toBeUndefined()
    expect(JSON.parse((await get('/openapi/v3')).body).paths).not.toHaveProperty([`apis/${group}/v1`])
    expect((await get('/openapi/v2')).body.definitions).not.toHaveProperty(['test.Thing'])
  })
})

const protobuf = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

test('a server with nothing but old discovery and OpenAPI version 2 is served in the new forms', async () => {
  const group = 'old.test'
  const server = await extension({ group, aggregated: false, openApiV3: false })
  await register(group, server.port)
  await expect
    .poll(() => discovered(group), soon)
    .toMatchObject({
      versions: [
        { resources: [{ resource: 'things', scope: 'Namespaced', subresources: [{ subresource: 'status' }] }] },
      ],
    })
  const index = async () => JSON.parse((await get('/openapi/v3')).body).paths[`apis/${group}/v1`]
  await expect.poll(index, soon).toBeDefined()
  const { body } = await get((await index()).serverRelativeURL)
  const { responses, parameters } = body.paths[`/apis/${group}/v1/namespaces/{namespace}/things`].get
  expect(responses['200'].content['application/json'].schema.$ref).toBe('#/components/schemas/test.Thing')
  expect(parameters).toEqual([{ name: 'limit', in: 'query', schema: { type: 'integer' } }])
  expect(Object.keys(body.components.schemas)).toContain('test.Thing')
  await ask('DELETE', `${apiServices}/v1.${group}`)
})

test('a server that dies is found out and comes back; others never wait for it', async () => {
  const group = 'moody.test'
  const server = await extension({ group })
  await register(group, server.port)
  await available(group)
  await expect.poll(async () => (await discovered(group)).versions[0].freshness, soon).toBe('Current')
  const poke = (n: number) => ask('PATCH', `${apiServices}/v1.${group}`, { metadata: { labels: { poke: `p${n}` } } })
  for (const mood of ['failing', 'nonsense'] as const) {
    server.mood = mood
    await poke(1)
    if (mood === 'failing') {
      const url = `https://localhost:${server.port}/apis/${group}/v1`
      const message = `failing or missing response from ${url}: bad status from ${url}: 500`
      await expect.poll(() => condition(group), soon).toMatchObject({ reason: 'FailedDiscoveryCheck', message })
      expect(await get(`/apis/${group}/v1/namespaces/x/things`)).toMatchObject({
        code: 503,
        type: 'text/plain; charset=utf-8',
        body: 'service unavailable\n',
      })
    }
    await expect
      .poll(async () => (await discovered(group)).versions, soon)
      .toEqual([{ version: 'v1', freshness: 'Stale' }])
    expect((await get('/api/v1/namespaces/default')).code).toBe(200)
    server.mood = 'well'
    await poke(2)
    await available(group)
    await expect.poll(async () => (await discovered(group)).versions[0].freshness, soon).toBe('Current')
  }
  const { body } = await get('/metrics')
  expect(body).toContain(`aggregator_unavailable_apiservice{name="v1.${group}"} 0`)
  expect(body).toContain(`aggregator_unavailable_apiservice_total{name="v1.${group}",reason="FailedDiscoveryCheck"} 1`)
  // One that takes connections and never answers.
  server.mood = 'silent'
  const asked = get(`/apis/${group}/v1`)
  const other = get(`/apis/${group}/v1/namespaces/x/things`)
  const list = Date.now()
  expect((await get('/apis', { headers: { accept: aggregatedAccept } })).code).toBe(200)
  expect((await get('/openapi/v3')).code).toBe(200)
  expect(Date.now() - list).toBeLessThan(2_000)
  expect(await asked).toMatchObject({
    code: 503,
    body: 'error trying to reach service: context deadline exceeded\n',
  })
  expect(await other).toMatchObject({ code: 504 })
  await server.close()
  await poke(3)
  await expect.poll(async () => (await condition(group)).message, soon).toMatch(/connect: connection refused$/)
  await ask('DELETE', `${apiServices}/v1.${group}`)
  await expect.poll(async () => (await get('/metrics')).body, soon).not.toContain(`{name="v1.${group}"}`)
})

test('a server with the certificate of another service is not trusted, unless it is said so', async () => {
  const group = 'tls.test'
  const server = await extension({ group, certificate: serving('somebody') })
  await register(group, server.port)
  const url = `https://localhost:${server.port}/apis/${group}/v1`
  const wrong = 'x509: certificate is valid for somebody.default.svc, not ext.default.svc'
  await expect
    .poll(() => condition(group), soon)
    .toMatchObject({
      message: `failing or missing response from ${url}: Get "${url}": tls: failed to verify certificate: ${wrong}`,
    })
  const told = (spec: object) => ask('PATCH', `${apiServices}/v1.${group}`, { spec })
  await told({ caBundle: null, insecureSkipTLSVerify: true })
  await available(group)
  // With the right name it is still somebody's whom nobody knows.
  const stranger = await extension({ group, certificate: serving('ext') })
  const service = { namespace: 'default', name: 'ext', port: stranger.port }
  await told({ service, insecureSkipTLSVerify: null, caBundle: Buffer.from(proxies.cert).toString('base64') })
  const unknown = /x509: certificate signed by unknown authority$/
  await expect.poll(async () => (await condition(group)).message, soon).toMatch(unknown)
  await told({ caBundle: null, insecureSkipTLSVerify: true })
  await available(group)
  await ask('DELETE', `${apiServices}/v1.${group}`)
})

test('conditions follow services and endpoints', async () => {
  const group = 'steps.test'
  const services = '/api/v1/namespaces/default/services'
  const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
  await ask('POST', apiServices, apiService(group, { namespace: 'default', name: 'steps', port: 8443 }))
  const reason = (wanted: string, message: string) =>
    expect.poll(() => condition(group), soon).toMatchObject({ status: 'False', reason: wanted, message })
  await reason('ServiceNotFound', 'service/steps in "default" is not present')
  const ports = [{ name: 'web', port: 443 }]
  await ask('POST', services, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'steps' }, spec: { ports } })
  await reason('ServicePortError', 'service/steps in "default" is not listening on port 8443')
  await ask('PATCH', `${services}/steps`, { spec: { ports: [{ name: 'web', port: 8443 }] } })
  await reason('EndpointsNotFound', 'cannot find endpointslices for service/steps in "default"')
  const slice = (ready: boolean, name: string) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'steps-1', labels: { 'kubernetes.io/service-name': 'steps' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.1'], conditions: { ready } }],
    ports: [{ name, port: 1 }],
  })
  const missing = 'endpointslices for service/steps in "default" have no addresses with port name "web"'
  await ask('POST', slices, slice(false, 'web'))
  await reason('MissingEndpoints', missing)
  expect((await get(`/apis/${group}/v1`)).body).toBe('service unavailable\n')
  await ask('DELETE', `${apiServices}/v1.${group}`)
  await ask('DELETE', `${services}/steps`)
})

test('APIServices of this server itself are kept', async () => {
  const list = (await get(apiServices)).body.items
  const names = list.map(({ metadata }: Json) => metadata.name)
  expect(names).toEqual(expect.arrayContaining(['v1.', 'v1.apps', 'v2.autoscaling']))
  expect(names).not.toContain('v1.apiregistration.k8s.io')
  await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition('local.test'))
  const own = `${apiServices}/v1.local.test`
  await expect
    .poll(async () => (await get(own)).body.metadata?.labels, soon)
    .toEqual({
      'kube-aggregator.kubernetes.io/automanaged': 'true',
    })
  const { uid } = (await get(own)).body.metadata
  await ask('DELETE', own)
  expect((await get('/apis/local.test/v1')).code).toBe(200)
  await expect.poll(async () => (await get(own)).body.metadata?.uid ?? uid, soon).not.toBe(uid)
  await ask('PATCH', own, { spec: { versionPriority: 7 } })
  await expect.poll(async () => (await get(own)).body.spec.versionPriority, soon).toBe(100)
  await ask('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.local.test')
  await expect.poll(async () => (await get(own)).code, soon).toBe(404)
  expect((await get('/apis/local.test')).code).toBe(404)
  // Those that are made at start are made once.
  await ask('DELETE', `${apiServices}/v1.batch`)
  expect((await get('/apis/batch/v1')).code).toBe(200)
  expect((await get('/apis')).body.groups.map(({ name }: Json) => name)).not.toContain('batch')
})

const definition = (group: string): Json => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `gadgets.${group}` },
  spec: {
    group,
    names: { plural: 'gadgets', kind: 'Gadget' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', description: 'What is wanted.', properties: { size: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
})

describe('a server behind another', () => {
  const group = 'behind.test'
  const gadgets = `/apis/${group}/v1/namespaces/default/gadgets`
  let behind: Server
  beforeAll(async () => {
    const { cert, key } = serving('behind')
    behind = await start({
      secureServing: { certificate: { kind: 'pem', cert, key } },
      authentication: {
        requestHeader: {
          clientCaFile: path('proxies.crt'),
          usernameHeaders: ['X-Remote-User'],
          uidHeaders: ['X-Remote-Uid'],
          groupHeaders: ['X-Remote-Group'],
          extraHeaderPrefixes: ['X-Remote-Extra-'],
        },
      },
    })
    await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition(group), { to: behind })
    await vi.waitFor(async () => expect((await get(gadgets, { to: behind })).code).toBe(200), soon)
    await register(group, Number(new URL(behind.url).port), 'behind')
    await available(group)
  })

  test('does what the first passes on, for whom it says', async () => {
    const gadget = { apiVersion: `${group}/v1`, kind: 'Gadget', metadata: { name: 'one' }, spec: { size: 3 } }
    expect((await ask('POST', gadgets, gadget)).code).toBe(201)
    expect((await get(`${gadgets}/one`, { to: behind })).body.spec).toEqual({ size: 3 })
    expect((await ask('POST', gadgets, { ...gadget, spec: { size: 'big' } })).code).toBe(422)
    // Allowed by the first, refused by the second: it knows jane by name.
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    await ask('POST', `${rbac}/clusterroles`, {
      metadata: { name: 'gadgets' },
      rules: [{ apiGroups: [group], resources: ['*'], verbs: ['*'] }],
    })
    await ask('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'gadgets' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'gadgets' },
      subjects: [{ kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' }],
    })
    const refused = await get(gadgets, { as: 'weak' })
    expect(refused).toMatchObject({ code: 403, body: { message: expect.stringContaining('User "jane" cannot list') } })
    const facts = (
      await get('/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication', { to: behind })
    ).body.data
    expect(facts).toMatchObject({
      'requestheader-client-ca-file': proxies.cert,
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-uid-headers': '["X-Remote-Uid"]',
    })
  })

  test('has its resources and schemas in what the first says of itself', async () => {
    await expect
      .poll(() => discovered(group), soon)
      .toMatchObject({
        versions: [{ resources: [{ resource: 'gadgets', responseKind: { kind: 'Gadget' } }], freshness: 'Current' }],
      })
    const v3 = async () => JSON.parse((await get('/openapi/v3')).body).paths[`apis/${group}/v1`]
    await expect.poll(v3, soon).toBeDefined()
    const document = await get((await v3()).serverRelativeURL)
    expect(document.headers['cache-control']).toContain('immutable')
    expect(document.body.components.schemas).toHaveProperty(['test.behind.v1.Gadget'])
    const { definitions } = (await get('/openapi/v2')).body
    expect(definitions).toHaveProperty(['test.behind.v1.Gadget'])
    // Both have the same forms of what all groups share.
    expect(Object.keys(definitions).filter((name) => name.endsWith('_v2'))).toEqual([])
  })

  test('is used by kubectl as if it were one, with a broken group beside it', async () => {
    await ask('POST', apiServices, apiService('broken.test', { namespace: 'default', name: 'nobody', port: 1 }))
    const config = path('kubeconfig')
    writeFileSync(
      config,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'c',
        clusters: [{ name: 'c', cluster: { server: front.url, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'u', user: { token: 'secret' } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      }),
    )
    const kubectl = (...args: string[]) => run(['--kubeconfig', config, '--cache-dir', path('cache'), ...args])
    const missing = await kubectl('version', '--client')
    if (missing === undefined) return
    writeFileSync(
      path('gadget.yaml'),
      `apiVersion: ${group}/v1\nkind: Gadget\nmetadata: { name: two, namespace: default }\nspec: { size: 4 }\n`,
    )
    expect(await kubectl('apply', '-f', path('gadget.yaml'))).toContain('gadget.behind.test/two created')
    expect(await kubectl('get', 'gadgets')).toMatch(/NAME\s+AGE\s+one\s+\S+\s+two/)
    expect(await kubectl('explain', 'gadgets.spec')).toContain('What is wanted.')
    expect(await kubectl('get', 'apiservice', 'v1.behind.test')).toMatch(/default\/behind\s+True/)
    expect(await kubectl('get', 'namespaces')).toContain('kube-system')
    const everything = await kubectl('api-resources')
    expect(everything).toContain('gadgets')
    expect(everything).toContain('deployments')
    expect(await kubectl('delete', 'gadget', 'two')).toContain('deleted')
    await ask('DELETE', `${apiServices}/v1.broken.test`)
  })
})

/** What a kubectl that is there says; undefined: it is not there. */
const run = (args: string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    const child = spawn('kubectl', args)
    let text = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => {
        text += part
      })
    child.on('error', () => resolve(undefined))
    child.on('close', () => resolve(text))
  })

const address = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

test.skipIf(address === undefined)('requests can go to endpoints rather than to the service', async () => {
  const group = 'routed.test'
  const server = await extension({ group, host: address! })
  const pair = { proxyClientCertFile: path('proxy.crt'), proxyClientKeyFile: path('proxy.key') }
  const to = await start({ aggregator: { ...pair, endpointRouting: true } })
  const stop = runs.at(-1)!
  await ask('POST', '/api/v1/namespaces/default/services', routedService, { to })
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'ext-1', labels: { 'kubernetes.io/service-name': 'ext' } },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['192.0.2.250'], conditions: { ready: false } },
      { addresses: [address], conditions: { ready: true } },
    ],
    ports: [{ name: 'web', port: server.port }],
  }
  await ask('POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice, { to })
  await ask('POST', apiServices, apiService(group, { namespace: 'default', name: 'ext' }, { caBundle: bundle }), { to })
  const things = `/apis/${group}/v1/namespaces/default/things`
  await expect.poll(async () => (await get(things, { to })).code, soon).toBe(200)
  // A server that stops does not wait for the watches of others.
  const watch = open(`${things}?watch=true`, { to })
  const over = new Promise((resolve) =>
    watch.on('error', resolve).on('response', (answer) =>
      answer
        .on('close', resolve)
        .on('error', () => {})
        .resume(),
    ),
  )
  watch.end()
  await expect.poll(() => server.watches, soon).toBe(1)
  await stop.server.close()
  await stop.run
  await over
  expect(server.watches).toBe(0)
})

const routedService: Json = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'ext' },
  spec: { ports: [{ name: 'web', port: 443 }] },
}

test('hooks and checks have the names that probes know', async () => {
  const { body } = await get('/readyz?verbose')
  for (const name of ['poststarthook/apiservice-registration-controller', 'autoregister-completion'])
    expect(body).toContain(`[+]${name} ok`)
  expect(body).toContain('[+]poststarthook/aggregator-reload-proxy-client-cert ok')
})
