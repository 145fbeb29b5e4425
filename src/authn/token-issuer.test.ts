import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { openIdMetadata } from './openid-metadata.js'
import { parsePublicKeys, staticKeys } from './public-keys.js'
import { serviceAccountTokens } from './service-account.js'
import { tokenIssuer } from './token-issuer.js'

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey
const keys: [string, KeyObject][] = [
  ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['ES256', ec('P-256')],
  ['ES384', ec('P-384')],
  ['ES512', ec('P-521')],
]
const issuer = 'https://issuer.test'
const now = 1_700_000_000

describe('tokens', () => {
  test.each(keys)('signed by %s are taken by who has the public key, and by nobody else', async (algorithm, key) => {
    const token = await tokenIssuer(pem(key), issuer).issue({
      sub: 'system:serviceaccount:ns:sa',
      aud: ['api'],
      exp: now + 600,
      iat: now,
      'kubernetes.io': { namespace: 'ns', serviceaccount: { uid: 'u', name: 'sa' }, pod: undefined },
    })
    const [head, body] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
    expect(JSON.parse(head!)).toEqual({ alg: algorithm, kid: parsePublicKeys(pem(key))[0]!.id })
    expect(body).toBe(
      `{"aud":["api"],"exp":${now + 600},"iat":${now},"iss":"${issuer}","kubernetes.io":{"namespace":"ns","serviceaccount":{"name":"sa","uid":"u"}},"sub":"system:serviceaccount:ns:sa"}`,
    )
    const check = (verifier: KeyObject) =>
      serviceAccountTokens({
        keys: staticKeys(parsePublicKeys(pem(verifier))),
        issuers: [issuer],
        audiences: ['api'],
        now: () => now * 1000,
        lookups: {
          serviceAccount: () => ({ metadata: { name: 'sa', uid: 'u' } }),
          secret: () => undefined,
          pod: () => undefined,
          node: () => undefined,
        },
      }).authenticateToken(token, ['api'])
    expect(await check(key)).toMatchObject({
      user: { name: 'system:serviceaccount:ns:sa', uid: 'u' },
      audiences: ['api'],
    })
    await expect(check(ec('P-256'))).rejects.toThrow('invalid signature, no keys found')
  })

  test('are not signed by keys of other sorts', () => {
    expect(() => tokenIssuer(pem(generateKeyPairSync('ed25519').privateKey), issuer)).toThrow(
      'data does not contain a valid RSA or ECDSA private key',
    )
    expect(() => tokenIssuer('', issuer)).toThrow('data does not contain a valid RSA or ECDSA private key')
  })
})

describe('the discovery documents', () => {
  const all = keys.flatMap(([, key]) => parsePublicKeys(pem(key)))
  const options = { issuer, jwksUri: '', externalAddress: 'api.test:6443', keys: all }

  test('name the algorithms and hold the public parts of the keys alone', () => {
    const { configuration, keys: told } = openIdMetadata(options)!
    expect(JSON.parse(configuration)).toEqual({
      issuer,
      jwks_uri: 'https://api.test:6443/openid/v1/jwks',
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'ES384', 'ES512', 'RS256'],
    })
    const { keys: jwks } = JSON.parse(told) as { keys: Record<string, string>[] }
    expect(jwks.map(({ kid, alg }) => [kid, alg])).toEqual(all.map(({ id }, i) => [id, keys[i]![0]]))
    for (const jwk of jwks) expect(Object.keys(jwk)).not.toContain('d')
  })

  test('are there only where somebody could use them', () => {
    expect(openIdMetadata({ ...options, issuer: 'kubernetes' })).toBeUndefined()
    expect(openIdMetadata({ ...options, issuer: 'https://a.test/?b' })).toBeUndefined()
    expect(openIdMetadata({ ...options, keys: [] })).toBeUndefined()
    expect(openIdMetadata({ ...options, jwksUri: 'http://a.test' })).toBeUndefined()
    expect(openIdMetadata({ ...options, jwksUri: 'https://a.test/k' })?.configuration).toContain('"https://a.test/k"')
  })
})
