import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createServer, type ServerOptions } from '../src/index.js'
import { GrpcFailure, grpcServer, type UnaryMethod } from './support/grpc-server.js'
import { type LibraryServer, libraryServer } from './support/library-server.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-signer-'))
const socket = join(folder, 'signer.sock')
const issuer = 'https://issuer.test'
const made: Record<string, KeyObject> = {
  a: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  b: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  old: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
}

/** What the signer does now. */
const signer = { keys: ['a', 'old'], by: 'a', header: {}, longest: 86_400n, failure: undefined as Error | undefined }
const field = (number: number, name: string, type: 'string' | 'bytes' | 'bool' | 'int64') => ({ number, name, type })
const methods: UnaryMethod[] = [
  {
    path: '/v1.ExternalJWTSigner/Metadata',
    request: [],
    response: [field(1, 'longest', 'int64')],
    run: () => ({ longest: signer.longest }),
  },
  {
    path: '/v1.ExternalJWTSigner/FetchKeys',
    request: [],
    response: [
      {
        number: 1,
        name: 'keys',
        type: [field(1, 'id', 'string'), field(2, 'key', 'bytes'), field(3, 'hidden', 'bool')],
        repeated: true,
      },
      { number: 2, name: 'time', type: [field(1, 'seconds', 'int64')] },
      field(3, 'hint', 'int64'),
    ],
    run: () => ({
      keys: signer.keys.map((id) => ({
        id,
        key: createPublicKey(made[id]!).export({ type: 'spki', format: 'der' }),
        hidden: id === 'old',
      })),
      time: { seconds: 1_700_000_000n },
      hint: 600n,
    }),
  },
  {
    path: '/v1.ExternalJWTSigner/Sign',
    request: [field(1, 'claims', 'string')],
    response: [field(1, 'header', 'string'), field(2, 'signature', 'string')],
    run({ claims }) {
      if (signer.failure !== undefined) throw signer.failure
      const key = made[signer.by]!
      const alg = signer.by === 'a' ? 'RS256' : 'ES256'
      const header = Buffer.from(JSON.stringify({ alg, kid: signer.by, typ: 'JWT', ...signer.header })).toString(
        'base64url',
      )
      const signature = sign('sha256', Buffer.from(`${header}.${claims}`), { key, dsaEncoding: 'ieee-p1363' })
      return { header, signature: signature.toString('base64url') }
    },
  },
]

let program: { stop(): void }
let server: LibraryServer
const options = (dataDir: string, accounts: object = {}): ServerOptions => ({
  store: { dataDir: join(folder, dataDir), fsync: false },
  secureServing: { port: 0, bindAddress: '127.0.0.1' },
  authentication: {
    tokenAuthFile: join(folder, 'tokens.csv'),
    serviceAccounts: { issuers: [issuer], signingEndpoint: socket, ...accounts },
  },
  authorization: { modes: ['RBAC'] },
})

const account = '/api/v1/namespaces/default/serviceaccounts'
const admin = (path: string, body?: object) =>
  server.ask(path, { token: 'admin', ...(body === undefined ? {} : { method: 'POST', body }) })
const request = (spec: object = {}, query = '') => admin(`${account}/sa/token${query}`, { spec })
const partOf = (token: string, i: number) => JSON.parse(Buffer.from(token.split('.')[i]!, 'base64url').toString())
const whoIs = (token: string) =>
  server.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', { method: 'POST', token, body: {} })

