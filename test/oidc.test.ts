import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type ServerOptions } from '../src/index.js'
import { type LibraryServer, libraryServer } from './support/library-server.js'
import { type OidcProvider, oidcProvider, type SignOptions } from './support/oidc-provider.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kats-oidc-'))
  write('tokens.csv', 'root-token,root,1,system:masters\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
  return file
}

const started = (authentication: ServerOptions['authentication']): Promise<LibraryServer> =>
  libraryServer({
    authentication: { tokenAuthFile: join(folder, 'tokens.csv'), ...authentication },
    authorization: { modes: ['RBAC'] },
  })

interface Verdict {
  readonly user?: {
    readonly username: string
    readonly groups: readonly string[]
    readonly uid?: string
    readonly extra?: object
  }
  readonly error?: string
}

/** What the server makes of a token. */
async function judged(server: LibraryServer, token: string): Promise<Verdict> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }
  const path = '/apis/authentication.k8s.io/v1/tokenreviews'
  const { status } = (await server.ask(path, { token: 'root-token', method: 'POST', body })).json
  return status.authenticated === true ? { user: status.user } : { error: status.error }
}

async function untilReady(server: LibraryServer, provider: OidcProvider): Promise<void> {
  const token = await provider.sign({ sub: 'ready', email: 'ready@x' })
  while ((await judged(server, token)).error?.includes('not initialized') === true)
    await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('the issuer of --oidc-issuer-url', () => {
  let provider: OidcProvider
  let server: LibraryServer
  beforeAll(async () => {
    provider = await oidcProvider()
    await provider.rotate('ES256')
    await provider.rotate('PS512')
    server = await started({
      oidc: {
        issuerUrl: provider.url,
        clientId: 'me',
        caFile: write('ca.pem', provider.ca),
        groupsClaim: 'groups',
        groupsPrefix: 'oidc:',
        signingAlgorithms: ['RS256', 'ES256'],
        requiredClaims: { hd: 'example.org' },
      },
    })
    await untilReady(server, provider)
  })
  afterAll(async () => {
    await server.stop()
    await provider.close()
  })
  const hd = 'example.org'

  test.each([{ algorithm: 'RS256' }, { algorithm: 'ES256' }, { keyId: '' }] as SignOptions[])(
    'tells who somebody is: %j',
    async (options) => {
      const token = await provider.sign({ sub: 'jane', groups: ['a', 'b'], hd, jti: 'j1' }, options)
      expect(await judged(server, token)).toEqual({
        user: {
          username: `${provider.url}#jane`,
          groups: ['oidc:a', 'oidc:b', 'system:authenticated'],
          extra: { 'authentication.kubernetes.io/credential-id': ['JTI=j1'] },
        },
      })
    },
  )

  test('takes a single group as text', async () => {
    const { user } = await judged(server, await provider.sign({ sub: 'jane', groups: 'one', hd }))
    expect(user!.groups).toEqual(['oidc:one', 'system:authenticated'])
  })

  const bad: readonly [name: string, claims: object, options: SignOptions, error: RegExp][] = [
    [
      'expired',
      { sub: 'x', hd },
      { expiresIn: -60 },
      /oidc: token is expired \(Token Expiry: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC\)/,
    ],
    [
      'not valid yet',
      { sub: 'x', hd },
      { notBeforeIn: 120 },
      /oidc: current time .* before the nbf \(not before\) time: /,
    ],
    ['for somebody else', { sub: 'x', hd }, { audience: ['a', 'b'] }, /oidc: expected audience "me" got \["a" "b"\]/],
    [
      'of another algorithm',
      { sub: 'x', hd },
      { algorithm: 'PS512' },
      /signed with unsupported algorithm, expected \["RS256" "ES256"\] got "PS512"/,
    ],
    ['without a name', { hd }, {}, /oidc: parse username claims "sub": claim not present/],
    [
      'whose name is a number',
      { sub: 5, hd } as object,
      {},
      /json: cannot unmarshal number into Go struct field idToken.sub of type string/,
    ],
    [
      'whose groups are no texts',
      { sub: 'x', groups: [1], hd },
      {},
      /oidc: parse groups claim "groups": json: cannot unmarshal array/,
    ],
    ['without a required claim', { sub: 'x' }, {}, /oidc: required claim hd not present in ID token/],
    [
      'with another value of it',
      { sub: 'x', hd: 'else' },
      {},
      /required claim hd value does not match. Got = else, want = example.org/,
    ],
  ]
  test.each(bad)('refuses a token %s', async (_, claims, options, error) => {
    expect((await judged(server, await provider.sign(claims as never, options))).error).toMatch(error)
  })

  test('refuses what nobody has signed, and tokens of strangers', async () => {
    const good = await provider.sign({ sub: 'jane', hd })
    const [head, body, tail] = good.split('.') as [string, string, string]
    const forged = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: 'root' }),
    )
    const nobody = /failed to verify id token signature/
    expect((await judged(server, `${head}.${forged.toString('base64url')}.${tail}`)).error).toMatch(nobody)
    const unsigned = new UnsecuredJWT({ sub: 'x', hd })
      .setIssuer(provider.url)
      .setAudience('me')
      .setExpirationTime('1h')
    expect((await judged(server, unsigned.encode())).error).toMatch(/got "none"/)
    // The provider shows a secret key; what is signed with it must count for nothing.
    const hmac = `${Buffer.from('{"alg":"HS256","kid":"no"}').toString('base64url')}.${body}.${tail}`
    expect((await judged(server, hmac)).error).toMatch(/got "HS256"/)
    const stranger = await provider.sign({ sub: 'x', hd }, { issuer: 'https://stranger.example' })
    expect((await judged(server, stranger)).error).toBe('invalid bearer token')
    expect((await judged(server, `${good}.x`)).error).toBe('invalid bearer token')
  })

  test('follows keys that rotate, and does not let strangers hammer the issuer', async () => {
    await provider.rotate()
    expect((await judged(server, await provider.sign({ sub: 'new', hd }))).user?.username).toMatch(/#new$/)
    const before = provider.fetched.get('/keys')!
    const began = Date.now()
    for (let i = 0; i < 20; i++) {
      const token = await provider.sign({ sub: `s${i}`, hd }, { keyId: `unknown-${i}` })
      expect((await judged(server, token)).error).toMatch(/failed to verify id token signature/)
    }
    // Five at once, and one more a second.
    expect(provider.fetched.get('/keys')! - before).toBeLessThan(7 + (Date.now() - began) / 1000)
  })

  test('bounds what the issuer may send', async () => {
    await provider.rotate()
    provider.mood = 'huge'
    const verdict = async () => judged(server, await provider.sign({ sub: 'x', hd }))
    // Fetches are allowed at a rate, which the test before has used up.
    const until = async (holds: (verdict: Verdict) => boolean): Promise<void> => {
      while (!holds(await verdict())) await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const tooLarge = /fetching keys Get ".*\/keys": the response is larger than \d+ bytes/
    await until(({ error = '' }) => tooLarge.test(error))
    provider.mood = 'well'
    await until(({ user }) => user !== undefined)
  })

  test('is asked for nothing while a verdict is remembered', async () => {
    const token = await provider.sign({ sub: 'often', hd })
    const own = async (): Promise<number> => {
      const { text } = await server.ask('/metrics', { token: 'root-token' })
      const match =
        /^apiserver_authentication_jwt_authenticator_latency_seconds_count\{result="success",.*\} (\d+)$/m.exec(text)
      return Number(match?.[1])
    }
    await server.ask('/api', { token })
    const before = await own()
    for (let i = 0; i < 5; i++) expect((await server.ask('/api', { token })).code).toBe(200)
    expect(await own()).toBe(before)
  })

  test('is told of in metrics by hash, and no token is in any log', async () => {
    const { text } = await server.ask('/metrics', { token: 'root-token' })
    expect(text).toMatch(
      /^apiserver_authentication_jwt_authenticator_jwks_fetch_last_timestamp_seconds\{result="success",jwt_issuer_hash="sha256:[0-9a-f]{64}",apiserver_id_hash="sha256:[0-9a-f]{64}"\} \d+/m,
    )
    expect(text).toMatch(
      /^apiserver_authentication_jwt_authenticator_jwks_fetch_last_key_set_info\{.*hash="sha256:[0-9a-f]{64}"\} 1$/m,
    )
    const token = await provider.sign({ sub: 'secret-one', hd }, { expiresIn: -100 })
    expect((await server.ask('/api', { token })).code).toBe(401)
    expect(server.log()).toContain('"resp":401')
    expect(server.log()).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/)
  })

  test('works with kubectl', async () => {
    if (!hasKubectl()) return
    const token = await provider.sign({ sub: 'kate', hd })
    const args = ['auth', 'whoami', '--server', server.server.url, '--token', token, '--insecure-skip-tls-verify']
    const run = await new Promise<string>((resolve, reject) => {
      void import('node:child_process').then(({ execFile }) =>
        execFile('kubectl', [...args, '--kubeconfig', '/dev/null'], (error, stdout) =>
          error ? reject(error) : resolve(stdout),
        ),
      )
    })
    expect(run).toContain(`${provider.url}#kate`)
  })
})

