import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHook, type Server as HookServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.js'

// biome-ignore lint/suspicious/noExplicitAny: answers of every form
type Json = any
type Answer = { code: number; body: Json; warnings: string[] }

let folder: string
let caBundle: string
let hooks: HookServer
let server: Server
let run: Promise<void>
let counter = 0

/** What the webhook server does with a review, by path; and the reviews it was sent. */
const behaviours = new Map<string, (review: Json, response: ServerResponse, message: IncomingMessage) => void>()
const seen: { path: string; review: Json; message: IncomingMessage }[] = []
let connections = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-webhooks-'))
  const at = (name: string): string => join(folder, name)
  writeFileSync(at('tokens.csv'), 'secret,admin,1,system:masters\n')
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...curve, '-days', '2', '-keyout', at('ca.key'), '-out', at('ca'), '-subj', '/CN=hook CA')
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost,DNS:hook.default.svc\n')
  openssl('req', ...curve, '-keyout', at('key'), '-out', at('csr'), '-subj', '/CN=hook')
  const sign = ['-CA', at('ca'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('names')]
  openssl('x509', '-req', '-in', at('csr'), ...sign, '-out', at('cert'))
  caBundle = readFileSync(at('ca')).toString('base64')
  hooks = createHook({ cert: readFileSync(at('cert')), key: readFileSync(at('key')) }, (message, response) => {
    let text = ''
    message.on('data', (part) => {
      text += part
    })
    message.on('end', () => {
      const review = JSON.parse(text)
      const path = message.url!.split('?')[0]!
      seen.push({ path, review, message })
      behaviours.get(path)!(review, response, message)
    })
  })
  hooks.on('secureConnection', () => connections++)
  await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve))
  writeFileSync(
    at('hook-users'),
    `kind: Config\napiVersion: v1\nusers: [{name: 'localhost:${hookPort()}', user: {token: hello}}]\n`,
  )
  writeFileSync(
    at('admission'),
    JSON.stringify({
      kind: 'AdmissionConfiguration',
      apiVersion: 'apiserver.config.k8s.io/v1',
      plugins: [
        {
          name: 'ValidatingAdmissionWebhook',
          configuration: {
            kind: 'WebhookAdmissionConfiguration',
            apiVersion: 'apiserver.config.k8s.io/v1',
            kubeConfigFile: at('hook-users'),
          },
        },
      ],
    }),
  )
  server = await createServer({
    authentication: { tokenAuthFile: at('tokens.csv') },
    admission: { configFile: at('admission') },
  })
  run = server.run()
  await server.ready
})
afterAll(async () => {
  await server.close()
  await run
  hooks.closeAllConnections()
  hooks.close()
  rmSync(folder, { recursive: true, force: true })
})
afterEach(async () => {
  for (const resource of [validating, mutating]) await ask('DELETE', resource)
  seen.length = 0
})

const hookPort = (): number => (hooks.address() as AddressInfo).port
const validating = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
const mutating = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'
const maps = '/api/v1/namespaces/default/configmaps'

const ask = (method: string, path: string, body?: Json, type = 'application/json') =>
  new Promise<Answer>((resolve, reject) => {
    const headers = { authorization: 'Bearer secret', ...(body === undefined ? {} : { 'content-type': type }) }
    const sent = request(`${server.url}${path}`, { method, headers, rejectUnauthorized: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => {
        const warnings = [answer.headers.warning ?? []].flat()
        resolve({ code: answer.statusCode!, body: parsed(text), warnings })
      })
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
const parsed = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const rule = (more: Json = {}): Json => ({
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  operations: ['CREATE', 'UPDATE'],
  ...more,
})
const hook = (path: string, more: Json = {}): Json => ({
  name: `${path.slice(1)}.example.test`,
  clientConfig: { url: `https://localhost:${hookPort()}${path}`, caBundle },
  rules: [rule()],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
})
async function configure(resource: string, webhooks: Json[], name = `c${++counter}`): Promise<void> {
  const kind = resource === validating ? 'ValidatingWebhookConfiguration' : 'MutatingWebhookConfiguration'
  const body = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, webhooks }
  const { code, body: told } = await ask('POST', resource, body)
  expect([code, told.message]).toEqual([201, undefined])
}
const map = (more: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `m${++counter}`, ...more.metadata },
  data: more.data ?? {},
})
const response =
  (of: (review: Json) => Json) =>
  (review: Json, response: ServerResponse): void => {
    response.setHeader('content-type', 'application/json')
    const { apiVersion, kind } = review
    response.end(
      JSON.stringify({ apiVersion, kind, response: { uid: review.request.uid, allowed: true, ...of(review) } }),
    )
  }
