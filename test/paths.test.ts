import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type Server } from '../src/index.js'

// What the authorizer has judged must be what is served, however a request is spelled. Everything that ann may not read
// carries a word that no answer to her may have.
const forbidden = 'not-for-ann'
const folder = mkdtempSync(join(tmpdir(), 'kats-paths-'))
let server: Server
let run: Promise<void>

beforeAll(async () => {
  writeFileSync(join(folder, 'tokens.csv'), 'admin,admin,1,system:masters\nann,ann,2\n')
  server = await createServer({
    authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
    authorization: { modes: ['RBAC'] },
  })
  run = server.run()
  await server.ready
  const labels = { who: forbidden }
  const core = '/api/v1/namespaces'
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces'
  for (const name of ['a', 'b']) await create(core, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const map = (name: string, own?: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...own } })
  await create(`${core}/a/configmaps`, map('allowed'))
  await create(`${core}/a/configmaps`, map('other', { labels }))
  await create(`${core}/b/configmaps`, map('allowed', { labels }))
  await create(`${core}/a/secrets`, { ...map('allowed', { labels }), kind: 'Secret' })
  const rules = [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['allowed'], verbs: ['get', 'list', 'watch'] },
  ]
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  await create(`${rbac}/a/roles`, { apiVersion, kind: 'Role', metadata: { name: 'r' }, rules })
  await create(`${rbac}/a/rolebindings`, {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { name: 'r' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' }],
    roleRef: { kind: 'Role', apiGroup: 'rbac.authorization.k8s.io', name: 'r' },
  })
})

