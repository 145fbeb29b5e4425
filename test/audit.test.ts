import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../src/index.js'

let folder: string
let logPath: string
let running: { server: Server; run: Promise<void> } | undefined

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kats-audit-'))
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\nlow,bob,2,\n')
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
})
let count = 0
beforeEach(() => {
  logPath = join(folder, `${count++}.log`)
})
afterEach(async () => {
  await running?.server.close()
  await running?.run
  running = undefined
})
afterAll(() => {
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  rmSync(folder, { recursive: true, force: true })
})

async function start(rules: object[], audit: ServerOptions['audit'] = { log: { path: logPath } }): Promise<void> {
  const policyFile = join(folder, 'policy.json')
  writeFileSync(policyFile, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules }))
  const server = await createServer({
    authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
    authorization: { modes: ['RBAC'] },
    audit: { policyFile, ...audit },
  })
  const run = server.run()
  await server.ready
  running = { server, run }
}

const ask = (path: string, options: RequestInit = {}, token = 'secret'): Promise<Response> =>
  fetch(`${running!.server.url}${path}`, {
    ...options,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...options.headers },
  })

interface Event {
  readonly stage: string
  readonly level: string
  readonly verb: string
  readonly requestURI: string
  readonly [field: string]: unknown
}
const read = (text: string): Event[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
const events = (): Event[] => read(readFileSync(logPath, 'utf8'))

const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data: object = { k: 'v' }): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })

test('a write is recorded at every stage with its objects, as the policy wants', async () => {
  await start([
    { level: 'RequestResponse', resources: [{ resources: ['configmaps'] }], omitManagedFields: true },
    { level: 'None' },
  ])
  await ask(configMaps, { method: 'POST', body: configMap('a') })
  await ask('/api/v1/namespaces/default/secrets')
  const [received, complete, ...rest] = events()
  expect(rest).toEqual([])
  expect(received).toMatchObject({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    stage: 'RequestReceived',
    requestURI: configMaps,
    verb: 'create',
    user: { username: 'admin', uid: '1', groups: ['system:masters', 'system:authenticated'] },
    sourceIPs: ['127.0.0.1'],
    objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
  })
  expect(received).not.toHaveProperty('responseStatus')
  expect(complete).toMatchObject({
    auditID: received!.auditID,
    stage: 'ResponseComplete',
    objectRef: { resource: 'configmaps', namespace: 'default', name: 'a', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: { kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } },
    responseObject: { kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  })
  expect(JSON.stringify(complete)).not.toContain('managedFields')
})

test('what is less than a request is recorded without objects', async () => {
  await start([{ level: 'Metadata', omitStages: ['RequestReceived'] }])
  await ask(configMaps, { method: 'POST', body: configMap('a') })
  const patch = { method: 'PATCH', body: '{"data":{"x":"y"}}' }
  await ask(`${configMaps}/a`, { ...patch, headers: { 'content-type': 'application/merge-patch+json' } })
  await ask(`${configMaps}/none`)
  const found = events()
  expect(found.map(({ verb, stage }) => `${verb} ${stage}`)).toEqual([
    'create ResponseComplete',
    'patch ResponseComplete',
    'get ResponseComplete',
  ])
  for (const event of found) {
    expect(event).not.toHaveProperty('requestObject')
    expect(event).not.toHaveProperty('responseObject')
  }
  expect(found[2]!.responseStatus).toEqual({
    metadata: {},
    status: 'Failure',
    message: 'configmaps "none" not found',
    reason: 'NotFound',
    details: { name: 'none', kind: 'configmaps' },
    code: 404,
  })
})

test('lists are recorded as JSON, whatever the client gets; patches as they were sent', async () => {
  await start([{ level: 'RequestResponse', omitStages: ['RequestReceived'] }])
  await ask(configMaps, { method: 'POST', body: configMap('a') })
  for (const accept of ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'])
    await ask(`${configMaps}?limit=5`, { headers: { accept } })
  const applied = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n'
  await ask(`${configMaps}/b?fieldManager=me`, {
    method: 'PATCH',
    body: applied,
    headers: { 'content-type': 'application/apply-patch+yaml' },
  })
  const [, json, protobuf, yaml, apply] = events()
  expect(json!.responseObject).toMatchObject({ kind: 'ConfigMapList', items: [{ metadata: { name: 'a' } }] })
  expect(protobuf!.responseObject).toEqual(json!.responseObject)
  expect(yaml!.responseObject).toEqual(json!.responseObject)
  expect(apply!.requestObject).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } })
})

test('a watch is recorded when it starts and when it ends', async () => {
  await start([{ level: 'Request' }])
  await (await ask(`${configMaps}?watch=1&timeoutSeconds=1`)).text()
  expect(events().map(({ verb, stage }) => `${verb} ${stage}`)).toEqual([
    'watch RequestReceived',
    'watch ResponseStarted',
    'watch ResponseComplete',
  ])
})

