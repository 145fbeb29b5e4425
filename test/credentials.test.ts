import { execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type ServerOptions } from '../src/index.js'
import { createCertificate, type PemPair } from '../src/server/index.js'
import { type AskOptions, type LibraryServer, libraryServer } from './support/library-server.js'
import { testAuthority, testClient } from './support/tls-server.js'

const hasKubectl = (() => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

let folder: string
let server: LibraryServer
const authority = testAuthority('clients')
const stranger = testAuthority('clients')
const write = (name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-credentials-'))
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  server = await libraryServer({
    authentication: {
      clientCaFile: write('ca.pem', authority.cert),
      tokenAuthFile: write('tokens.csv', 'static-token,carl,3,"one,two"\nroot-token,root,1,system:masters\n'),
      bootstrapTokens: true,
      serviceAccounts: {
        issuers: ['https://new.example', 'https://old.example'],
        signingKeyFile: write('sa.key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      },
    },
    authorization: { modes: ['RBAC'] },
  })
  const asRoot = (path: string, body: object) => server.ask(path, { token: 'root-token', method: 'POST', body })
  await asRoot('/api/v1/namespaces/default/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot' },
  })
  await asRoot('/api/v1/namespaces/kube-system/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'bootstrap-token-abcdef' },
    type: 'bootstrap.kubernetes.io/token',
    stringData: {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
    },
  })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const robotToken = async (): Promise<string> => {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const path = '/api/v1/namespaces/default/serviceaccounts/robot/token'
  return (await server.ask(path, { token: 'root-token', method: 'POST', body })).json.status.token
}

/** Who one is, or the status of the refusal. */
async function who(options: AskOptions): Promise<string | number> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const { code, json } = await server.ask(path, { ...options, method: 'POST', body })
  return code === 201 ? `${json.status.userInfo.username} ${json.status.userInfo.groups.join()}` : code
}

const hour = 3_600_000
const certificate = (more: object, by: PemPair = authority): PemPair =>
  createCertificate(
    {
      commonName: 'alice',
      organizations: ['staff'],
      usage: 'client',
      notBefore: new Date(Date.now() - 2 * hour),
      notAfter: new Date(Date.now() + hour),
      ...more,
    },
    by,
  )

const certificates: readonly [what: string, pair: PemPair, expected: string | number][] = [
  ['a good one', certificate({}), 'alice staff,system:authenticated'],
  ['one that has expired', certificate({ notAfter: new Date(Date.now() - hour) }), 401],
  ['one that is not valid yet', certificate({ notBefore: new Date(Date.now() + hour / 2) }), 401],
  ['one for servers', certificate({ usage: 'server' }), 401],
  ['one of another authority by the same name', certificate({}, stranger), 401],
  ['one of a client that is no authority', certificate({}, testClient('mallory', authority)), 401],
]
test.each(certificates)('with %s', async (_, pair, expected) => {
  expect(await who({ certificate: pair })).toBe(expected)
})

test('how long certificates are still good is measured', async () => {
  expect(await who({ certificate: certificate({ notAfter: new Date(Date.now() + 10 * hour) }) })).toMatch(/^alice /)
  const { text } = await server.ask('/metrics', { token: 'root-token' })
  const bucket = (le: string) =>
    Number(text.split(`client_certificate_expiration_seconds_bucket{le="${le}"} `)[1]!.split('\n')[0])
  expect(bucket('43200')).toBeGreaterThan(bucket('21600'))
})

test('a bad certificate does not spoil a good token', async () => {
  const expired = certificate({ notAfter: new Date(Date.now() - hour) })
  expect(await who({ certificate: expired, token: 'static-token' })).toBe('carl one,two,system:authenticated')
})

test('tokens of service accounts are for all names of this server', async () => {
  const token = await robotToken()
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  expect(claims).toMatchObject({ iss: 'https://new.example', aud: ['https://new.example', 'https://old.example'] })
  expect(await who({ token })).toMatch(/^system:serviceaccount:default:robot /)
})

