import fc from 'fast-check'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { CredentialError } from '../authenticator.js'
import { KeySet } from './key-set.js'
import { signingAlgorithms, untrustedIssuer, verifiedClaims } from './token-verifier.js'

const now = 1_800_000_000_000
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

async function issuerOf(algorithm: string) {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k' }
  const sign = (keyId = 'k') =>
    new SignJWT({ sub: 'x' })
      .setProtectedHeader({ alg: algorithm, kid: keyId })
      .setIssuer('https://i')
      .setAudience('me')
      .setExpirationTime(now / 1000 + 60)
      .sign(privateKey)
  return { jwk, sign }
}

const options = (keys: KeySet, algorithms: readonly string[] = signingAlgorithms) => ({
  issuer: 'https://i',
  audiences: ['me'],
  algorithms,
  keys,
  now: () => now,
})

test.each(signingAlgorithms)('%s', async (algorithm) => {
  const { jwk, sign } = await issuerOf(algorithm)
  const keys = new KeySet(
    async () => [jwk],
    () => now,
  )
  const token = await sign()
  expect(await verifiedClaims(token, options(keys))).toMatchObject({ sub: 'x' })
  // A key says nothing about what is signed with a part of the token changed.
  const [head, , tail] = token.split('.')
  const other = `${head}.${part({ iss: 'https://i', aud: 'me', exp: now / 1000 + 60, sub: 'root' })}.${tail}`
  await expect(verifiedClaims(other, options(keys))).rejects.toThrow('failed to verify id token signature')
})

test.each([
  [{ sub: 5 }, 'number into Go struct field idToken.sub of type string'],
  [{ sub: 5, aud: 5 }, 'number into Go struct field idToken.aud of type []string'],
  [{ aud: ['me', true] }, 'bool into Go struct field idToken.aud of type string'],
  [{ exp: {} }, 'object into Go struct field idToken.exp of type json.Number'],
])('claims of a wrong type are told: %j', async (more, told) => {
  const token = `${part({ alg: 'ES256' })}.${part({ iss: 'https://i', aud: 'me', exp: now, ...more })}.x`
  const keys = new KeySet(
    async () => [],
    () => now,
  )
  await expect(verifiedClaims(token, options(keys))).rejects.toThrow(
    `oidc: failed to unmarshal claims: json: cannot unmarshal ${told}`,
  )
})

test('a time may stand in quotes', async () => {
  const token = (exp: string) => `${part({ alg: 'none' })}.${part({ iss: 'https://i', aud: 'me', exp })}.x`
  const keys = new KeySet(
    async () => [],
    () => now,
  )
  const later = verifiedClaims(token(String(now / 1000 + 60)), options(keys))
  await expect(later).rejects.toThrow('unsupported algorithm')
  await expect(verifiedClaims(token('soon'), options(keys))).rejects.toThrow('invalid number literal')
})

describe('keys', () => {
  test('are fetched once for tokens that come together, and no more often than is allowed', async () => {
    let time = now
    let fetches = 0
    const { jwk, sign } = await issuerOf('ES256')
    const keys = new KeySet(
      async () => {
        fetches++
        return [jwk]
      },
      () => time,
    )
    const good = await sign()
    await Promise.all(Array.from({ length: 10 }, () => keys.verify(good, 'k', 'ES256')))
    expect(fetches).toBe(1)
    const unknown = await sign('unknown')
    for (let i = 0; i < 50; i++) await keys.verify(unknown, 'unknown', 'ES256').catch(() => {})
    expect(fetches).toBe(5)
    time += 1_000
    for (let i = 0; i < 50; i++) await keys.verify(unknown, 'unknown', 'ES256').catch(() => {})
    expect(fetches).toBe(6)
    await keys.verify(good, 'k', 'ES256')
  })

  test('of another kind do not fit, secret ones least of all', async () => {
    const { jwk, sign } = await issuerOf('RS256')
    const token = await sign()
    const secret = { kty: 'oct', k: Buffer.from('secret').toString('base64url'), kid: 'k' }
    for (const wrong of [secret, { ...jwk, kty: 'EC' }, { ...jwk, n: undefined }, { ...jwk, use: 'enc' }]) {
      const keys = new KeySet(
        async () => [wrong],
        () => now,
      )
      await expect(keys.verify(token, 'k', 'RS256')).rejects.toThrow('failed to verify id token signature')
    }
  })
})

test('whatever comes is refused in words, and fetches nothing', async () => {
  const keys = new KeySet(
    () => Promise.reject(new Error('nobody asked')),
    () => now,
  )
  const anything = fc.oneof(
    fc.string(),
    fc.tuple(fc.json(), fc.json(), fc.string()).map(([a, b, c]) => {
      const base64 = (text: string): string => Buffer.from(text).toString('base64url')
      return `${base64(a)}.${base64(b)}.${base64(c)}`
    }),
  )
  await fc.assert(
    fc.asyncProperty(anything, async (token) => {
      untrustedIssuer(token)
      const error = await verifiedClaims(token, options(keys)).catch((one: unknown) => one)
      expect(error).toBeInstanceOf(CredentialError)
      expect((error as Error).message).not.toContain('nobody asked')
    }),
    { numRuns: 300 },
  )
})