test('of what is deprecated the record tells when it has been done', async () => {
  await start([{ level: 'Metadata', omitStages: ['RequestReceived'] }])
  await ask('/api/v1/namespaces/default/endpoints')
  await (await ask('/api/v1/namespaces/default/endpoints?watch=1&timeoutSeconds=1')).text()
  const deprecated = 'k8s.io/deprecated'
  expect(
    events().map(({ verb, stage, annotations }) => [
      verb,
      stage,
      (annotations as Record<string, string> | undefined)?.[deprecated],
    ]),
  ).toEqual([
    ['list', 'ResponseComplete', 'true'],
    ['watch', 'ResponseStarted', undefined],
    ['watch', 'ResponseComplete', 'true'],
  ])
})

test('a timeout that is none is refused, and recorded, before anybody is authenticated', async () => {
  await start([{ level: 'RequestResponse' }])
  await ask(`${configMaps}?timeout=x`)
  const message = 'invalid timeout specified in the request URL - time: invalid duration "x"'
  const [refused, ...more] = events()
  expect(more).toEqual([])
  expect(refused).toMatchObject({
    ...{ stage: 'ResponseStarted', user: {}, verb: 'list' },
    responseStatus: { status: 'Failure', message, reason: 'BadRequest', code: 400 },
    responseObject: { kind: 'Status', message },
  })
  expect(refused).not.toHaveProperty('annotations')
})

test('refusals tell why', async () => {
  await start([{ level: 'Metadata', omitStages: ['RequestReceived'] }])
  await ask(configMaps, {}, 'wrong')
  await ask(configMaps, {}, 'low')
  const headers = { 'impersonate-user': 'carol', 'impersonate-group': 'system:masters' }
  await ask(configMaps, { headers })
  const [unknown, forbidden, other] = events()
  expect(unknown).toMatchObject({ stage: 'ResponseStarted', user: {}, responseStatus: { code: 401 } })
  expect(forbidden).toMatchObject({
    user: { username: 'bob' },
    responseStatus: { code: 403, reason: 'Forbidden' },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
  })
  expect(other).toMatchObject({
    user: { username: 'admin' },
    impersonatedUser: { username: 'carol', groups: ['system:masters', 'system:authenticated'] },
    responseStatus: { code: 200 },
  })
})

test('what admission notes is recorded', async () => {
  await start([{ level: 'Metadata', verbs: ['create'], resources: [{ resources: ['pods'] }] }])
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } }
  await ask('/api/v1/namespaces', { method: 'POST', body: JSON.stringify(namespace) })
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  }
  expect((await ask('/api/v1/namespaces/strict/pods', { method: 'POST', body: JSON.stringify(pod) })).status).toBe(201)
  expect(events().at(-1)!.annotations).toMatchObject({
    'pod-security.kubernetes.io/enforce-policy': 'baseline:latest',
  })
})

test.skipIf(process.platform !== 'linux')('a full disk stops requests only in the strict mode', async () => {
  const full = { path: '/dev/full', maxSizeMegabytes: 0 }
  await start([{ level: 'Metadata' }], { log: { ...full, mode: 'blocking-strict' } })
  const refused = await ask(configMaps)
  expect(refused.status).toBe(500)
  expect(await refused.json()).toMatchObject({ message: 'Internal error occurred: failed to store audit event' })
  await running!.server.close()
  await running!.run
  await start([{ level: 'Metadata' }], { log: { ...full, mode: 'blocking' } })
  expect((await ask(configMaps)).status).toBe(200)
  const metrics = await (await ask('/metrics')).text()
  expect(metrics).toMatch(/apiserver_audit_error_total\{plugin="log"\} [1-9]/)
})

test('events go to a webhook in batches, and none is lost when the server ends', async () => {
  const certificate = join(folder, 'hook')
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=hook', '-addext', 'subjectAltName=IP:127.0.0.1'],
    ...['-keyout', `${certificate}.key`, '-out', `${certificate}.crt`],
  ])
  const received: { items: Event[] }[] = []
  let refusals = 1
  const pair = { key: readFileSync(`${certificate}.key`), cert: readFileSync(`${certificate}.crt`) }
  const hook = createTlsServer(pair, (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      if (refusals-- > 0) return response.writeHead(503).end()
      received.push(JSON.parse(String(Buffer.concat(parts))))
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  const kubeconfig = {
    clusters: [
      {
        name: 'hook',
        cluster: {
          server: `https://127.0.0.1:${(hook.address() as AddressInfo).port}/audit`,
          'certificate-authority': `${certificate}.crt`,
        },
      },
    ],
    contexts: [{ name: 'hook', context: { cluster: 'hook', user: '' } }],
    'current-context': 'hook',
  }
  const configFile = join(folder, 'hook.kubeconfig')
  writeFileSync(configFile, JSON.stringify(kubeconfig))
  await start([{ level: 'Metadata', omitStages: ['RequestReceived'] }], {
    webhook: { configFile, maxBatchSize: 4, initialBackoffMs: 1 },
  })
  for (let i = 0; i < 10; i++) await ask(`${configMaps}/${i}`)
  await running!.server.close()
  expect(received.flatMap(({ items }) => items.map(({ requestURI }) => requestURI)).sort()).toEqual(
    Array.from({ length: 10 }, (_, i) => `${configMaps}/${i}`),
  )
  expect(received.length).toBeGreaterThanOrEqual(3)
  await new Promise((resolve) => hook.close(resolve))
})
