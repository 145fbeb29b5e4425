import { createSign, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { TokenAuthenticator, TokenIdentity } from './authenticator.js'
import { type PublicKey, publicKey, staticKeys } from './public-keys.js'
import { serviceAccountTokens } from './service-account.js'
import { cachedTokens } from './token-cache.js'

test('a service-account token costs one signature check, and none while its verdict is kept', async () => {
  const { privateKey, publicKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const account = { metadata: { name: 'robot', uid: 'u1' } }
  const claims = {
    iss: 'https://us',
    aud: ['us'],
    exp: 4_000_000_000,
    sub: 'system:serviceaccount:ns:robot',
    'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'robot', uid: 'u1' } },
  }
  const signed = `${part({ alg: 'RS256' })}.${part(claims)}`
  const token = `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`
  let time = 1_800_000_000_000
  let checks = 0
  const { id } = publicKey(key)
  // A key is taken out once for every signature that is checked with it.
  const counted: PublicKey = {
    id,
    get key() {
      checks++
      return key
    },
  }
  const cached = cachedTokens(
    serviceAccountTokens({
      keys: staticKeys([counted]),
      issuers: ['https://us'],
      audiences: ['us'],
      now: () => time,
      lookups: {
        serviceAccount: () => account as never,
        secret: () => undefined,
        pod: () => undefined,
        node: () => undefined,
      },
    }),
    { now: () => time },
  )
  const audiences = ['us']
  const answers = await Promise.all(Array.from({ length: 5 }, async () => cached.authenticateToken(token, audiences)))
  expect(answers.map((answer) => answer?.user.name)).toEqual(Array(5).fill('system:serviceaccount:ns:robot'))
  expect(checks).toBe(1)
  for (let i = 0; i < 100; i++) await cached.authenticateToken(token, audiences)
  expect(checks).toBe(1)
  time += 10_001
  await cached.authenticateToken(token, audiences)
  expect(checks).toBe(2)
})

describe('the cache', () => {
  const identity: TokenIdentity = { user: { name: 'jane', groups: [] }, audiences: undefined }
  const counting = (answer: () => TokenIdentity | undefined) => {
    const asked: string[] = []
    const inner: TokenAuthenticator = {
      authenticateToken(token, audiences) {
        asked.push(`${token} ${audiences.join()}`)
        return answer()
      },
    }
    return { asked, inner }
  }

  test('keeps that a token is unknown, if it is told to, but no errors', () => {
    let time = 0
    const { asked, inner } = counting(() => undefined)
    const options = { ttlMs: 100, failureTtlMs: 50, now: () => time }
    const cached = cachedTokens(inner, options)
    for (time = 0; time < 60; time += 10) void cached.authenticateToken('t', [])
    expect(asked).toHaveLength(2)

    const failing = counting(() => {
      throw new Error('broken')
    })
    const broken = cachedTokens(failing.inner, options)
    for (let i = 0; i < 3; i++) expect(() => broken.authenticateToken('t', [])).toThrow('broken')
    expect(failing.asked).toHaveLength(3)
  })

  test('keeps nothing for no time', () => {
    const { asked, inner } = counting(() => identity)
    const cached = cachedTokens(inner, { ttlMs: 0 })
    void cached.authenticateToken('t', [])
    void cached.authenticateToken('t', [])
    expect(asked).toHaveLength(2)
  })

  test('tells audiences apart, however they are written', () => {
    const { asked, inner } = counting(() => identity)
    const cached = cachedTokens(inner)
    for (const audiences of [['a', 'b'], ['a b'], ['ab'], ['a\0b'], ['b', 'a'], [], ['']])
      void cached.authenticateToken('t', audiences)
    void cached.authenticateToken('bt', ['a'])
    expect(asked).toHaveLength(8)
  })

  test('tells what it does', async () => {
    const told: string[] = []
    const observer = {
      asked: (hit: boolean) => void told.push(hit ? 'hit' : 'miss'),
      fetching: () => (ok: boolean) => void told.push(ok ? 'ok' : 'error'),
      waiting: () => () => void told.push('waited'),
    }
    const slow: TokenAuthenticator = { authenticateToken: async () => identity }
    const cached = cachedTokens(slow, { observer })
    await Promise.all([cached.authenticateToken('t', []), cached.authenticateToken('t', [])])
    await cached.authenticateToken('t', [])
    expect(told).toEqual(['ok', 'waited', 'miss', 'waited', 'miss', 'hit'])
  })
})