afterAll(async () => {
  await server.close()
  await run
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly code: number
  readonly text: string
}

function ask(
  path: string,
  token = 'ann',
  method = 'GET',
  body?: object,
  more: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more }
    const { hostname, port } = new URL(server.url)
    const sent = request({ hostname, port, path, method, headers, rejectUnauthorized: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve({ code: answer.statusCode!, text }))
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

async function create(path: string, body: object): Promise<void> {
  const { code, text } = await ask(path, 'admin', 'POST', body)
  if (code !== 201) throw new Error(text)
}

const mine = '/api/v1/namespaces/a/configmaps/allowed'

test('what is plain is served and refused as it should be', async () => {
  expect(await ask(mine)).toMatchObject({
    code: 200,
    text: expect.stringContaining('"name":"allowed","namespace":"a"'),
  })
  for (const path of ['a/configmaps/other', 'b/configmaps/allowed', 'a/secrets/allowed', 'a/configmaps'])
    expect((await ask(`/api/v1/namespaces/${path}`)).code).toBe(403)
  expect((await ask('/api/v1/namespaces/a/configmaps/other', 'admin')).text).toContain(forbidden)
})

/** None of these may show what ann may not see; the codes are those of a path that is taken as it is. */
test.each([
  '/api/v1/namespaces/a/configmaps/allowed/../other',
  '/api/v1/namespaces/a/configmaps/allowed/%2e%2e/other',
  '/api/v1/namespaces/a/configmaps/allowed%2f..%2fother',
  '/api/v1/namespaces/a/configmaps/..%2fconfigmaps%2fother',
  '/api/v1/namespaces/a/configmaps/./other',
  '/api/v1/namespaces/a/configmaps//other',
  '/api/v1/namespaces/a//configmaps/other',
  '//api/v1/namespaces/a/configmaps/other',
  '/./api/v1/namespaces/a/configmaps/other',
  '/x/../api/v1/namespaces/a/configmaps/other',
  '/healthz/../api/v1/namespaces/a/configmaps/other',
  '/api/v1/namespaces/a/configmaps/other/',
  '/api/v1/namespaces/a/configmaps/%6fther',
  '/api/v1/namespaces/a%2fconfigmaps%2fother',
  '/api/v1/namespaces/a/../b/configmaps/allowed',
  '/api/v1/namespaces/a/configmaps/allowed/../../../b/configmaps/allowed',
  '/api/v1/namespaces/a/configmaps/allowed/../../secrets/allowed',
  '/api/v1/watch/namespaces/a/configmaps/other?timeoutSeconds=1',
  '/api/v1/proxy/namespaces/a/configmaps/other',
  '/api/v1/namespaces/a/configmaps?fieldSelector=metadata.name%3Dallowed&fieldSelector=metadata.name%3Dother',
  '/api/v1/namespaces/a/configmaps?fieldSelector=metadata.name%3Dother&fieldSelector=metadata.name%3Dallowed',
  '/api/v1/namespaces/a/configmaps?fieldSelector=metadata.name%3Dallowed,metadata.name%3Dother',
  '/api/v1/namespaces/a/configmaps?fieldSelector=metadata.name!%3Dallowed',
  '/api/v1/namespaces/a/configmaps?fieldSelector=metadata.name%3D%3Dallowed;x',
  '/api/v1/configmaps?fieldSelector=metadata.name%3Dallowed,metadata.namespace%3Da',
  '/api/v1/namespaces/a/configmaps/other?resourceVersion=0',
  '/api/v1/namespaces/a/configmaps/other?namespace=a&name=allowed',
])('%s', async (path) => {
  const { code, text } = await ask(path)
  expect(text).not.toContain(forbidden)
  expect(code === 200 ? text : 'refused').not.toContain('"name":"other"')
  expect(code).not.toBe(500)
})

const long = 'n'.repeat(5000)

/** What upstream answers to an administrator, to whom nothing is forbidden. */
test.each<[string, number, string]>([
  [mine, 200, ''],
  [`/${mine}`, 404, '404 page not found'],
  [mine.replace('/api/', '/apis//'), 404, '404 page not found'],
  [`${mine}/`, 200, ''],
  ['/api/v1/namespaces/a/namespaces/a', 404, 'the server could not find the requested resource'],
  ['/api/v1/namespaces/a/nodes', 404, 'the server could not find the requested resource'],
  ['/api/v1/proxy/namespaces/a/pods/x', 404, 'the server could not find the requested resource'],
  ['/api/v1/namespaces/a/configmaps/..', 400, 'Name parameter invalid: "..": may not be \'..\''],
  ['/api/v1/namespaces/a/configmaps/%2e', 400, 'Name parameter invalid: ".": may not be \'.\''],
  ['/api/v1/namespaces/a/configmaps/%252e', 400, 'Name parameter invalid: "%2e": may not contain \'%\''],
  ['/api/v1/namespaces/a/services/%2e%2e/proxy', 400, 'Name parameter invalid: "..": may not be \'..\''],
  ['/api/v1/namespaces/a/pods//exec', 400, 'name must be provided'],
  ['/api/v1/namespaces/a/configmaps/a%00', 404, 'configmaps "a\\x00" not found'],
  ['/api/v1/namespaces/a/configmaps/%22a%22%0a', 404, 'configmaps "\\"a\\"\\n" not found'],
  [`/api/v1/namespaces/a/configmaps/${long}`, 404, `configmaps "${long}" not found`],
  [`/api/v1/namespaces/${long}`, 404, `namespaces "${long}" not found`],
  [`/api/v1/namespaces/${long}/configmaps`, 200, ''],
  [`/api/v1/namespaces/${long}/pods/x/log`, 404, 'pods "x" not found'],
  ['/apis/authorization.k8s.io/v1/localsubjectaccessreviews', 404, 'the server could not find the requested resource'],
])('answers an administrator as upstream: %s', async (path, code, message) => {
  const answer = await ask(path, 'admin')
  expect(answer.code).toBe(code)
  if (message === '') return
  const told = answer.text.startsWith('{') ? JSON.parse(answer.text).message : answer.text.trim()
  expect(told).toBe(message)
})

test.each([
  ['..', 'x', 'the name of the object (x) does not match the name on the URL (..)'],
  ['%2e', '.', 'Name parameter invalid: ".": may not be \'.\''],
  ['a%25', 'a%', 'Name parameter invalid: "a%": may not contain \'%\''],
])('a PUT to %s is first asked of which name its object is: %s', async (inPath, name, message) => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
  const { code, text } = await ask(`/api/v1/namespaces/a/configmaps/${inPath}`, 'admin', 'PUT', object)
  expect([code, JSON.parse(text).message]).toEqual([400, message])
})

test('a name that cannot be stored is refused', async () => {
  const roles = '/apis/rbac.authorization.k8s.io/v1/namespaces/a/roles'
  for (const name of [long, 'with\0in']) {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name }, rules: [] }
    expect((await ask(roles, 'admin', 'POST', role)).code).toBe(400)
  }
})

