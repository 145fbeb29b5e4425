import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer } from '../src/index.js'
import { type LibraryServer, libraryServer } from './support/library-server.js'
import { type TlsServer, testAuthority, testClient, tlsServer } from './support/tls-server.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kats-access-'))
  write('tokens.csv', 'root-token,root,1,system:masters\njane-token,jane,2,"staff,dev"\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  // Not in place: half a file must not be read.
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
  return file
}

const kubeconfig = (name: string, { url, ca }: TlsServer, user: object = {}, path = '/review'): string =>
  write(
    name,
    JSON.stringify({
      'current-context': 'c',
      clusters: [
        {
          name: 'c',
          cluster: { server: url + path, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
        },
      ],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  )

const selfReview = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
const whoAmI = (server: LibraryServer, token: string) =>
  server.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', { token, method: 'POST', body: selfReview })

describe('a token webhook', () => {
  let hook: TlsServer
  let server: LibraryServer
  const asked: { headers: Record<string, unknown>; url: string; body: string }[] = []
  const clients = testAuthority('clients of the webhook')
  beforeAll(async () => {
    hook = await tlsServer(
      (request, response, body) => {
        asked.push({ headers: request.headers, url: request.url!, body })
        const { spec, apiVersion, kind } = JSON.parse(body)
        const user = { username: 'far-jane', uid: '77', groups: ['far'], extra: { 'example.org/x': ['1', '2'] } }
        const say = (status: object): void => {
          response.setHeader('content-type', 'application/json')
          response.end(JSON.stringify({ apiVersion, kind, status }))
        }
        switch (spec.token) {
          case 'good':
            return say({ authenticated: true, user })
          case 'for-others':
            return say({ authenticated: true, user, audiences: ['others'] })
          case 'explained':
            return say({ authenticated: false, error: 'the token is of yesterday' })
          case 'garbage':
            return void response.end('<html>')
          case 'wrong-type':
            return say({ authenticated: 'yes' })
          case 'wrong-kind':
            return void response.end(JSON.stringify({ apiVersion, kind: 'Pod', status: { authenticated: true } }))
          case 'broken-once': {
            const times = asked.filter(({ body: one }) => one.includes('broken-once')).length
            if (times > 1) return say({ authenticated: true, user })
            response.statusCode = 500
            return void response.end('try again')
          }
          case 'forbidden':
            response.statusCode = 403
            return void response.end('no')
          default:
            return say({ authenticated: false })
        }
      },
      { clientCa: clients.cert },
    )
    const { cert, key } = testClient('the-apiserver', clients)
    const file = kubeconfig('tokens.kubeconfig', hook, {
      'client-certificate-data': Buffer.from(cert).toString('base64'),
      'client-key-data': Buffer.from(key).toString('base64'),
      token: 'our-own-secret',
    })
    server = await libraryServer({
      authentication: { tokenAuthFile: join(folder, 'tokens.csv'), tokenWebhook: { configFile: file } },
      authorization: { modes: ['RBAC'] },
    })
  })
  afterAll(async () => {
    await server.stop()
    await hook.close()
  })

  test('tells who somebody is, and is asked as its kubeconfig says', async () => {
    const answer = await whoAmI(server, 'good')
    expect(answer.json.status.userInfo).toEqual({
      username: 'far-jane',
      uid: '77',
      groups: ['far', 'system:authenticated'],
      extra: { 'example.org/x': ['1', '2'] },
    })
    const [review] = asked.filter(({ body }) => body.includes('"good"'))
    expect(review!.url).toBe('/review?timeout=30s')
    expect(review!.headers.authorization).toBe('Bearer our-own-secret')
    expect(JSON.parse(review!.body)).toEqual({
      kind: 'TokenReview',
      apiVersion: 'authentication.k8s.io/v1beta1',
      metadata: {},
      spec: { token: 'good' },
      status: { user: {} },
    })
  })

  test('is asked once for a token, good or bad, and not about tokens known here', async () => {
    const count = (token: string): number => asked.filter(({ body }) => body.includes(token)).length
    for (const token of ['good', 'unknown-one', 'jane-token']) {
      await Promise.all([whoAmI(server, token), whoAmI(server, token)])
      await whoAmI(server, token)
    }
    expect([count('"good"'), count('unknown-one'), count('jane-token')]).toEqual([1, 1, 0])
  })

  test('is tried again where that may help', async () => {
    expect((await whoAmI(server, 'broken-once')).json.status.userInfo.username).toBe('far-jane')
    expect(asked.filter(({ body }) => body.includes('broken-once'))).toHaveLength(2)
  })

  test.each(['garbage', 'wrong-type', 'wrong-kind', 'forbidden', 'explained', 'unknown'])(
    'refuses with the answer %s',
    async (token) => {
      const answer = await whoAmI(server, token)
      expect(answer.code).toBe(401)
      expect(answer.text).not.toContain('yesterday')
    },
  )

  test('explains in a TokenReview, and has to know the audience', async () => {
    const review = async (token: string, audiences: readonly string[]) => {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } }
      const path = '/apis/authentication.k8s.io/v1/tokenreviews'
      return (await server.ask(path, { token: 'root-token', method: 'POST', body })).json.status
    }
    expect(await review('explained', [])).toMatchObject({
      error: expect.stringContaining('the token is of yesterday'),
    })
    expect(await review('for-others', ['others'])).toMatchObject({ authenticated: true, audiences: ['others'] })
    expect(await review('for-others', ['us'])).not.toHaveProperty('authenticated')
  })

  test('tells no secret to anybody', async () => {
    const text = server.log()
    expect(text).toContain('Failed to make webhook authenticator request')
    for (const secret of ['our-own-secret', 'jane-token', 'root-token', 'broken-once', 'wrong-type'])
      expect(text).not.toContain(secret)
    const metrics = await server.ask('/metrics', { token: 'root-token' })
    expect(metrics.text).toMatch(/^authentication_token_cache_fetch_total\{status="ok"\} \d+$/m)
    expect(metrics.text).toMatch(/^authentication_token_cache_request_total\{status="hit"\} \d+$/m)
  })
})

describe('an authorization webhook', () => {
  let hook: TlsServer
  let server: LibraryServer
  const asked: { url: string; body: { apiVersion: string; spec: Record<string, unknown> } }[] = []
  let mode: 'well' | 'garbage' | 'refusing' = 'well'
  beforeAll(async () => {
    hook = await tlsServer((request, response, text) => {
      const body = JSON.parse(text)
      asked.push({ url: request.url!, body })
      if (mode === 'garbage') return void response.end('no json: at all: {')
      if (mode === 'refusing') {
        response.statusCode = 403
        return void response.end('not from there')
      }
      const { resourceAttributes: resource } = body.spec
      const status =
        resource?.resource === 'secrets'
          ? { allowed: false, denied: true, reason: 'secrets are <secret>' }
          : resource?.resource === 'pods'
            ? { allowed: true }
            : { allowed: false, reason: 'who knows' }
      response.end(JSON.stringify({ apiVersion: body.apiVersion, kind: body.kind, status }))
    })
    const file = kubeconfig('authz.kubeconfig', hook)
    server = await libraryServer({
      authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
      authorization: { modes: ['Webhook', 'RBAC'], webhook: { configFile: file } },
    })
  })
  afterAll(async () => {
    await server.stop()
    await hook.close()
  })
  const pods = '/api/v1/namespaces/default/pods'

  test('allows, with selectors told', async () => {
    const query = '?labelSelector=b,a%20in%20(y,x)&fieldSelector=spec.nodeName%3Dn'
    expect((await server.ask(pods + query, { token: 'jane-token' })).code).toBe(200)
    expect(asked.at(-1)).toEqual({
      url: '/review?timeout=30s',
      body: {
        kind: 'SubjectAccessReview',
        apiVersion: 'authorization.k8s.io/v1beta1',
        metadata: {},
        spec: {
          resourceAttributes: {
            namespace: 'default',
            verb: 'list',
            version: 'v1',
            resource: 'pods',
            fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }] },
            labelSelector: {
              requirements: [
                { key: 'a', operator: 'In', values: ['x', 'y'] },
                { key: 'b', operator: 'Exists' },
              ],
            },
          },
          user: 'jane',
          group: ['staff', 'dev', 'system:authenticated'],
          uid: '2',
        },
        status: { allowed: false },
      },
    })
  })

  test('denies for good, or leaves it to the next, whose reasons follow', async () => {
    const denied = await server.ask('/api/v1/secrets', { token: 'jane-token' })
    expect(denied.json).toMatchObject({ code: 403, message: expect.stringMatching(/: secrets are <secret>$/) })
    const unknown = await server.ask('/api/v1/nodes', { token: 'jane-token' })
    expect(unknown.json).toMatchObject({ code: 403, message: expect.stringMatching(/: who knows$/) })
    expect((await server.ask('/api/v1/secrets', { token: 'root-token' })).code).toBe(200)
  })

  test('is asked once while the answer is remembered', async () => {
    await server.ask(`${pods}/once`, { token: 'jane-token' })
    await server.ask(`${pods}/once`, { token: 'jane-token' })
    const about = asked.filter(({ body }) => JSON.stringify(body.spec).includes('"once"'))
    expect(about).toHaveLength(1)
  })

  test('that fails is a 500, unless somebody else allows', async () => {
    mode = 'garbage'
    const answer = await server.ask('/api/v1/nodes/garbage', { token: 'jane-token' })
    expect(answer.code).toBe(500)
    mode = 'refusing'
    const refused = await server.ask('/api/v1/nodes/refused', { token: 'jane-token' })
    expect([refused.code, refused.text]).toEqual([500, expect.stringContaining('not from there')])
    expect((await server.ask('/api/v1/nodes/refused', { token: 'root-token' })).code).toBe(404)
    mode = 'well'
    const { text } = await server.ask('/metrics', { token: 'root-token' })
    expect(text).toMatch(/^apiserver_authorization_webhook_evaluations_total\{name="default",result="success"\} \d+$/m)
    expect(text).toMatch(/^apiserver_authorization_webhook_evaluations_total\{name="default",result="error"\} 2$/m)
    expect(text).toMatch(
      /^apiserver_authorization_webhook_evaluations_fail_open_total\{name="default",result="error"\} 2$/m,
    )
    expect(text).toMatch(
      /^apiserver_authorization_decisions_total\{type="Webhook",name="default",decision="denied"\} 1$/m,
    )
  })

  test('cannot tell the rules somebody has', async () => {
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: 'default' },
    }
    const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews'
    expect((await server.ask(path, { token: 'root-token', method: 'POST', body })).json.status).toMatchObject({
      incomplete: true,
      evaluationError: 'webhook authorizer does not support user rule resolution',
    })
  })
})