const hasKubectl = (): boolean => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('an email address has to be verified, and has no prefix', async () => {
  const provider = await oidcProvider()
  const server = await started({
    oidc: { issuerUrl: provider.url, clientId: 'me', caFile: write('ca2.pem', provider.ca), usernameClaim: 'email' },
  })
  try {
    await untilReady(server, provider)
    const of = async (claims: object) => judged(server, await provider.sign({ sub: 'x', email: 'j@x', ...claims }))
    expect((await of({})).user?.username).toBe('j@x')
    expect((await of({ email_verified: true })).user?.username).toBe('j@x')
    expect((await of({ email_verified: false })).error).toContain('oidc: email not verified')
    expect((await of({ email_verified: 'true' })).error).toContain(
      "oidc: parse 'email_verified' claim: json: cannot unmarshal string",
    )
  } finally {
    await server.stop()
    await provider.close()
  }
})

test('groups may be kept elsewhere', async () => {
  const provider = await oidcProvider()
  const server = await started({
    oidc: { issuerUrl: provider.url, clientId: 'me', caFile: write('ca3.pem', provider.ca), groupsClaim: 'groups' },
  })
  try {
    await untilReady(server, provider)
    const elsewhere = await provider.sign({ groups: ['far', 'away'] })
    provider.pages.set('/groups', (authorization) => (authorization === 'Bearer access' ? elsewhere : undefined))
    const claims = (accessToken: string) => ({
      sub: 'x',
      _claim_names: { groups: 'src' },
      _claim_sources: { src: { endpoint: `${provider.url}/groups`, access_token: accessToken } },
    })
    expect((await judged(server, await provider.sign(claims('access')))).user?.groups).toEqual([
      'far',
      'away',
      'system:authenticated',
    ])
    const { error } = await judged(server, await provider.sign(claims('wrong-access')))
    expect(error).toContain('oidc: could not expand distributed claims: while getting distributed claim "groups"')
    expect(server.log() + error).not.toContain('wrong-access')
  } finally {
    await server.stop()
    await provider.close()
  }
})