const patching = (...operations: Json[]) =>
  response(() => ({ patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') }))
const failed = (name: string, why: string): string =>
  `Internal error occurred: failed calling webhook "${name}.example.test": ${why}`

behaviours.set(
  '/allow',
  response(() => ({})),
)
behaviours.set(
  '/deny',
  response(() => ({ allowed: false, status: { message: 'no', reason: 'Conflict', code: 409 }, warnings: ['careful'] })),
)
behaviours.set('/slow', () => {})
behaviours.set('/dies', (_, response) => void response.socket?.destroy())
behaviours.set('/half', (_, response) => {
  response.writeHead(200, { 'content-length': '1000' })
  response.write('{', () => response.socket?.destroy())
})
behaviours.set('/garbage', (_, response) => void response.end('<html>'))
behaviours.set('/elsewhere', (_, response) => {
  response.writeHead(307, { location: `https://localhost:${hookPort()}/garbage` })
  response.end()
})
behaviours.set('/oversized', (_, response) => {
  response.on('error', () => {})
  const part = Buffer.alloc(1024 * 1024, 0x20)
  const more = (): void => {
    if (!response.destroyed) response.write(part, more)
  }
  more()
})
behaviours.set('/otheruid', (review, response) => {
  response.end(JSON.stringify({ ...review, request: undefined, response: { uid: 'x', allowed: true } }))
})
behaviours.set('/wrongtype', (review, response) => {
  response.end(JSON.stringify({ ...review, request: undefined, response: { uid: 'x', allowed: 'yes' } }))
})

test('an answer that is none fails the request or is ignored, as the webhook says', async () => {
  const url = `https://localhost:${hookPort()}`
  const post = (path: string, timeout = 10) => `failed to call webhook: Post "${url}${path}?timeout=${timeout}s": `
  const cases: [string, string, Json?][] = [
    ['slow', `${post('/slow', 1)}context deadline exceeded`, { timeoutSeconds: 1 }],
    ['dies', `${post('/dies')}EOF`],
    [
      'half',
      'failed to call webhook: unexpected error when reading response body. Please retry. Original error: unexpected EOF',
    ],
    [
      'garbage',
      "failed to call webhook: couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value",
    ],
    [
      'elsewhere',
      "failed to call webhook: couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value",
    ],
    ['oversized', 'failed to call webhook: the response is larger than 16777216 bytes'],
    ['otheruid', 'received invalid webhook response: expected response.uid='],
    [
      'wrongtype',
      'failed to call webhook: json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed',
    ],
  ]
  const outcomes = await Promise.all(
    cases.map(async ([name, , more], i) => {
      const only = { objectSelector: { matchLabels: { use: `u${i}` } }, ...more }
      await configure(validating, [hook(`/${name}`, only)])
      const failing = await ask('POST', maps, map({ metadata: { labels: { use: `u${i}` } } }))
      return [failing.code, failing.body.message]
    }),
  )
  expect(outcomes).toEqual(cases.map(([name, why]) => [500, expect.stringContaining(failed(name, why))]))
  await ask('DELETE', validating)
  await configure(validating, [
    hook('/dies', { failurePolicy: 'Ignore' }),
    hook('/garbage', { failurePolicy: 'Ignore' }),
  ])
  expect((await ask('POST', maps, map())).code).toBe(201)
}, 20_000)

test('a refusal is the webhook’s, with its warnings, also of a dry run', async () => {
  await configure(validating, [hook('/deny')])
  const answer = await ask('POST', `${maps}?dryRun=All`, map())
  expect([answer.code, answer.body.reason, answer.body.message, answer.warnings]).toEqual([
    409,
    'Conflict',
    'admission webhook "deny.example.test" denied the request: no',
    ['299 - "careful"'],
  ])
})

test('takes effect with the next request, is called over kept connections, and with its credentials', async () => {
  const before = connections
  for (let i = 0; i < 5; i++) {
    await configure(validating, [hook('/allow')], 'kept')
    expect((await ask('POST', maps, map())).code).toBe(201)
    await ask('DELETE', `${validating}/kept`)
    expect((await ask('POST', maps, map())).code).toBe(201)
  }
  expect(seen).toHaveLength(5)
  expect(connections - before).toBeLessThanOrEqual(1)
  expect(seen[0]!.message.headers.authorization).toBe('Bearer hello')
  expect(seen[0]!.message.httpVersion).toBe('1.1')
})

test('patches are applied in order of names, and those who wish see the result', async () => {
  behaviours.set('/first', patching({ op: 'add', path: '/data', value: { first: '1' } }))
  behaviours.set('/second', patching({ op: 'add', path: '/data/second', value: '2' }))
  await configure(mutating, [hook('/second')], 'b')
  await configure(mutating, [hook('/first', { reinvocationPolicy: 'IfNeeded' })], 'a')
  const { body } = await ask('POST', maps, map())
  // Asked again, the first has its way again.
  expect(body.data).toEqual({ first: '1' })
  expect(seen.map(({ path }) => path)).toEqual(['/first', '/second', '/first'])
  expect(seen[2]!.review.request.object.data).toEqual({ first: '1', second: '2' })
})

test('patches of an update, of status, and of a scale', async () => {
  const labels = { app: 'x' }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `d${++counter}` },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  }
  const path = '/apis/apps/v1/namespaces/default/deployments'
  await ask('POST', path, deployment)
  const scaleRule = rule({ apiGroups: ['apps'], resources: ['deployments/scale'], operations: ['UPDATE'] })
  behaviours.set('/scale', patching({ op: 'replace', path: '/spec/replicas', value: 7 }))
  await configure(mutating, [hook('/scale', { rules: [scaleRule] })])
  const scale = await ask(
    'PATCH',
    `${path}/${deployment.metadata.name}/scale`,
    { spec: { replicas: 3 } },
    'application/merge-patch+json',
  )
  expect([scale.code, scale.body.spec]).toEqual([200, { replicas: 7 }])
  const { object, oldObject, kind, subResource } = seen[0]!.review.request
  expect([kind.kind, subResource, object.spec.replicas, oldObject.spec.replicas]).toEqual(['Scale', 'scale', 3, 1])
  // What is patched is judged as a scale, before it becomes a part of its deployment.
  behaviours.set('/scale', patching({ op: 'replace', path: '/spec/replicas', value: -7 }))
  await configure(validating, [hook('/allow', { rules: [scaleRule] })])
  const at = `${path}/${deployment.metadata.name}/scale`
  const refused = await ask('PATCH', at, { spec: { replicas: 3 } }, 'application/merge-patch+json')
  expect([refused.code, refused.body.details.kind]).toEqual([422, 'Scale'])
  behaviours.set(
    '/scale',
    response(() => ({})),
  )
  seen.length = 0
  const sent = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: deployment.metadata.name } }
  await ask('PUT', at, { ...sent, spec: { replicas: 4 } })
  const [mutated, judged] = seen.map(({ review }) => review.request.object.metadata)
  expect([mutated.uid, mutated.managedFields?.[0]?.time !== undefined]).toEqual([undefined, true])
  expect([judged.uid !== undefined, judged.managedFields]).toEqual([true, undefined])
})