describe('an authorization configuration', () => {
  const webhook = (name: string, kubeConfigFile: string, more: object = {}): object => ({
    type: 'Webhook',
    name,
    webhook: {
      timeout: '200ms',
      subjectAccessReviewVersion: 'v1',
      failurePolicy: 'Deny',
      connectionInfo: { type: 'KubeConfigFile', kubeConfigFile },
      ...more,
    },
  })
  const configuration = (...authorizers: object[]): string =>
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthorizationConfiguration', authorizers })

  test('has several webhooks, with policies for failure, and is read again', async () => {
    const silent = await tlsServer(() => {})
    const allowing = await tlsServer((_, response, body) => {
      const { apiVersion, kind } = JSON.parse(body)
      response.end(JSON.stringify({ apiVersion, kind, status: { allowed: true } }))
    })
    const slow = kubeconfig('slow.kubeconfig', silent)
    const kind = kubeconfig('kind.kubeconfig', allowing)
    const rbac = { type: 'RBAC', name: 'rbac' }
    const file = write('authz.yaml', configuration(webhook('slow', slow), webhook('kind', kind), rbac))
    const server = await libraryServer({
      authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
      authorization: { configFile: file },
    })
    const code = async (): Promise<number> => (await server.ask('/api/v1/nodes', { token: 'jane-token' })).code
    const metrics = async (): Promise<string> => (await server.ask('/metrics', { token: 'root-token' })).text
    const until = async (holds: () => Promise<boolean>): Promise<void> => {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100))
    }
    try {
      expect(await code()).toBe(500)
      expect(await metrics()).toMatch(
        /^apiserver_authorization_webhook_evaluations_total\{name="slow",result="timeout"\} 1$/m,
      )
      // RBAC must stay: this one is refused.
      write('authz.yaml', configuration(webhook('kind', kind)))
      await until(async () => /reloads_total\{status="failure",[^}]*\} 1$/m.test(await metrics()))
      expect(await code()).toBe(500)
      write(
        'authz.yaml',
        configuration(webhook('slow', slow, { failurePolicy: 'NoOpinion' }), webhook('kind', kind), rbac),
      )
      await until(async () => (await code()) === 200)
      const text = await metrics()
      expect(text).toMatch(
        /^apiserver_authorization_config_controller_automatic_reloads_total\{status="success",[^}]*\} 1$/m,
      )
      expect(text).toMatch(
        /^apiserver_authorization_config_controller_last_config_info\{.*hash="sha256:[0-9a-f]{64}"\} 1$/m,
      )
    } finally {
      await server.stop()
      await silent.close()
      await allowing.close()
    }
  })

  test('asks webhooks only what their conditions let through', async () => {
    const asked: string[] = []
    const hook = await tlsServer((_, response, body) => {
      const { apiVersion, kind, spec } = JSON.parse(body)
      asked.push(spec.resourceAttributes?.resource ?? spec.nonResourceAttributes.path)
      response.end(JSON.stringify({ apiVersion, kind, status: { allowed: true } }))
    })
    const conditions = {
      matchConditionSubjectAccessReviewVersion: 'v1',
      matchConditions: [
        { expression: "request.user != 'root'" },
        { expression: "request.resourceAttributes.resource == 'pods'" },
      ],
    }
    const file = write(
      'conditions.yaml',
      configuration(webhook('hook', kubeconfig('cond.kubeconfig', hook), conditions)),
    )
    const server = await libraryServer({
      authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
      authorization: { configFile: file },
    })
    try {
      expect((await server.ask('/api/v1/pods', { token: 'jane-token' })).code).toBe(200)
      expect((await server.ask('/api/v1/nodes', { token: 'jane-token' })).code).toBe(403)
      // The condition cannot be judged, and the policy says Deny.
      const broken = await server.ask('/version', { token: 'jane-token' })
      expect([broken.code, broken.text]).toEqual([
        500,
        expect.stringContaining(
          "cel evaluation error: expression 'request.resourceAttributes.resource == 'pods'' resulted in error: no such key: resourceAttributes",
        ),
      ])
      expect(asked).toEqual(['pods'])
      const { text } = await server.ask('/metrics', { token: 'root-token' })
      expect(text).toMatch(
        /^apiserver_authorization_match_condition_exclusions_total\{type="Webhook",name="hook"\} 1$/m,
      )
      expect(text).toMatch(
        /^apiserver_authorization_match_condition_evaluation_errors_total\{type="Webhook",name="hook"\} 1$/m,
      )
    } finally {
      await server.stop()
      await hook.close()
    }
  })

  test.each([
    ['', 'authorizers: Required value: at least one authorization mode must be defined'],
    [configuration({ type: 'RBAC', name: 'other' }), 'expected name rbac for authorizer RBAC instead of other'],
    [`{"apiVersion":"apiserver.config.k8s.io/v1","kind":"AuthorizationConfiguration","x":1}`, 'unknown field "x"'],
  ])('%s is refused', async (text, message) => {
    const configFile = write('bad.yaml', text)
    await expect(createServer({ authorization: { configFile } })).rejects.toThrow(message)
  })

  test('does not go with modes', async () => {
    const configFile = write('good.yaml', configuration({ type: 'RBAC', name: 'rbac' }))
    await expect(createServer({ authorization: { configFile, modes: ['RBAC'] } })).rejects.toThrow(
      '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined',
    )
  })
})

test('a policy file allows what it says', async () => {
  const policyFile = write(
    'policy.jsonl',
    `# comment
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"group":"dev","namespace":"default","resource":"pods","apiGroup":"","readonly":true}}
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"jane","nonResourcePath":"/version"}}
`,
  )
  const server = await libraryServer({
    authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
    authorization: { modes: ['ABAC'], policyFile },
  })
  try {
    const get = async (path: string) => (await server.ask(path, { token: 'jane-token' })).code
    expect(await get('/api/v1/namespaces/default/pods')).toBe(200)
    expect(await get('/api/v1/namespaces/other/pods')).toBe(403)
    expect(await get('/version')).toBe(200)
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }
    const refused = await server.ask('/api/v1/namespaces/default/pods', { token: 'jane-token', method: 'POST', body })
    expect(refused.json.message).toMatch(/in the namespace "default": No policy matched\.$/)
  } finally {
    await server.stop()
  }
})