describe('an authentication configuration', () => {
  const configuration = (jwt: readonly object[], more: object = {}): string =>
    JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt, ...more })
  const issuer = (provider: OidcProvider, more: object = {}, rest: object = {}): object => ({
    issuer: { url: provider.url, certificateAuthority: provider.ca, audiences: ['me'], ...more },
    claimMappings: { username: { claim: 'sub', prefix: '' } },
    ...rest,
  })

  test('has several issuers and audiences, and is read again when it changes', async () => {
    const [one, two] = await Promise.all([oidcProvider('/elsewhere.json'), oidcProvider()])
    two.mood = 'down'
    const first = issuer(one, {
      discoveryURL: `${one.url}/elsewhere.json`,
      audiences: ['me', 'them'],
      audienceMatchPolicy: 'MatchAny',
    })
    const configFile = write('authn.yaml', configuration([first]))
    const server = await started({ configFile })
    const metrics = async (): Promise<string> => (await server.ask('/metrics', { token: 'root-token' })).text
    const until = async (holds: () => Promise<boolean>): Promise<void> => {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100))
    }
    try {
      await untilReady(server, one)
      expect((await judged(server, await one.sign({ sub: 'a' }, { audience: 'them' }))).user?.username).toBe('a')
      expect((await judged(server, await one.sign({ sub: 'a' }, { audience: 'others' }))).error).toContain(
        'oidc: expected audience in ["me" "them"] got ["others"]',
      )
      expect((await judged(server, await two.sign({ sub: 'b' }))).error).toBe('invalid bearer token')

      write('authn.yaml', configuration([first, issuer(two, { url: 'http://x' })]))
      await until(async () =>
        /authentication_config_controller_automatic_reloads_total\{status="failure",[^}]*\} 1$/m.test(await metrics()),
      )
      expect(server.log()).toContain('jwt[1].issuer.url: Invalid value: "http://x": URL scheme must be https')

      two.mood = 'well'
      write('authn.yaml', configuration([issuer(two)]))
      await until(async () => (await judged(server, await two.sign({ sub: 'b' }))).user !== undefined)
      expect((await judged(server, await one.sign({ sub: 'c' }))).error).toBe('invalid bearer token')
      expect(await metrics()).toMatch(
        /authentication_config_controller_automatic_reloads_total\{status="success",[^}]*\} 1$/m,
      )
    } finally {
      await server.stop()
      await Promise.all([one.close(), two.close()])
    }
  })

  test('maps claims by expressions, and has rules', async () => {
    const provider = await oidcProvider()
    const rest = {
      claimMappings: {
        username: { expression: 'claims.email_verified ? claims.email : "unverified:" + claims.email' },
        groups: { expression: 'claims.roles.split(",")' },
        uid: { expression: 'claims.?id.orValue("none")' },
        extra: [
          { key: 'example.org/team', valueExpression: 'claims.example__dot__org__slash__team' },
          { key: 'example.org/empty', valueExpression: '""' },
        ],
      },
      claimValidationRules: [
        { expression: 'claims.exp - claims.iat <= 86400', message: 'a day is enough' },
        { claim: 'hd', requiredValue: 'x' },
      ],
      userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: 'that name is ours' }],
    }
    const server = await started({ configFile: write('cel.yaml', configuration([issuer(provider, {}, rest)])) })
    try {
      await untilReady(server, provider)
      const base = { email: 'j@x', email_verified: true, roles: 'a,b', 'example.org/team': ['red', ''], hd: 'x' }
      expect(await judged(server, await provider.sign(base))).toEqual({
        user: {
          username: 'j@x',
          uid: 'none',
          groups: ['a', 'b', 'system:authenticated'],
          extra: { 'example.org/team': ['red'] },
        },
      })
      const errorOf = async (claims: object, options: SignOptions = {}) =>
        (await judged(server, await provider.sign({ ...base, ...claims }, options))).error
      expect(await errorOf({}, { expiresIn: 100_000 })).toContain(
        "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.iat <= 86400' failed: a day is enough",
      )
      expect(await errorOf({ email: 'system:admin' })).toContain(
        "oidc: error evaluating user info validation rule: validation expression '!user.username.startsWith('system:')' failed: that name is ours",
      )
      expect(await errorOf({ email: 5 })).toContain(
        'oidc: error evaluating username claim expression: username claim expression must return a string',
      )
      expect(await errorOf({ email: '' })).toContain('oidc: empty username via CEL expression is not allowed')
      expect(await errorOf({ id: 7 })).toContain('uid claim expression must return a string')
      expect(await errorOf({ roles: undefined })).toContain(
        `oidc: error evaluating group claim expression: expression 'claims.roles.split(",")' resulted in error: no such key: roles`,
      )
      expect(await errorOf({ 'example.org/team': [1] })).toContain(
        'expression must return a string or a list of strings',
      )
    } finally {
      await server.stop()
      await provider.close()
    }
  })

  test('waits for issuers that are not there yet', async () => {
    const provider = await oidcProvider()
    provider.mood = 'other-issuer'
    const server = await started({ configFile: write('late.yaml', configuration([issuer(provider)])) })
    try {
      while (!server.log().includes('initializing plugin')) await new Promise((resolve) => setTimeout(resolve, 20))
      expect(server.log()).toContain('oidc: issuer did not match the issuer returned by provider, expected')
      expect((await judged(server, await provider.sign({ sub: 'a' }))).error).toContain(
        'oidc: authenticator not initialized',
      )
    } finally {
      await server.stop()
      await provider.close()
    }
  })

  test('lets no token wait for an issuer that is slow', async () => {
    const provider = await oidcProvider()
    provider.mood = 'slow'
    const server = await started({ configFile: write('slow.yaml', configuration([issuer(provider)])) })
    try {
      const began = performance.now()
      expect((await server.ask('/api', { token: await provider.sign({ sub: 'a' }) })).code).toBe(401)
      expect((await server.ask('/api', { token: 'root-token' })).code).toBe(200)
      expect(performance.now() - began).toBeLessThan(5_000)
    } finally {
      await server.stop()
      await provider.close()
    }
  })

  test('says whether, and where, nobody is let in', async () => {
    const anonymous = { enabled: true, conditions: [{ path: '/livez' }] }
    const server = await started({ configFile: write('anonymous.yaml', configuration([], { anonymous })) })
    try {
      expect((await server.ask('/livez')).code).toBe(200)
      expect((await server.ask('/readyz')).code).toBe(401)
      expect((await server.ask('/livez', { token: 'wrong' })).code).toBe(401)
    } finally {
      await server.stop()
    }
  })

  const good = { url: 'https://x', audiences: ['a'] }
  const mappings = { username: { claim: 'sub', prefix: '' } }
  const wrong: readonly [what: string, text: string, message: string, more?: ServerOptions['authentication']][] = [
    ['empty', '', 'empty config data'],
    ['unknown fields', configuration([], { x: 1 }), 'strict decoding error: unknown field "x"'],
    [
      'no issuer, no audience, no mapping',
      configuration([{ issuer: {}, claimMappings: {} }]),
      'invalid authentication configuration: [jwt[0].issuer.url: Required value, jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required, jwt[0].claimMappings.username: Required value: claim or expression is required]',
    ],
    [
      'two of the same issuer',
      configuration([
        { issuer: good, claimMappings: mappings },
        { issuer: good, claimMappings: mappings },
      ]),
      'jwt[1].issuer.url: Duplicate value: "https://x"',
    ],
    [
      'a claim without a prefix',
      configuration([{ issuer: good, claimMappings: { username: { claim: 'sub' } } }]),
      'jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing',
    ],
    [
      'several audiences without a policy',
      configuration([{ issuer: { ...good, audiences: ['a', 'b'] }, claimMappings: mappings }]),
      'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences',
    ],
    [
      'credentials and more in the URL',
      configuration([{ issuer: { ...good, url: 'https://u:p@x?a=b#c' }, claimMappings: mappings }]),
      'URL must not contain a username or password, jwt[0].issuer.url: Invalid value: "https://u:p@x?a=b#c": URL must not contain a query',
    ],
    [
      'no certificates',
      configuration([{ issuer: { ...good, certificateAuthority: 'x' }, claimMappings: mappings }]),
      'jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>": data does not contain any valid RSA or ECDSA certificates',
    ],
    [
      'an egress that is not there',
      configuration([{ issuer: { ...good, egressSelectorType: 'cluster' }, claimMappings: mappings }]),
      'oidc: egress lookup required with egress selector type "cluster"',
    ],
    [
      'an expression that does not compile',
      configuration([{ issuer: good, claimMappings: { username: { expression: 'clams.sub' } } }]),
      `jwt[0].claimMappings.username.expression: Invalid value: "clams.sub": compilation failed: ERROR: <input>:1:1: undeclared reference to 'clams' (in container '')`,
    ],
    [
      'conditions for what is off',
      configuration([], { anonymous: { enabled: false, conditions: [{ path: '/x' }] } }),
      'anonymous.conditions: Invalid value: [{"Path":"/x"}]: enabled should be set to true when conditions are defined',
    ],
    [
      'anonymous, and the flag',
      configuration([], { anonymous: { enabled: true } }),
      'anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
      { anonymous: false },
    ],
    [
      'the flags of OpenID',
      configuration([]),
      'authentication-config file and oidc-* flags are mutually exclusive',
      { oidc: { issuerUrl: 'https://x' } },
    ],
  ]
  test.each(wrong)('with %s is refused', async (_, text, message, more = {}) => {
    const configFile = write('wrong.yaml', text)
    await expect(createServer({ authentication: { configFile, ...more } })).rejects.toThrow(message)
  })
})