test('an equivalent request is shown, and patched, in the version asked for', async () => {
  const v1 = rule({ apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'] })
  behaviours.set('/cpu', patching({ op: 'add', path: '/spec/targetCPUUtilizationPercentage', value: 42 }))
  await configure(mutating, [hook('/cpu', { rules: [v1] })])
  const { body } = await ask('POST', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
  })
  expect(body.spec.metrics[0].resource.target).toEqual({ type: 'Utilization', averageUtilization: 42 })
  const { kind, requestKind, object } = seen[0]!.review.request
  expect([kind.version, requestKind.version, object.apiVersion]).toEqual(['v1', 'v2', 'autoscaling/v1'])
})

test('custom resources are converted by their own webhook on the way', async () => {
  let fails = false
  behaviours.set('/convert', (review, answer) => {
    const { uid, objects, desiredAPIVersion: apiVersion } = review.request
    if (fails && apiVersion.endsWith('v1')) {
      answer.writeHead(500).end()
      return
    }
    const convertedObjects = objects.map(({ spec, ...object }: Json) => ({
      ...object,
      apiVersion,
      spec: apiVersion.endsWith('v1') ? { size: spec.width ?? spec.size } : { width: spec.size ?? spec.width },
    }))
    const { kind, apiVersion: version } = review
    answer.end(
      JSON.stringify({ kind, apiVersion: version, response: { uid, result: { status: 'Success' }, convertedObjects } }),
    )
  })
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const spec = { ...open, properties: { width: { type: 'integer' } } }
  const { clientConfig } = hook('/convert')
  const made = await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'boxes.example.test' },
    spec: {
      group: 'example.test',
      scope: 'Namespaced',
      names: { plural: 'boxes', kind: 'Box' },
      conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
      versions: ['v1', 'v2'].map((name) => ({
        name,
        served: true,
        storage: name === 'v1',
        ...(name === 'v1'
          ? { schema: { openAPIV3Schema: open } }
          : {
              schema: { openAPIV3Schema: { ...open, properties: { spec } } },
              selectableFields: [{ jsonPath: '.spec.width' }],
            }),
      })),
    },
  })
  expect(made.body.message).toBeUndefined()
  const v1 = rule({ apiGroups: ['example.test'], resources: ['boxes'] })
  behaviours.set('/grow', patching({ op: 'replace', path: '/spec/size', value: 10 }))
  await configure(mutating, [hook('/grow', { rules: [v1] })])
  const { body } = await ask('POST', '/apis/example.test/v2/namespaces/default/boxes', {
    apiVersion: 'example.test/v2',
    kind: 'Box',
    metadata: { name: 'b' },
    spec: { width: 3 },
  })
  expect(seen.find(({ path }) => path === '/grow')!.review.request.object).toMatchObject({
    apiVersion: 'example.test/v1',
    spec: { size: 3 },
  })
  expect([body.apiVersion, body.spec]).toEqual(['example.test/v2', { width: 10 }])

  const selected = (width: number) =>
    `/apis/example.test/v2/namespaces/default/boxes?fieldSelector=spec.width%3D${width}`
  const found = await Promise.all([10, 11].map(async (width) => (await ask('GET', selected(width))).body.items.length))
  expect(found).toEqual([1, 0])
  // What cannot be converted to be answered stays.
  fails = true
  const path = '/apis/example.test/v2/namespaces/default/boxes/b'
  expect((await ask('DELETE', path)).code).toBe(500)
  fails = false
  expect((await ask('GET', path)).body.metadata.resourceVersion).toBe(body.metadata.resourceVersion)

  const from = body.metadata.resourceVersion
  const watched = ask('GET', `${selected(10)}&watch&timeoutSeconds=1&resourceVersion=${from}`)
  await ask('DELETE', '/apis/example.test/v1/namespaces/default/boxes/b')
  const event = (await watched).body
  expect([event.type, event.object.spec]).toEqual(['DELETED', { width: 10 }])
})

