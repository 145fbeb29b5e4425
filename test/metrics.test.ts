import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-metrics-'))
let server: Server
let run: Promise<void>

beforeAll(async () => {
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\nlittle,ann@example.com,2\n')
  server = await createServer({
    authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
    authorization: { modes: ['RBAC'] },
    features: { gates: { APIServerTracing: true } },
  })
  run = server.run()
  await server.ready
})

afterAll(async () => {
  await server.close()
  await run
  rmSync(folder, { recursive: true, force: true })
})

const ask = (path: string, method = 'GET', token = 'secret', body?: object): Promise<{ code: number; text: string }> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const sent = request(`${server.url}${path}`, { method, headers, rejectUnauthorized: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ code: answer.statusCode!, text }))
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

/** The series of a metric, without those whose value is the same as in `before`. */
async function series(name: string, before: readonly string[] = []): Promise<string[]> {
  const { text } = await ask('/metrics')
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) && !before.includes(line))
}

const secrets = '/api/v1/namespaces/default/secrets'

test('requests are counted by what they did', async () => {
  const before = await series('apiserver_request_total')
  const answers = [
    await ask(secrets, 'POST', 'secret', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }),
    await ask(`${secrets}/a`),
    await ask(`${secrets}?limit=1`),
    await ask(`${secrets}/b`),
    await ask(secrets, 'DELETE'),
  ]
  expect(answers.map(({ code }) => code)).toEqual([201, 200, 200, 404, 200])
  const lines = (await series('apiserver_request_total', before)).filter((line) => line.includes('"secrets"'))
  const labels = 'dry_run="",group="",version="v1",resource="secrets",subresource=""'
  const line = (verb: string, scope: string, code: number): string =>
    `apiserver_request_total{verb="${verb}",${labels},scope="${scope}",component="apiserver",code="${code}"} 1`
  expect(lines).toEqual([
    line('POST', 'resource', 201),
    line('GET', 'resource', 200),
    line('LIST', 'namespace', 200),
    line('GET', 'resource', 404),
    line('DELETE', 'namespace', 200),
  ])
})

test('refusals are counted, but not by what was asked for', async () => {
  const before = await series('apiserver_request_total')
  const attempts = await series('authentication_attempts')
  const answers = [
    await ask(secrets, 'GET', 'wrong'),
    await ask(secrets, 'GET', 'little'),
    await ask('/apis/made.up/v1/things/x'),
    await ask('/api/v1/namespaces/default/inventions'),
    await ask('/api/v1/namespaces/default/pods/x/inventions'),
  ]
  expect(answers.map(({ code }) => code)).toEqual([401, 403, 404, 404, 404])
  const counted = (await series('apiserver_request_total', before)).filter((line) => !line.includes('resource=""'))
  expect(counted).toEqual([])
  const after = await series('authentication_attempts', attempts)
  expect(after).toContain('authentication_attempts{result="error"} 1')
  expect(await series('authorization_attempts_total')).toContain('authorization_attempts_total{result="no-opinion"} 1')
  expect(await series('authenticated_user_requests')).toContain('authenticated_user_requests{username="email_id"} 1')
})

test('bounds are written as Go does, and events of watches are counted', async () => {
  const place = 'group="",version="v1",resource="secrets",subresource="",scope="resource",component="apiserver"'
  await ask(`${secrets}/none`)
  const sizes = await series('apiserver_response_sizes_bucket')
  expect(sizes).toContainEqual(expect.stringContaining(`{verb="GET",${place},le="1e+06"}`))

  const services = '/api/v1/namespaces/default/services'
  const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  await ask(`${services}?watch=1&timeoutSeconds=1&${initial}`)
  // The Service of the server itself, and the bookmark after it.
  expect(await series('apiserver_watch_events_total')).toContain(
    'apiserver_watch_events_total{group="",version="v1",resource="services"} 2',
  )
})

