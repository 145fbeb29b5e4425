import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, now, openBench, post, refusal } from './testing.js'
import { type TokenRequestOptions, tokenRequests } from './token-request.js'

let bench: Bench
beforeAll(async () => {
  bench = await openBench()
  const spec = { containers: [{ name: 'c', image: 'i' }], serviceAccountName: 'sa', nodeName: 'gone' }
  await bench.put('/serviceaccounts', { metadata: { name: 'sa' } })
  await bench.put('/pods', { metadata: { name: 'p' }, spec })
  await bench.put('/secrets', { metadata: { name: 's' } })
  await bench.put('/nodes', { metadata: { name: 'n' } })
})
afterAll(() => bench.close())

async function ask(spec: object, options: Partial<TokenRequestOptions> = {}, metadata: object = {}) {
  let claims: Record<string, unknown> = {}
  const warnings: string[] = []
  const tokens = tokenRequests(bench.environment, {
    issue: async (given) => {
      claims = JSON.parse(JSON.stringify(given))
      return 'token'
    },
    audiences: ['api'],
    maxExpirationSeconds: 0,
    extendExpiration: true,
    extendedSeconds: 365 * 86400,
    ...options,
  })
  const answer = await post(tokens, 'sa', { metadata, spec }, { warn: (text) => void warnings.push(text) })
  return { answer, claims, warnings, bound: claims['kubernetes.io'] as Record<string, unknown> }
}

const seconds = now / 1000

describe('a token request', () => {
  test('gets an hour for this server unless it says otherwise', async () => {
    const { answer, claims } = await ask({})
    expect(answer.metadata).toMatchObject({ name: 'sa', namespace: 'ns', creationTimestamp: '2026-01-02T03:04:05Z' })
    expect(answer.spec).toMatchObject({ audiences: ['api'], expirationSeconds: 3600 })
    expect(answer.status).toEqual({ token: 'token', expirationTimestamp: '2026-01-02T04:04:05Z' })
    expect(claims).toMatchObject({
      sub: 'system:serviceaccount:ns:sa',
      aud: ['api'],
      iat: seconds,
      nbf: seconds,
      exp: seconds + 3600,
      'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'sa' } },
    })
  })

  const to = (kind: string, name: string, uid?: string) => ({
    boundObjectRef: { kind, apiVersion: 'v1', name, ...(uid === undefined ? {} : { uid }) },
  })

  test('is bound to what it names', async () => {
    expect((await ask(to('Pod', 'p'))).bound).toMatchObject({ pod: { name: 'p' }, node: { name: 'gone' } })
    expect((await ask(to('Secret', 's'))).bound).toMatchObject({ secret: { name: 's' } })
    expect((await ask(to('Node', 'n'))).bound).toMatchObject({ node: { name: 'n' } })
  })

  test('of a mounted token lives longer than it says, and warns from then on', async () => {
    const mounted = { ...to('Pod', 'p'), expirationSeconds: 3607 }
    const { answer, claims, bound } = await ask(mounted)
    expect([claims.exp, bound.warnafter]).toEqual([seconds + 365 * 86400, seconds + 3607])
    expect(answer.status.expirationTimestamp).toBe('2026-01-02T04:04:12Z')
    expect((await ask(mounted, { maxExpirationSeconds: 7200 })).claims.exp).toBe(seconds + 365 * 86400)
    expect((await ask(mounted, { extendExpiration: false })).claims.exp).toBe(seconds + 3607)
    expect((await ask({ ...mounted, audiences: ['other'] })).claims.exp).toBe(seconds + 3607)
    expect((await ask({ expirationSeconds: 3607 })).claims.exp).toBe(seconds + 3607)
  })

  test('is cut to the longest life there is, with a warning', async () => {
    const { claims, warnings } = await ask({ expirationSeconds: 9000 }, { maxExpirationSeconds: 7200 })
    expect(claims.exp).toBe(seconds + 7200)
    expect(warnings).toEqual(['requested expiration of 9000 seconds shortened to 7200 seconds'])
  })

  test('that nobody signs is answered with why', async () => {
    const issue = () => Promise.reject(new Error('no pen'))
    expect(await refusal(ask({}, { issue }))).toMatch(/^500 Internal error occurred: failed to generate token: no pen/)
  })

  test.each([
    [
      { expirationSeconds: 599 },
      {},
      /^422 TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes/,
    ],
    [{ expirationSeconds: 4294967297 }, {}, /may not specify a duration larger than 2\^32 seconds/],
    [to('Pod', 'none'), {}, /^404 pods "none" not found/],
    [
      to('Pod', 'p', 'x'),
      {},
      /^409 Operation cannot be fulfilled on Pod "p": the UID in the bound object reference \(x\)/,
    ],
    [to('ConfigMap', 's'), {}, /^400 cannot bind token to object of type \/v1, Kind=ConfigMap/],
    [
      {},
      { name: 'other' },
      /^422 .*metadata.name: Invalid value: "other": must match the service account name if specified/,
    ],
    [{}, { uid: 'x' }, /^409 .*the UID in the token request \(x\) does not match the UID of the service account/],
  ])('%j is refused', async (spec, metadata, want) => {
    expect(await refusal(ask(spec, {}, metadata))).toMatch(want)
  })
})