test('the absolute form of a request and headers about paths and methods change nothing', async () => {
  const other = '/api/v1/namespaces/a/configmaps/other'
  for (const path of [`${server.url}${other}`, `https://elsewhere${other}`, `https://x:y@z${other}`])
    expect((await ask(path)).text).not.toContain(forbidden)
  for (const name of ['x-original-url', 'x-rewrite-url', 'x-forwarded-prefix', 'x-forwarded-uri'])
    expect(await ask(mine, 'ann', 'GET', undefined, { [name]: other })).toMatchObject({ code: 200 })
  expect((await ask(mine, 'ann', 'GET', undefined, { 'x-http-method-override': 'DELETE' })).code).toBe(200)
  expect((await ask(mine)).code).toBe(200)
})

const segment = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('api', 'v1', 'namespaces', 'a', 'b', 'configmaps', 'secrets', 'allowed', 'other'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('', '.', '..', '%2e', '%2e%2e', '%2F', '..%2f', 'a%2fb', '%61', '%6Fther', 'other%20'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'watch',
      'proxy',
      'status',
      'apis',
      '%00',
      ';x',
      'OTHER',
      '%c0%ae%c0%ae',
      '%',
      '%zz',
      '*',
      '%252e',
    ),
  },
)
const query = fc.constantFrom(
  '',
  '?',
  '?fieldSelector=metadata.name%3Dallowed',
  '?fieldSelector=metadata.name%3Dother',
  '?fieldSelector=metadata.name=allowed&fieldSelector=',
  '?labelSelector=who',
  '?limit=1&continue=x',
  '?watch&timeoutSeconds=1&resourceVersion=999999999',
)

describe('fuzzed', () => {
  const free = fc.array(segment, { maxLength: 9 }).map((parts) => `/${parts.join('/')}`)
  /** A path that is good but for something put into it, or spelled otherwise, somewhere. */
  const bent = fc
    .tuple(
      fc.constantFrom(
        mine,
        mine.replace('allowed', 'other'),
        mine.replace('/a/', '/b/'),
        mine.replace('configmaps', 'secrets'),
      ),
      fc.array(fc.tuple(fc.nat(7), fc.boolean(), segment), { minLength: 1, maxLength: 3 }),
    )
    .map(([path, changes]) => {
      const parts = path.split('/')
      for (const [at, replace, text] of changes) parts.splice(at, replace ? 1 : 0, text)
      return parts.join('/').replace(/^\/?/, '/')
    })

  test('no path shows what its user may not see, and what is shown is what was named', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(free, bent), query, async (path, more) => {
        const { code, text } = await ask(path + more)
        expect(text).not.toContain(forbidden)
        if (code !== 200 || !/^\s*\{\s*"kind":\s*"ConfigMap"/.test(text)) return
        expect(text.replaceAll(/\s/g, '')).toMatch(/"name":"allowed","namespace":"a"/)
      }),
      { numRuns: 400 },
    )
  })
})

/** Sends bytes as they are; resolves with all that comes back until the server closes, or nothing more comes. */
function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(server.url)
  return new Promise((resolve) => {
    const socket = connect({
      host: hostname,
      port: Number(port),
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    })
    let text = ''
    const done = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket.setTimeout(500, done)
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('error', done)
    socket.on('close', done)
    socket.write(bytes)
  })
}

describe('a body that could be read in two ways', () => {
  const hidden = `GET /api/v1/namespaces/a/configmaps/other HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n\r\n`
  const head = `POST /api/v1/namespaces/a/configmaps HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\n`
  test.each([
    [
      'has a length and is chunked',
      `Content-Length: ${hidden.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['has two lengths', `Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n`],
    ['has a length that is none', 'Content-Length: +0\r\n\r\n'],
    ['is chunked by a name that is almost right', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['is chunked first and something else then', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['has a blank before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['has a folded header', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n'],
    ['has a chunk size that is none', 'Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n'],
  ])('%s: what is behind it is not served', async (_, rest) => {
    const text = await raw(`${head}${rest}${hidden}`)
    expect(text).not.toContain(forbidden)
    const codes = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => Number(code))
    expect(codes.length).toBeGreaterThan(0)
    // Refused, perhaps twice: the request itself, and what was left of it. Nothing is answered well.
    expect(codes.filter((code) => (code < 400 || code > 499) && code !== 501)).toEqual([])
    expect(codes.filter((code) => code !== 400).length).toBeLessThanOrEqual(1)
  })
})