test('objects, build and features are told as they are now', async () => {
  const deployments = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'counted' } }
  const count = async (): Promise<number> => {
    const [line] = (await series('apiserver_resource_objects')).filter((one) => one.includes('resource="configmaps"'))
    return Number(line!.split(' ')[1])
  }
  const before = await count()
  await ask('/api/v1/namespaces/default/configmaps', 'POST', 'secret', deployments)
  expect(await count()).toBe(before + 1)
  expect(await series('apiserver_storage_objects')).toContain(
    'apiserver_storage_objects{resource="deployments.apps"} 0',
  )
  expect((await series('apiserver_resource_objects')).filter((line) => line.includes('"events"'))).toHaveLength(1)
  expect(await series('kubernetes_build_info')).toEqual([expect.stringContaining('major="1",minor="36",')])
  const features = await series('kubernetes_feature_enabled')
  expect(features).toContain('kubernetes_feature_enabled{name="APIServerTracing",stage=""} 1')
  expect(features).toContain('kubernetes_feature_enabled{name="AllAlpha",stage="ALPHA"} 0')
})

test('what has no labels is there before anything has happened', async () => {
  const { text } = await ask('/metrics')
  for (const name of ['serviceaccount_stale_tokens_total', 'apiserver_tls_handshake_errors_total'])
    expect(text).toContain(`\n${name} 0\n`)
})

test('dry runs count apart, and not against the time that is the server’s own', async () => {
  const own = await series('apiserver_request_sli_duration_seconds_count')
  const all = await series('apiserver_request_duration_seconds_count')
  const made = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'dry' } }
  expect((await ask(`${secrets}?dryRun=All`, 'POST', 'secret', made)).code).toBe(201)
  expect(await series('apiserver_request_sli_duration_seconds_count', own)).toEqual([])
  expect(await series('apiserver_request_duration_seconds_count', all)).toEqual([
    expect.stringMatching(/^[^{]+\{verb="POST",dry_run="All",.*\} 1$/),
  ])
})

test('the sizes of bodies, deprecated versions, and the addresses of services are told', async () => {
  const endpoints = '/api/v1/namespaces/default/endpoints'
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { type: 'NodePort', ports: [{ port: 1 }] },
  }
  expect((await ask('/api/v1/namespaces/default/services', 'POST', 'secret', body)).code).toBe(201)
  await ask(endpoints)
  const { text } = await ask('/metrics')
  const size = JSON.stringify(body).length
  expect(text).toContain(`apiserver_request_body_size_bytes_sum{group="",resource="services",verb="create"} ${size}\n`)
  expect(text).toContain(
    'apiserver_requested_deprecated_apis{group="",version="v1",resource="endpoints",subresource="",removed_release=""} 1\n',
  )
  expect(text).toMatch(/\nkube_apiserver_clusterip_allocator_allocated_ips\{cidr="10\.0\.0\.0\/24"\} 2\n/)
  expect(text).toMatch(/\nkube_apiserver_clusterip_allocator_available_ips\{cidr="10\.0\.0\.0\/24"\} 252\n/)
  expect(text).toContain('\nkube_apiserver_nodeport_allocator_allocated_ports 1\n')
})

test('events of watches and evaluations of pods are counted', async () => {
  await ask('/api/v1/namespaces?watch=true&timeoutSeconds=1')
  const pod = (spec: object) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
  })
  const labels = {
    'pod-security.kubernetes.io/enforce': 'baseline',
    'pod-security.kubernetes.io/enforce-version': 'v1.99',
  }
  await ask('/api/v1/namespaces', 'POST', 'secret', { kind: 'Namespace', metadata: { name: 'strict', labels } })
  const pods = '/api/v1/namespaces/strict/pods?dryRun=All'
  expect((await ask(pods, 'POST', 'secret', pod({ hostNetwork: true }))).code).toBe(403)
  const { text } = await ask('/metrics')
  expect(text).toMatch(/\napiserver_watch_events_total\{group="",version="v1",resource="namespaces"\} [1-9]/)
  expect(text).toContain(
    '\npod_security_evaluations_total{decision="deny",policy_level="baseline",policy_version="future",mode="enforce",request_operation="create",resource="pod",subresource=""} 1\n',
  )
})