test('a patch that makes nonsense, or does not apply, is the server’s to refuse', async () => {
  const cases: [string, Json, string][] = [
    ['typed', { op: 'replace', path: '/data', value: [1] }, 'json: cannot unmarshal array into Go struct field'],
    ['missing', { op: 'test', path: '/metadata/name', value: 'y' }, 'testing value /metadata/name failed: test failed'],
    ['unknown', { op: 'join', path: '/data' }, 'Unexpected kind: join'],
    ['nokind', { op: 'replace', path: '/kind', value: 'Nope' }, 'no kind "Nope" is registered for version "v1"'],
    ['noversion', { op: 'replace', path: '/apiVersion', value: 'v2' }, 'no kind "ConfigMap" is registered for version'],
    [
      'list',
      { op: 'replace', path: '', value: [] },
      "couldn't get version/kind; json parse error: json: cannot unmarshal array",
    ],
    [
      'number',
      { op: 'replace', path: '/kind', value: 5 },
      'cannot unmarshal number into Go struct field .kind of type',
    ],
    ['other', { op: 'replace', path: '/kind', value: 'Secret' }, 'converting (v1.Secret) to (core.ConfigMap): unknown'],
  ]
  for (const [name, operation, message] of cases) {
    behaviours.set(`/${name}`, patching(operation))
    await configure(mutating, [hook(`/${name}`)], 'nonsense')
    const { code, body } = await ask('POST', maps, map())
    expect([code, body.message]).toEqual([500, expect.stringContaining(message)])
    await ask('DELETE', `${mutating}/nonsense`)
  }
})

