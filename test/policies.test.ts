import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.js'

// biome-ignore lint/suspicious/noExplicitAny: answers of every form
type Json = any

let folder: string
let server: Server
let run: Promise<void>
let counter = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-policies-'))
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\njane,jane,2\n')
  server = await createServer({
    authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
    authorization: { modes: ['RBAC'] },
  })
  run = server.run()
  await server.ready
})
afterAll(async () => {
  await server.close()
  await run
  rmSync(folder, { recursive: true, force: true })
})

const group = '/apis/admissionregistration.k8s.io/v1'
const kinds = {
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
  ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
  MutatingAdmissionPolicy: 'mutatingadmissionpolicies',
  MutatingAdmissionPolicyBinding: 'mutatingadmissionpolicybindings',
}
const maps = '/api/v1/namespaces/default/configmaps'
afterEach(async () => {
  for (const resource of Object.values(kinds)) await ask('DELETE', `${group}/${resource}`)
})

const ask = (method: string, path: string, body?: Json, type = 'application/json', token = 'secret') =>
  new Promise<{ code: number; body: Json; warnings: string[] }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': type }) }
    const sent = request(`${server.url}${path}`, { method, headers, rejectUnauthorized: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () =>
        resolve({
          code: answer.statusCode!,
          body: text.startsWith('{') ? JSON.parse(text) : text,
          warnings: [answer.headers.warning ?? []].flat(),
        }),
      )
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })

async function make(kind: keyof typeof kinds, name: string, spec: Json): Promise<void> {
  const object = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec }
  const { code, body } = await ask('POST', `${group}/${kinds[kind]}`, object)
  expect([code, body.message]).toEqual([201, undefined])
}
const rule = (more: Json = {}): Json => ({
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['configmaps'],
  operations: ['CREATE', 'UPDATE'],
  ...more,
})
const matching = (more: Json = {}): Json => ({ matchConstraints: { resourceRules: [rule(more)] } })
async function validating(name: string, spec: Json, binding: Json = {}): Promise<void> {
  await make('ValidatingAdmissionPolicy', name, { ...matching(), ...spec })
  await make('ValidatingAdmissionPolicyBinding', name, { policyName: name, validationActions: ['Deny'], ...binding })
}
async function mutating(name: string, mutations: Json[], spec: Json = {}, binding: Json = {}): Promise<void> {
  await make('MutatingAdmissionPolicy', name, { ...matching(), reinvocationPolicy: 'Never', mutations, ...spec })
  await make('MutatingAdmissionPolicyBinding', name, { policyName: name, ...binding })
}
const apply = (expression: string) => ({ patchType: 'ApplyConfiguration', applyConfiguration: { expression } })
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } })
const map = (more: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `m${++counter}`, ...more.metadata },
  ...(more.data === undefined ? {} : { data: more.data }),
})
const create = (more: Json = {}, token?: string) => ask('POST', maps, map(more), undefined, token)

test('a policy holds from the next request on, as long as it is bound', async () => {
  for (let i = 0; i < 3; i++) {
    await validating('p', { validations: [{ expression: "has(object.data) && 'a' in object.data", message: 'no a' }] })
    const denied = await create()
    expect([denied.code, denied.body.reason, denied.body.message]).toEqual([
      422,
      'Invalid',
      expect.stringContaining("ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no a"),
    ])
    expect((await create({ data: { a: '1' } })).code).toBe(201)
    await ask('DELETE', `${group}/validatingadmissionpolicybindings/p`)
    expect((await create()).code).toBe(201)
    await ask('DELETE', `${group}/validatingadmissionpolicies/p`)
  }
})