test('static and bootstrap tokens are for this server alone', async () => {
  const review = async (token: string, audiences: readonly string[]) => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } }
    const path = '/apis/authentication.k8s.io/v1/tokenreviews'
    return (await server.ask(path, { token: 'root-token', method: 'POST', body })).json.status
  }
  for (const token of ['static-token', 'abcdef.0123456789abcdef']) {
    expect(await review(token, ['https://old.example', 'x'])).toMatchObject({
      authenticated: true,
      audiences: ['https://old.example'],
    })
    expect(await review(token, ['x'])).not.toHaveProperty('authenticated')
  }
})

test('a WebSocket may carry the token among its protocols', async () => {
  const headers = (token: string): Record<string, string> => ({
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-protocol': `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}, v5.channel.k8s.io`,
  })
  const code = async (token: string) => (await server.ask('/api', { headers: headers(token) })).code
  // It goes no further than to be refused for what it is: nobody is not even told that.
  expect(await code('static-token')).not.toBe(401)
  expect(await code('wrong')).toBe(401)
})

describe.skipIf(!hasKubectl)('kubectl', () => {
  const kubectl = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const common = ['--server', server.server.url, '--insecure-skip-tls-verify', '--kubeconfig', '/dev/null']
      execFile('kubectl', [...args, ...common], { env: { ...process.env, HOME: folder } }, (_, stdout, stderr) =>
        resolve(stdout + stderr),
      )
    })
  test('is who its credentials say', async () => {
    const { cert, key } = certificate({})
    const files = ['--client-certificate', write('c.pem', cert), '--client-key', write('c.key', key)]
    const all: readonly [credentials: readonly string[], name: RegExp][] = [
      [files, /Username\s+alice/],
      [['--token', 'static-token'], /Username\s+carl/],
      [['--token', 'abcdef.0123456789abcdef'], /Username\s+system:bootstrap:abcdef/],
      [['--token', await robotToken()], /Username\s+system:serviceaccount:default:robot/],
      [['--token', 'wrong'], /Unauthorized|provide credentials/],
    ]
    const told = await Promise.all(all.map(([credentials]) => kubectl('auth', 'whoami', ...credentials)))
    for (const [i, [, name]] of all.entries()) expect(told[i]).toMatch(name)
    expect(await kubectl('auth', 'can-i', '--list', '--token', 'static-token')).toContain('selfsubjectreviews')
  })
})

const refused: readonly [what: string, options: ServerOptions['authentication'], message: string][] = [
  [
    'front proxies that could be anybody',
    { requestHeader: { clientCaFile: 'ca.pem', usernameHeaders: ['X-Remote-User'] }, clientCaFile: 'ca.pem' },
    '--requestheader-client-ca-file and --client-ca-file contain overlapping certificates',
  ],
  [
    'keys at no safe place',
    { serviceAccounts: { jwksUri: 'http://x/keys' } },
    'service-account-jwks-uri requires https scheme, parsed as: http://x/keys',
  ],
  [
    'half an issuer',
    { oidc: { issuerUrl: 'https://x' } },
    'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set',
  ],
  [
    'an algorithm that everybody could use',
    { oidc: { issuerUrl: 'https://x', clientId: 'c', signingAlgorithms: ['HS256'] } },
    'oidc: unsupported signing alg: "HS256"',
  ],
  [
    'another version of TokenReview',
    { tokenWebhook: { configFile: 'ca.pem', version: 'v2' } },
    'unsupported authentication webhook version "v2", supported versions are "v1", "v1beta1"',
  ],
  ['a webhook nowhere', { tokenWebhook: { configFile: 'none' } }, 'none: no such file or directory'],
]
test.each(refused)('%s: refused', async (_, options, message) => {
  // Names of files are those of the folder.
  const placed = JSON.parse(JSON.stringify(options), (key, value) =>
    /File$/.test(key) && typeof value === 'string' ? join(folder, value) : value,
  )
  await expect(createServer({ authentication: placed })).rejects.toThrow(message)
})