test('patches are read as they were written: numbers, and texts that are tested', async () => {
  const revisions = '/apis/apps/v1/namespaces/default/controllerrevisions'
  const cases: [patch: string, code: number, message?: string][] = [
    ['{"op":"add","path":"/revision","value":9007199254740993}', 201],
    ['{"op":"add","path":"/revision","value":1.0}', 500, 'cannot unmarshal number 1.0 into Go struct field'],
    ['{"op":"add","path":"/revision","value":1e400}', 500, 'cannot unmarshal number 1e400 into Go struct field'],
    ['{"op":"test","path":"/data/text","value":"\\u003c"}', 201],
    ['{"op":"test","path":"/data/text","value":"<"}', 500, 'testing value /data/text failed: test failed'],
  ]
  for (const [patch, code, message] of cases) {
    behaviours.set(
      '/written',
      response(() => ({ patchType: 'JSONPatch', patch: Buffer.from(`[${patch}]`).toString('base64') })),
    )
    const rules = [rule({ apiGroups: ['apps'], resources: ['controllerrevisions'] })]
    await configure(mutating, [hook('/written', { rules })], 'written')
    const metadata = { name: 'r' }
    const answer = await ask('POST', `${revisions}?dryRun=All`, { metadata, revision: 1, data: { text: '<' } })
    expect([answer.code, answer.body.message]).toEqual([code, message && expect.stringContaining(message)])
    await ask('DELETE', `${mutating}/written`)
  }
})

test('a webhook with side effects is not asked about a dry run', async () => {
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'effects' },
    webhooks: [
      hook('/allow', { sideEffects: 'NoneOnDryRun', rules: [rule({ operations: ['*'], resources: ['*/*'] })] }),
    ],
  }
  expect((await ask('POST', validating, configuration)).code).toBe(201)
  expect((await ask('POST', `${maps}?dryRun=All&fieldManager=m`, map())).code).toBe(201)
  expect(seen.map(({ review }) => [review.request.dryRun, review.request.options])).toEqual([
    [true, { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'], fieldManager: 'm' }],
  ])
})

test('a service is called at its address by its name', async () => {
  await ask('POST', '/api/v1/namespaces/default/services', {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hook' },
    spec: { type: 'ExternalName', externalName: '127.0.0.1' },
  })
  const service = { namespace: 'default', name: 'hook', path: '/allow', port: hookPort() }
  await configure(validating, [hook('/allow', { clientConfig: { service, caBundle } })])
  expect((await ask('POST', maps, map())).code).toBe(201)
  expect(seen[0]!.message.headers.host).toBe(`hook.default.svc:${hookPort()}`)
})