test('the authorizer of the request is asked, and what is not there is not', async () => {
  const expression = "authorizer.group('').resource('secrets').namespace('default').check('get').allowed()"
  await validating('p', { validations: [{ expression, reason: 'Forbidden' }] })
  expect((await create()).code).toBe(201)
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'maps' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }],
  }
  const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
  await ask('POST', `${roles}/roles`, role)
  await ask('POST', `${roles}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'maps' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'maps' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
  })
  const { code, body } = await create({}, 'jane')
  expect([code, body.reason, body.message]).toEqual([403, 'Forbidden', expect.stringContaining('denied request')])
})

test('objects are seen in the version that the policy is for', async () => {
  await validating('p', {
    ...matching({ apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'] }),
    validations: [{ expression: 'object.spec.targetCPUUtilizationPercentage < 50', message: 'too much' }],
  })
  const autoscaler = (cpu: number) =>
    ask('POST', '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers?dryRun=All', {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'h' },
      spec: {
        maxReplicas: 3,
        scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } },
        ],
      },
    })
  expect((await autoscaler(40)).code).toBe(201)
  expect((await autoscaler(60)).body.message).toContain('too much')
})

test('parameters are of built-in and custom kinds, and change at once', async () => {
  await ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'limits.example.test' },
    spec: {
      group: 'example.test',
      scope: 'Namespaced',
      names: { plural: 'limits', kind: 'Limit' },
      versions: ['v1', 'v2'].map((name) => ({
        name,
        served: true,
        storage: name === 'v1',
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      })),
    },
  })
  const limits = '/apis/example.test/v1/namespaces/default/limits'
  const limit = { apiVersion: 'example.test/v1', kind: 'Limit', metadata: { name: 'l' }, max: 2 }
  await ask('POST', limits, limit)
  await validating(
    'custom',
    {
      paramKind: { apiVersion: 'example.test/v2', kind: 'Limit' },
      validations: [
        {
          expression: "params.apiVersion == 'example.test/v2' && object.metadata.name.size() <= params.max",
          messageExpression: "'at most ' + string(params.max)",
        },
      ],
    },
    { paramRef: { name: 'l', parameterNotFoundAction: 'Deny' } },
  )
  const named = (name: string) => create({ metadata: { name } })
  expect((await named('abc')).body.message).toContain('denied request: at most 2')
  await ask('PATCH', `${limits}/l`, { max: 3 }, 'application/merge-patch+json')
  expect((await named('abc')).code).toBe(201)
  await ask('DELETE', `${limits}/l`)
  expect((await named('a')).body.message).toContain('no params found for policy binding')
  await ask('DELETE', `${group}/validatingadmissionpolicybindings/custom`)

  for (const [name, team] of Object.entries({ one: 'a', two: 'b' }))
    await create({ metadata: { name, labels: { use: 'params' } }, data: { team } })
  await validating(
    'built-in',
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      validations: [{ expression: 'object.metadata.labels.team != params.data.team', message: 'taken' }],
    },
    { paramRef: { selector: { matchLabels: { use: 'params' } }, parameterNotFoundAction: 'Allow' } },
  )
  const codes = await Promise.all(['a', 'b', 'c'].map((team) => create({ metadata: { labels: { team } } })))
  expect(codes.map(({ code }) => code)).toEqual([422, 422, 201])
})

test('mutations change what is stored, and those who wish see what others have done', async () => {
  await mutating(
    'a',
    [apply("Object{data: {'seen': has(object.data) && 'b' in object.data ? object.data.b : 'nothing'}}")],
    { reinvocationPolicy: 'IfNeeded' },
  )
  await mutating('b', [patch("[JSONPatch{op: 'add', path: '/data/b', value: 'by ' + request.userInfo.username}]")])
  const { code, body } = await create()
  expect([code, body.data]).toEqual([201, { seen: 'by admin', b: 'by admin' }])
})

test('a scale is mutated as what it is', async () => {
  const labels = { app: 'x' }
  const path = '/apis/apps/v1/namespaces/default/deployments'
  await ask('POST', path, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
  await mutating('limit', [patch("[JSONPatch{op: 'replace', path: '/spec/replicas', value: 5}]")], {
    ...matching({ apiGroups: ['apps'], resources: ['deployments/scale'], operations: ['UPDATE'] }),
    matchConditions: [{ name: 'many', expression: 'object.spec.replicas > 5 && oldObject.spec.replicas < 5' }],
  })
  const scale = (replicas: number) =>
    ask('PATCH', `${path}/d/scale`, { spec: { replicas } }, 'application/merge-patch+json')
  expect((await scale(3)).body.spec).toEqual({ replicas: 3 })
  expect((await scale(30)).body.spec).toEqual({ replicas: 5 })

  // No OpenAPI document of its own group knows the type, so no configuration is merged into it.
  await mutating('merge', [apply('Object{spec: Object.spec{replicas: 5}}')], {
    ...matching({ apiGroups: ['apps'], resources: ['deployments/scale'], operations: ['UPDATE'] }),
  })
  const { code, body } = await scale(4)
  expect(code).toBe(403)
  expect(body.message).toContain('no corresponding type for autoscaling/v1, Kind=Scale')
})

test.each([
  [
    apply("Object{data: {'a': 1}}"),
    'error applying patch: failed to convert patch object to typed object: .data.a: expected string',
  ],
  [
    apply('Object{immutable: true, nope: 1}'),
    'failed to convert patch object to typed object: .nope: field not declared in schema',
  ],
  [
    patch("[JSONPatch{op: 'remove', path: '/data/x'}]"),
    'JSON Patch: remove operation does not apply: doc is missing path',
  ],
  [apply('Object{data: object.nope}'), 'resulted in error: no such key: nope'],
])('%j is refused', async (mutation, message) => {
  await mutating('p', [mutation])
  const { code, body } = await create()
  expect([code, body.message]).toEqual([403, expect.stringContaining(message)])
  await ask('DELETE', `${group}/mutatingadmissionpolicies`)
  await ask('DELETE', `${group}/mutatingadmissionpolicybindings`)
  await mutating('q', [mutation], { failurePolicy: 'Ignore' })
  expect((await create()).code).toBe(201)
})

test('warnings are told, annotations are not in the way', async () => {
  await validating(
    'p',
    {
      validations: [{ expression: 'false', message: 'careful' }],
      auditAnnotations: [{ key: 'name', valueExpression: 'string(object.metadata.name)' }],
    },
    { validationActions: ['Warn', 'Audit'] },
  )
  const { code, warnings } = await create()
  expect([code, warnings]).toEqual([
    201,
    [`299 - "Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': careful"`],
  ])
})

test('reviews of access and tokens, and policies themselves, are nobody’s business', async () => {
  await validating('all', {
    ...matching({ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] }),
    validations: [{ expression: 'false' }],
  })
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { nonResourceAttributes: { path: '/', verb: 'get' } },
  }
  expect((await ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review)).code).toBe(201)
  expect((await create()).code).toBe(422)
  expect((await ask('DELETE', `${group}/validatingadmissionpolicies/all`)).code).toBe(200)
})

test('what policies do is counted', async () => {
  await validating('counted', { validations: [{ expression: 'false' }] })
  await create()
  const { body } = await ask('GET', '/metrics')
  expect(body).toContain(
    'apiserver_validating_admission_policy_check_total{enforcement_action="deny",error_type="invalid_error",policy="counted",policy_binding="counted"}',
  )
})