beforeAll(async () => {
  writeFileSync(join(folder, 'tokens.csv'), 'admin,admin,admin,"system:masters"\n')
  program = await grpcServer(socket, methods)
  server = await libraryServer(options('data'))
  await admin(account, { metadata: { name: 'sa' } })
  await admin('/api/v1/namespaces/default/pods', {
    metadata: { name: 'p' },
    spec: { serviceAccountName: 'sa', containers: [{ name: 'c', image: 'i' }] },
  })
})
afterAll(async () => {
  await server?.stop()
  program?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('tokens are signed by the program, and good', async () => {
  const { json } = await request()
  expect(partOf(json.status.token, 0)).toEqual({ alg: 'RS256', kid: 'a', typ: 'JWT' })
  expect(partOf(json.status.token, 1)).toMatchObject({ iss: issuer, sub: 'system:serviceaccount:default:sa' })
  expect((await whoIs(json.status.token)).json.status.userInfo.username).toBe('system:serviceaccount:default:sa')
})

test('they live no longer than the program allows', async () => {
  const { json, headers } = await request({ expirationSeconds: 100_000 })
  expect(headers.warning).toContain('requested expiration of 100000 seconds shortened to 86400 seconds')
  expect(json.spec.expirationSeconds).toBe(86_400)
  const pod = { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p' } }
  const { exp, iat } = partOf((await request({ expirationSeconds: 3607, ...pod })).json.status.token, 1)
  expect(exp - iat).toBe(86_400)
})

test('its keys are told of, but those of former times', async () => {
  const { text, headers } = await admin('/openid/v1/jwks')
  expect(JSON.parse(text).keys.map((key: { kid: string }) => key.kid)).toEqual(['a'])
  expect(Number(/max-age=(\d+)/.exec(headers['cache-control'] ?? '')?.[1])).toBeGreaterThan(500)
})

test('a new key is known as soon as it is used, and told of', async () => {
  signer.keys = ['a', 'b', 'old']
  signer.by = 'b'
  const { json } = await request()
  expect((await whoIs(json.status.token)).code).toBe(201)
  expect(JSON.parse((await admin('/openid/v1/jwks')).text).keys).toHaveLength(2)
  const { json: metadata } = await admin('/.well-known/openid-configuration')
  expect(metadata.id_token_signing_alg_values_supported).toEqual(['ES256', 'RS256'])
  signer.by = 'a'
})

test.each([
  [{ typ: 'JOSE' }, 'while validating header: bad type'],
  [{ kid: 'old' }, 'while validating header: key used for signing JWT (kid: old) is excluded from OIDC discovery docs'],
])('what it signs wrongly is not given out: %o', async (header, why) => {
  signer.header = header
  const { code, json } = await request()
  signer.header = {}
  expect([code, json.message]).toEqual([500, `Internal error occurred: failed to generate token: ${why}`])
})

test('its refusals are told; while it is away tokens are waited for, and those that were made stay good', async () => {
  const { token } = (await request()).json.status
  signer.failure = new GrpcFailure(7, 'not today')
  expect((await request()).json.message).toBe(
    'Internal error occurred: failed to generate token: while signing jwt: rpc error: code = PermissionDenied desc = not today',
  )
  signer.failure = undefined
  program.stop()
  expect((await request({}, '?timeout=300ms')).code).toBe(504)
  expect((await whoIs(token)).code).toBe(201)
  const waiting = request()
  program = await grpcServer(socket, methods)
  expect((await waiting).code).toBe(201)
})

test('calls are counted', async () => {
  const { text } = await admin('/metrics')
  expect(text).toContain('apiserver_externaljwt_sign_request_total{code="PermissionDenied"} 1')
  expect(text).toContain('apiserver_externaljwt_fetch_keys_data_timestamp 1700000000')
  expect(text).toContain(
    'apiserver_externaljwt_request_duration_seconds_count{method="/v1.ExternalJWTSigner/Metadata",code="OK"} 1',
  )
})

test('a server does not start whose tokens may live longer than the program allows', async () => {
  const longer = options('other', { maxTokenExpirationMs: 48 * 3_600_000 })
  await expect(createServer(longer)).rejects.toThrow(
    'service-account-max-token-expiration cannot be set longer than the token expiration supported by service-account-signing-endpoint: 48h0m0s > 24h0m0s',
  )
  signer.longest = 599n
  await expect(createServer(options('other'))).rejects.toThrow(
    'max token life supported by external-jwt-signer (599s) is less than acceptable (min 600s)',
  )
})