test('nobody waits longer than the request may', async () => {
  await configure(validating, [hook('/slow', { timeoutSeconds: 30, failurePolicy: 'Ignore' })])
  const began = performance.now()
  const { code } = await ask('POST', `${maps}?timeout=300ms`, map())
  expect([code, performance.now() - began < 3_000]).toEqual([504, true])
  expect(seen[0]!.message.url).toBe('/slow?timeout=1s')
})

test('connections are asked about too', async () => {
  await ask('POST', '/api/v1/namespaces/default/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: {
      serviceAccountName: 'default',
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image: 'i' }],
    },
  })
  await configure(validating, [hook('/deny', { rules: [rule({ operations: ['CONNECT'], resources: ['pods/exec'] })] })])
  const { code } = await ask('POST', '/api/v1/namespaces/default/pods/p/exec?command=ls&container=c')
  expect([code, seen[0]?.review.request.object, seen[0]?.review.request.options]).toEqual([
    409,
    expect.objectContaining({ kind: 'PodExecOptions', command: ['ls'] }),
    null,
  ])
})

test('the options of a connection can be patched', async () => {
  behaviours.set('/container', patching({ op: 'add', path: '/container', value: 'other' }))
  await configure(mutating, [
    hook('/container', { rules: [rule({ operations: ['CONNECT'], resources: ['pods/exec'] })] }),
  ])
  const { body } = await ask('POST', '/api/v1/namespaces/default/pods/p/exec?command=ls')
  expect(body.message).toBe('container other is not valid for pod p')
})

test('a deletion is shown with the options that were made out', async () => {
  const namespace = await ask('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'goes' },
  })
  await ask('POST', '/api/v1/namespaces/default/pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'goes' },
    spec: { serviceAccountName: 'default', nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
  })
  const rules = [rule({ operations: ['DELETE'], resources: ['namespaces', 'pods'] })]
  await configure(validating, [hook('/allow', { rules })])
  await ask('DELETE', '/api/v1/namespaces/goes')
  await ask('DELETE', '/api/v1/namespaces/default/pods/goes')
  expect(seen.map(({ review }) => review.request.options)).toEqual([
    expect.objectContaining({ preconditions: { uid: namespace.body.metadata.uid } }),
    expect.objectContaining({ gracePeriodSeconds: 30 }),
  ])
  // Negative is at once, for all kinds; of a collection each object has options of its own.
  await ask('POST', maps, { ...map(), metadata: { name: 'goes' } })
  await configure(validating, [hook('/allow', { rules: [rule({ operations: ['DELETE'] })] })])
  seen.length = 0
  await ask('DELETE', `${maps}/goes?gracePeriodSeconds=-5`)
  await ask('POST', maps, { ...map(), metadata: { name: 'goes', labels: { all: 'go' } } })
  await ask('DELETE', `${maps}?labelSelector=all%3Dgo&gracePeriodSeconds=-5`)
  expect(seen.map(({ review }) => review.request.options.gracePeriodSeconds)).toEqual([1, -5])
})

test('what became of calls is counted', async () => {
  await configure(validating, [hook('/deny')])
  await ask('POST', maps, map())
  const { body } = await ask('GET', '/metrics')
  const labels = 'name="deny.example.test",operation="CREATE",'
  expect(body).toContain(
    `apiserver_admission_webhook_rejection_count{error_type="no_error",${labels}rejection_code="409"`,
  )
  expect(body).toContain(`apiserver_admission_webhook_request_total{code="409",${labels}rejected="true"`)
})

test('an apply that changes nothing is mutated all the same', async () => {
  const name = `applied${++counter}`
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } }
  const apply = () => ask('PATCH', `${maps}/${name}?fieldManager=m`, body, 'application/apply-patch+yaml')
  for (let i = 0; i < 3; i++) expect((await apply()).code).toBeLessThan(300)
  behaviours.set('/late', patching({ op: 'add', path: '/data/late', value: 'yes' }))
  await configure(mutating, [hook('/late')])
  for (let i = 0; i < 3; i++) expect((await apply()).body.data).toEqual({ a: '1', late: 'yes' })
})
