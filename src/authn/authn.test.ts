import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/index.js'
import { type Exchange, type RequestContext, RequestState, type UserInfo } from '../http/index.js'
import { type Authenticator, CredentialError, type TokenAuthenticator, type TokenIdentity } from './authenticator.js'
import { bearerTokens, webSocketTokens } from './bearer.js'
import { bootstrapTokens } from './bootstrap-tokens.js'
import { CaBundle } from './ca-bundle.js'
import { clientCertificates } from './client-certificate.js'
import { parsePublicKeys, publicKey, staticKeys } from './public-keys.js'
import { requestHeaders } from './request-header.js'
import { secretTokens, serviceAccountTokens } from './service-account.js'
import { staticTokens } from './static-tokens.js'
import { cachedTokens } from './token-cache.js'
import { audienceAgnostic, authenticatorUnion, tokenUnion, withGroups } from './union.js'

function context(headers: Record<string, string>, chain: readonly Buffer[] = [], path = '/'): RequestContext {
  const exchange = {
    headers,
    path,
    clientCertificates: chain,
    headerValues: (name: string) => (headers[name] === undefined ? [] : headers[name].split('|')),
  }
  return new RequestState(exchange as unknown as Exchange, 0)
}

const outcome = async (authenticator: Authenticator, request: RequestContext): Promise<unknown> => {
  try {
    return (await authenticator.authenticate(request)) ?? 'none'
  } catch (error) {
    return error instanceof CredentialError ? `refused: ${error.message}` : error
  }
}

const tokenOutcome = async (tokens: TokenAuthenticator, token: string, audiences: string[] = []): Promise<unknown> => {
  try {
    return (await tokens.authenticateToken(token, audiences)) ?? 'none'
  } catch (error) {
    return error instanceof CredentialError ? `refused: ${error.message}` : error
  }
}

describe('client certificates', () => {
  let dir = ''
  const der = new Map<string, Buffer>()
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' })

  /** @param issuer another certificate's name, or the certificate itself */
  function make(name: string, issuer: string, subject: string, extensions: string, days = '2'): void {
    openssl(
      'req',
      '-config',
      'req.cnf',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      subject,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
    )
    writeFileSync(join(dir, `${name}.ext`), extensions)
    const signer =
      issuer === name
        ? ['-signkey', `${name}.key`]
        : ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`, '-CAcreateserial']
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signer,
      '-days',
      days,
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
    )
    der.set(name, new X509Certificate(readFileSync(join(dir, `${name}.crt`))).raw)
  }

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'kats-authn-'))
    const oids = 'oid_section=oids\n[oids]\nkubernetesUid=1.3.6.1.4.1.57683.2\n'
    writeFileSync(join(dir, 'req.cnf'), `${oids}[req]\ndistinguished_name=dn\n[dn]\n`)
    const authority = 'basicConstraints=critical,CA:TRUE\n'
    const client = 'basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n'
    make('ca', 'ca', '/CN=ca', authority)
    make('stranger', 'stranger', '/CN=ca', authority)
    make('middle', 'ca', '/CN=middle', authority)
    make('notca', 'ca', '/CN=notca', 'basicConstraints=critical,CA:FALSE\n')
    make('jane', 'ca', '/O=devs/O=ops/CN=jane', client)
    make('deep', 'middle', '/CN=deep', client)
    make('forged', 'notca', '/CN=admin', client)
    make('other', 'stranger', '/CN=jane', client)
    make('server', 'ca', '/CN=jane', 'extendedKeyUsage=serverAuth\n')
    make('plain', 'ca', '/CN=plain', 'basicConstraints=CA:FALSE\n')
    make('nameless', 'ca', '/O=devs', client)
    make('odd', 'ca', '/CN=odd', `${client}1.2.3.4.5=critical,ASN1:UTF8String:x\n`)
    make('harmless', 'ca', '/CN=harmless', `${client}1.2.3.4.5=ASN1:UTF8String:x\nkeyUsage=critical,digitalSignature\n`)
    make('withuid', 'ca', '/CN=u/kubernetesUid=the-uid', client)
    make('proxy', 'ca', '/CN=front', client)
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  const bundle = (): CaBundle => new CaBundle(readFileSync(join(dir, 'ca.crt')))
  const day = 86_400_000
  const rows: [string, string[], number, unknown][] = [
    ['none at all', [], 0, 'none'],
    ['a good one', ['jane'], 0, { name: 'jane', groups: ['devs', 'ops'] }],
    ['an extension nobody knows', ['harmless'], 0, { name: 'harmless', groups: [] }],
    ['a critical extension nobody knows', ['odd'], 0, 'refused: x509: unhandled critical extension'],
    ['through an intermediate', ['deep', 'middle'], 0, { name: 'deep', groups: [] }],
    ['its intermediate missing', ['deep'], 0, 'refused: x509: certificate signed by unknown authority'],
    [
      'an intermediate that is no authority',
      ['forged', 'notca'],
      0,
      'refused: x509: certificate signed by unknown authority',
    ],
    [
      'of another authority by the same name',
      ['other', 'stranger'],
      0,
      'refused: x509: certificate signed by unknown authority',
    ],
    ['for servers', ['server'], 0, 'refused: x509: certificate specifies an incompatible key usage'],
    ['without restricted usages', ['plain'], 0, { name: 'plain', groups: [] }],
    ['expired', ['jane'], 3 * day, 'refused: x509: certificate has expired or is not yet valid'],
    ['not valid yet', ['jane'], -3 * day, 'refused: x509: certificate has expired or is not yet valid'],
    ['without a common name', ['nameless'], 0, 'none'],
    ['with a uid', ['withuid'], 0, { name: 'u', uid: 'the-uid', groups: [] }],
  ]
  test.each(rows)('%s', async (_, names, shift, want) => {
    const authenticator = clientCertificates(bundle(), () => Date.now() + shift)
    const got = await outcome(
      authenticator,
      context(
        {},
        names.map((name) => der.get(name)!),
      ),
    )
    if (typeof want === 'string') expect(got).toBe(want)
    else {
      const print = createHash('sha256').update(der.get(names[0]!)!).digest('hex')
      expect(got).toEqual({
        ...(want as object),
        extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${print}`] },
      })
    }
  })

  test('a verdict is kept for the connection, until it ends or the authorities change', async () => {
    let now = Date.now()
    const ca = bundle()
    const authenticator = clientCertificates(ca, () => now)
    const chain = [der.get('jane')!]
    const first = await outcome(authenticator, context({}, chain))
    expect(await outcome(authenticator, context({}, chain))).toBe(first)
    now += 3 * day
    expect(await outcome(authenticator, context({}, chain))).toMatch('expired')
    now -= 3 * day
    ca.replace(readFileSync(join(dir, 'stranger.crt')))
    expect(await outcome(authenticator, context({}, chain))).toMatch('unknown authority')
  })

  test('front-proxy headers are believed only with a certificate of the proxy, and taken off', async () => {
    const proxy = requestHeaders({
      ca: bundle(),
      allowedNames: ['front'],
      usernameHeaders: ['X-Remote-User'],
      uidHeaders: ['X-Remote-Uid'],
      groupHeaders: ['X-Remote-Group'],
      extraHeaderPrefixes: ['X-Remote-Extra-'],
    })
    const headers = (): Record<string, string> => ({
      'x-remote-user': 'alice',
      'x-remote-group': 'a, b|c',
      'x-remote-uid': '7',
      'x-remote-extra-acme%2Fscope': 'one|two',
      accept: 'x',
    })
    const good = context(headers(), [der.get('proxy')!])
    expect(await outcome(proxy, good)).toEqual({
      name: 'alice',
      uid: '7',
      groups: ['a, b', 'c'],
      extra: { 'acme/scope': ['one', 'two'] },
    })
    expect(Object.keys(good.exchange.headers)).toEqual(['accept'])
    expect(await outcome(proxy, context(headers()))).toBe('none')
    expect(await outcome(proxy, context(headers(), [der.get('jane')!]))).toMatch('not in the allowed list')
    expect(await outcome(proxy, context(headers(), [der.get('other')!]))).toMatch('unknown authority')
    expect(await outcome(proxy, context({}, [der.get('proxy')!]))).toBe('none')
  })
})

describe('static tokens', () => {
  test('the file as upstream reads it', async () => {
    const warned: string[] = []
    const tokens = staticTokens('a,jane,u1\nb,bob,u2,"g1,g2"\r\n\n"c""d",eve,\n,x,y\nb,rob,u3', 'f', (text) =>
      warned.push(text),
    )
    const users: [string, unknown][] = [
      ['a', { name: 'jane', uid: 'u1', groups: [] }],
      ['b', { name: 'rob', uid: 'u3', groups: [] }],
      ['c"d', { name: 'eve', groups: [] }],
      ['', undefined],
      ['jane', undefined],
    ]
    for (const [token, user] of users) {
      expect(await tokenOutcome(tokens, token)).toEqual(user === undefined ? 'none' : { user, audiences: undefined })
    }
    expect(warned).toHaveLength(2)
    expect(
      await tokenOutcome(
        staticTokens('b,bob,u2,"g1,g2"', 'f', () => undefined),
        'b',
      ),
    ).toMatchObject({ user: { groups: ['g1', 'g2'] } })
  })
  test.each([
    ['a,b', 'at least 3 columns'],
    ['a,"b,c', 'parse error'],
    ['a,"b"c,d', 'parse error'],
    ['a,b"c,d', 'parse error'],
  ])('%s is refused', (csv, text) => expect(() => staticTokens(csv, 'f', () => undefined)).toThrow(text))
})

describe('bearer tokens', () => {
  const jane: TokenIdentity = { user: { name: 'jane', groups: [] }, audiences: undefined }
  const tokens: TokenAuthenticator = { authenticateToken: (token) => (token === 'good' ? jane : undefined) }
  const rows: [string | undefined, unknown][] = [
    [undefined, 'none'],
    ['', 'none'],
    ['Bearer', 'none'],
    ['Bearer ', 'none'],
    ['Basic YTpi', 'none'],
    ['Token good', 'none'],
    ['Bearer good', jane.user],
    ['bearer good', jane.user],
    ['BEARER good extra', jane.user],
    ['  Bearer good  ', jane.user],
    ['Bearer bad', 'refused: invalid bearer token'],
    ['Bearer  good', 'none'],
  ]
  test.each(rows)('Authorization: %s', async (authorization, want) => {
    const request = context(authorization === undefined ? {} : { authorization })
    expect(await outcome(bearerTokens(tokens, []), request)).toEqual(want)
    expect([...request.warnings]).toEqual(
      authorization === 'Bearer  good'
        ? ['the provided Authorization header contains extra space before the bearer token, and is ignored']
        : [],
    )
  })

  const encoded = (token: string): string =>
    `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`
  const protocols: [string, unknown, string?][] = [
    ['v4.channel.k8s.io', 'none'],
    [`${encoded('good')}, v4.channel.k8s.io`, jane.user, 'v4.channel.k8s.io'],
    [encoded('good'), 'refused: missing additional subprotocol'],
    [`${encoded('good')},${encoded('good')},x`, 'refused: multiple base64.bearer.authorization tokens specified'],
    [`${encoded('bad')},x`, 'refused: invalid bearer token'],
    ['base64url.bearer.authorization.k8s.io.a=b,x', 'refused: invalid base64.bearer.authorization token encoding'],
    ['base64url.bearer.authorization.k8s.io._w,x', 'refused: invalid base64.bearer.authorization token'],
  ]
  test.each(protocols)('Sec-WebSocket-Protocol: %s', async (protocol, want, left) => {
    const upgrade = { connection: 'keep-alive, Upgrade', upgrade: 'websocket' }
    const request = context({ ...upgrade, 'sec-websocket-protocol': protocol })
    expect(await outcome(webSocketTokens(tokens, []), request)).toEqual(want)
    if (left !== undefined) expect(request.exchange.headers['sec-websocket-protocol']).toBe(left)
    expect(await outcome(webSocketTokens(tokens, []), context({ 'sec-websocket-protocol': protocol }))).toBe('none')
  })
})

describe('the union', () => {
  const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups })
  const says = (answer: UserInfo | undefined | Error, later = false): Authenticator => ({
    authenticate: () => {
      if (later) return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
      if (answer instanceof Error) throw answer
      return answer
    },
  })
  const bad = new CredentialError('bad')
  const jane = user('jane')
  const rows: [string, (UserInfo | undefined | Error)[], unknown][] = [
    ['nobody knows', [undefined, undefined], 'none'],
    ['the first that knows', [undefined, jane, user('bob')], jane],
    ['bad ones do not matter if a good one follows', [bad, jane], jane],
    ['bad ones do if none is good', [undefined, bad, undefined], 'refused: bad'],
    ['all errors are told, once', [bad, new CredentialError('worse'), bad], 'refused: [bad, worse]'],
  ]
  for (const later of [false, true]) {
    test.each(rows)(`${later ? 'later' : 'at once'}: %s`, async (_, answers, want) => {
      expect(await outcome(authenticatorUnion(answers.map((one) => says(one, later))), context({}))).toEqual(want)
    })
  }

  test('groups: authenticated users get theirs, strangers are anonymous where that is allowed', async () => {
    const cases: [UserInfo | undefined | Error, Parameters<typeof withGroups>[1], string, unknown][] = [
      [jane, undefined, '/', ['system:authenticated']],
      [user('x', 'system:authenticated'), undefined, '/', ['system:authenticated']],
      [undefined, {}, '/', ['system:unauthenticated']],
      [undefined, undefined, '/', 'none'],
      [undefined, { paths: ['/healthz'] }, '/healthz', ['system:unauthenticated']],
      [undefined, { paths: ['/healthz'] }, '/healthz/', 'none'],
      [bad, {}, '/', 'refused: bad'],
    ]
    for (const [answer, anonymous, path, want] of cases) {
      const got = await outcome(withGroups(says(answer), anonymous), context({}, [], path))
      expect(typeof got === 'string' ? got : (got as UserInfo).groups).toEqual(want)
    }
    const whole = withGroups(says(jane), undefined)
    expect(await outcome(whole, context({}))).toBe(await outcome(whole, context({})))
  })
})

describe('service-account tokens', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = 1_700_000_000_000
  const seconds = now / 1000
  const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  function jwt(
    claims: object,
    pair: { privateKey: KeyObject; publicKey: KeyObject } = rsa,
    header: object = {},
  ): string {
    const isEc = pair.privateKey.asymmetricKeyType === 'ec'
    const head = { alg: isEc ? 'ES256' : 'RS256', kid: publicKey(pair.publicKey).id, ...header }
    const signed = `${b64(head)}.${b64(claims)}`
    const key = isEc ? { key: pair.privateKey, dsaEncoding: 'ieee-p1363' as const } : pair.privateKey
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
  }
  const objects = new Map<string, KubeObject>()
  const put = (key: string, uid: string, more: object = {}): void =>
    void objects.set(key, { metadata: { uid, name: key, ...more } })
  put('sa/ns/sa', 'sa-uid')
  put('pod/ns/p', 'p-uid')
  put('secret/ns/s', 's-uid')
  put('node/n', 'n-uid')
  put('pod/ns/going', 'g-uid', { deletionTimestamp: new Date(now - 30_000).toISOString() })
  put('pod/ns/gone', 'g-uid', { deletionTimestamp: new Date(now - 90_000).toISOString() })
  let lookups = 0
  const options = {
    keys: staticKeys([publicKey(rsa.publicKey), publicKey(ec.publicKey)]),
    issuers: ['https://issuer'],
    audiences: ['api'],
    now: () => now,
    lookups: {
      serviceAccount: (ns: string, name: string) => {
        lookups++
        return objects.get(`sa/${ns}/${name}`)
      },
      secret: (ns: string, name: string) => objects.get(`secret/${ns}/${name}`),
      pod: async (ns: string, name: string) => objects.get(`pod/${ns}/${name}`),
      node: (name: string) => objects.get(`node/${name}`),
    },
  }
  const bound = (more: object = {}, kubernetes: object = {}): object => ({
    iss: 'https://issuer',
    sub: 'system:serviceaccount:ns:sa',
    aud: ['api'],
    exp: seconds + 3600,
    nbf: seconds,
    iat: seconds,
    jti: 'id',
    'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'sa', uid: 'sa-uid' }, ...kubernetes },
    ...more,
  })
  const tokens = serviceAccountTokens(options)
  const good = {
    user: {
      name: 'system:serviceaccount:ns:sa',
      uid: 'sa-uid',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ns'],
      extra: { 'authentication.kubernetes.io/credential-id': ['JTI=id'] },
    },
    audiences: ['api'],
  }
  const gone = 'refused: service account token has been invalidated'
  const badSignature = 'refused: go-jose/go-jose: error in cryptographic primitive'
  const jose = 'refused: go-jose/go-jose/jwt: '
  const unfit = (given: string, type: string) =>
    `refused: json: cannot unmarshal ${given} into Go value of type ${type}`
  const rows: [string, string, unknown, string[]?][] = [
    ['RS256', jwt(bound()), good],
    ['ES256', jwt(bound(), ec), good],
    ['without a key id', jwt(bound(), rsa, { kid: '' }), good],
    ['another issuer', jwt(bound({ iss: 'https://other' })), 'none'],
    ['no JWT', 'a.b.c', 'none'],
    ['no JWT either', 'abc', 'none'],
    [
      'alg none',
      `${b64({ alg: 'none' })}.${b64(bound())}.`,
      'refused: go-jose/go-jose: error in cryptographic primitive',
    ],
    [
      'an algorithm that is not the key’s',
      jwt(bound(), rsa, { alg: 'ES256' }),
      'refused: go-jose/go-jose: error in cryptographic primitive',
    ],
    [
      'a broken signature',
      `${jwt(bound()).slice(0, -8)}AAAAAAAA`,
      'refused: go-jose/go-jose: error in cryptographic primitive',
    ],
    [
      'an unknown key',
      jwt(bound(), generateKeyPairSync('ec', { namedCurve: 'P-256' })),
      'refused: invalid signature, no keys found',
    ],
    ['expired', jwt(bound({ exp: seconds - 61 })), 'refused: service account token has expired'],
    ['of an end beyond all time', jwt(bound({ exp: 1e300 })), 'refused: service account token has expired'],
    ['a header that asks for more', jwt(bound(), rsa, { crit: ['x'] }), badSignature],
    ['a payload that is not encoded', jwt(bound(), rsa, { b64: false }), badSignature],
    ['padding', `${jwt(bound())}==`, 'none'],
    ['a number for an identifier', jwt(bound({ jti: 9 })), unfit('number', 'string')],
    [
      'a text for the private claims',
      jwt(bound({ 'kubernetes.io': 'x' })),
      unfit('string', 'serviceaccount.kubernetes'),
    ],
    ['a list for the account', jwt(bound({}, { serviceaccount: [] })), unfit('array', 'serviceaccount.ref')],
    ['a text for a time', jwt(bound({ exp: '9999999999' })), `${jose}expected number value to unmarshal NumericDate`],
    [
      'an audience of numbers',
      jwt(bound({ jti: 9, aud: [1] })),
      `${jose}expected string or array value to unmarshal to Audience`,
    ],
    ['no private claims', jwt(bound({ 'kubernetes.io': null })), 'refused: resource name may not be empty'],
    ['no namespace', jwt(bound({}, { namespace: '' })), 'refused: the server could not find the requested resource'],
    [
      'an audience that is there twice',
      jwt(bound({ aud: ['a', 'a', 'api'] })),
      { ...good, audiences: ['api', 'a'] },
      ['api', 'a'],
    ],
    ['expired within the leeway', jwt(bound({ exp: seconds - 59 })), good],
    ['not valid yet', jwt(bound({ nbf: seconds + 61 })), 'refused: service account token is not valid yet'],
    [
      'issued in the future',
      jwt(bound({ iat: seconds + 61 })),
      'refused: service account token is issued in the future',
    ],
    [
      'another audience',
      jwt(bound({ aud: ['a', 'b'] })),
      'refused: token audiences ["a" "b"] is invalid for the target audiences ["api"]',
    ],
    ['an audience that is asked for', jwt(bound({ aud: ['a', 'b'] })), { ...good, audiences: ['b'] }, ['b', 'z']],
    [
      'no audience',
      jwt(bound({ aud: undefined })),
      { ...good, remarks: { annotations: { 'authentication.k8s.io/legacy-token': 'system:serviceaccount:ns:sa' } } },
    ],
    [
      'no account',
      jwt(bound({}, { serviceaccount: { name: 'no', uid: 'x' } })),
      'refused: serviceaccounts "no" not found',
    ],
    [
      'another account by the name',
      jwt(bound({}, { serviceaccount: { name: 'sa', uid: 'x' } })),
      'refused: service account UID (sa-uid) does not match claim (x)',
    ],
    ['a Secret', jwt(bound({}, { secret: { name: 's', uid: 's-uid' } })), good],
    ['a Secret that is gone', jwt(bound({}, { secret: { name: 'no', uid: 's-uid' } })), gone],
    ['a Pod that is gone', jwt(bound({}, { pod: { name: 'no', uid: 'p-uid' } })), gone],
    [
      'another Pod by the name',
      jwt(bound({}, { pod: { name: 'p', uid: 'x' } })),
      'refused: pod UID (p-uid) does not match service account pod ref claim (x)',
    ],
    ['a Pod deleted long ago', jwt(bound({}, { pod: { name: 'gone', uid: 'g-uid' } })), gone],
    ['a Node that is gone', jwt(bound({}, { node: { name: 'no', uid: 'n-uid' } })), gone],
  ]
  test.each(rows)('%s', async (_, token, want, audiences) => {
    expect(await tokenOutcome(tokens, token, audiences ?? [])).toEqual(want)
  })

  test('no claim may be there twice', async () => {
    const [head] = jwt(bound()).split('.')
    const signed = `${head}.${Buffer.from(JSON.stringify(bound()).replace('{', '{"sub":"x",')).toString('base64url')}`
    const token = `${signed}.${sign('sha256', Buffer.from(signed), rsa.privateKey).toString('base64url')}`
    expect(await tokenOutcome(tokens, token)).toBe("refused: json: duplicate key 'sub' in object")
  })

  test('bound to a Pod and its Node, the token tells both', async () => {
    const kubernetes = { pod: { name: 'going', uid: 'g-uid' }, node: { name: 'any', uid: 'any-uid' } }
    expect(await tokenOutcome(tokens, jwt(bound({}, kubernetes)))).toMatchObject({
      user: {
        extra: {
          'authentication.kubernetes.io/pod-name': ['going'],
          'authentication.kubernetes.io/pod-uid': ['g-uid'],
          'authentication.kubernetes.io/node-name': ['any'],
          'authentication.kubernetes.io/node-uid': ['any-uid'],
        },
      },
    })
  })

  test('a cached verdict costs no look-up, for ten seconds, and simultaneous requests share one', async () => {
    let time = 0
    const cached = cachedTokens(tokens, { now: () => time })
    const token = jwt(bound())
    lookups = 0
    const all = await Promise.all([1, 2, 3].map(async () => cached.authenticateToken(token, [])))
    expect(new Set(all).size).toBe(1)
    expect(cached.authenticateToken(token, [])).toBe(all[0])
    expect(lookups).toBe(1)
    time = 10_000
    await cached.authenticateToken(token, [])
    expect(lookups).toBe(2)
    const other = jwt(bound({ exp: 1 }))
    await expect(cached.authenticateToken(other, [])).rejects.toThrow('expired')
    await expect(cached.authenticateToken(other, [])).rejects.toThrow('expired')
  })

  test('tokens of Secrets', async () => {
    const claims = (more: object = {}): object => ({
      iss: 'kubernetes/serviceaccount',
      sub: 'system:serviceaccount:ns:sa',
      'kubernetes.io/serviceaccount/namespace': 'ns',
      'kubernetes.io/serviceaccount/secret.name': 'tok',
      'kubernetes.io/serviceaccount/service-account.name': 'sa',
      'kubernetes.io/serviceaccount/service-account.uid': 'sa-uid',
      ...more,
    })
    const legacy = secretTokens(options)
    const token = jwt(claims())
    expect(await tokenOutcome(legacy, token)).toBe('refused: Token has been invalidated')
    const secret = (data: string, labels?: object): KubeObject =>
      ({
        metadata: { uid: 't', ...(labels === undefined ? {} : { labels }) },
        data: { token: Buffer.from(data).toString('base64') },
      }) as KubeObject
    objects.set('secret/ns/tok', secret('another'))
    expect(await tokenOutcome(legacy, token)).toBe("refused: Token does not match server's copy")
    objects.set('secret/ns/tok', secret(token))
    expect(await tokenOutcome(legacy, token)).toMatchObject({
      user: { name: 'system:serviceaccount:ns:sa' },
      audiences: ['api'],
    })
    objects.set('secret/ns/tok', secret(token, { 'kubernetes.io/legacy-token-invalid-since': '2020-01-01' }))
    expect(await tokenOutcome(legacy, token)).toMatch('marked invalid')
    expect(await tokenOutcome(legacy, jwt(claims({ sub: 'system:serviceaccount:ns:x' })))).toBe(
      'refused: sub claim is invalid',
    )
    expect(await tokenOutcome(legacy, jwt(claims({ 'kubernetes.io/serviceaccount/namespace': '' })))).toBe(
      'refused: namespace claim is missing',
    )
    expect(await tokenOutcome(tokenUnion([legacy, tokens]), jwt(bound()))).toEqual(good)
  })

  test('who uses old tokens is told, and counted', async () => {
    const kinds: string[] = []
    const marked: string[] = []
    const told = {
      ...options,
      onUse: (kind: string) => kinds.push(kind),
      markUsed: ({ metadata }: KubeObject, day: string) => marked.push(`${metadata.uid} ${day}`),
    }
    const late = await serviceAccountTokens(told).authenticateToken(jwt(bound({}, { warnafter: seconds - 10 })), [])
    expect(late?.remarks?.annotations).toEqual({
      'authentication.k8s.io/stale-token': 'subject: system:serviceaccount:ns:sa, seconds after warning threshold: 10',
    })
    const early = await serviceAccountTokens(told).authenticateToken(jwt(bound({}, { warnafter: seconds + 10 })), [])
    expect(early?.remarks).toBeUndefined()

    const claims = {
      iss: 'kubernetes/serviceaccount',
      sub: 'system:serviceaccount:ns:sa',
      'kubernetes.io/serviceaccount/namespace': 'ns',
      'kubernetes.io/serviceaccount/secret.name': 'tok',
      'kubernetes.io/serviceaccount/service-account.name': 'sa',
      'kubernetes.io/serviceaccount/service-account.uid': 'sa-uid',
    }
    const token = jwt(claims)
    const today = new Date(seconds * 1000).toISOString().slice(0, 10)
    const data = { token: Buffer.from(token).toString('base64') }
    objects.set('secret/ns/tok', { metadata: { uid: 't' }, data } as unknown as KubeObject)
    const manual = await secretTokens(told).authenticateToken(token, [])
    expect(manual?.remarks).toEqual({
      annotations: {
        'authentication.k8s.io/legacy-token': 'system:serviceaccount:ns:sa',
        'authentication.k8s.io/legacy-token-manual-secret': 'tok',
      },
    })
    const account = objects.get('sa/ns/sa')!
    objects.set('sa/ns/sa', { ...account, secrets: [{ name: 'tok' }] } as KubeObject)
    const labels = { 'kubernetes.io/legacy-token-last-used': today }
    objects.set('secret/ns/tok', { metadata: { uid: 't', labels }, data } as unknown as KubeObject)
    const automatic = await secretTokens(told).authenticateToken(token, [])
    objects.set('sa/ns/sa', account)
    expect(automatic?.remarks?.warning).toMatch(/^Use tokens from the TokenRequest API/)
    expect(kinds).toEqual(['stale', 'valid', 'legacy', 'manual', 'legacy', 'auto'])
    expect(marked).toEqual([`t ${today}`])
  })

  test('key files: public, private, several', () => {
    const pem = `${rsa.publicKey.export({ type: 'spki', format: 'pem' })}${ec.privateKey.export({ type: 'sec1', format: 'pem' })}`
    expect(parsePublicKeys(pem).map(({ id }) => id)).toEqual([publicKey(rsa.publicKey).id, publicKey(ec.publicKey).id])
    expect(() => parsePublicKeys('nothing')).toThrow('does not contain')
  })
})

test('audience-agnostic tokens are good for the server’s own audiences only', async () => {
  const identity: TokenIdentity = { user: { name: 'x', groups: [] }, audiences: undefined }
  const tokens = audienceAgnostic(['api'], { authenticateToken: () => identity })
  expect(await tokenOutcome(tokens, 't', ['api', 'b'])).toEqual({ user: identity.user, audiences: ['api'] })
  expect(await tokenOutcome(tokens, 't', ['b'])).toBe('none')
})

describe('bootstrap tokens', () => {
  const now = 1_700_000_000_000
  const secret = (data: Record<string, string>, type = 'bootstrap.kubernetes.io/token'): KubeObject => ({
    metadata: { name: 'bootstrap-token-abcdef' },
    type,
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  })
  const fine = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }
  const rows: [string, Record<string, string>, unknown][] = [
    ['a good one', fine, ['system:bootstrappers']],
    [
      'with groups',
      { ...fine, 'auth-extra-groups': 'system:bootstrappers:a,system:bootstrappers:b' },
      ['system:bootstrappers', 'system:bootstrappers:a', 'system:bootstrappers:b'],
    ],
    ['with a group out of bounds', { ...fine, 'auth-extra-groups': 'system:masters' }, 'none'],
    ['another secret', { ...fine, 'token-secret': '0123456789abcdeg' }, 'none'],
    ['not for authentication', { ...fine, 'usage-bootstrap-authentication': 'false' }, 'none'],
    ['expired', { ...fine, expiration: new Date(now - 1).toISOString() }, 'none'],
    ['not expired', { ...fine, expiration: new Date(now + 1).toISOString() }, ['system:bootstrappers']],
    ['with a broken expiry', { ...fine, expiration: 'soon' }, 'none'],
  ]
  test.each(rows)('%s', async (_, data, want) => {
    const got = await tokenOutcome(
      bootstrapTokens(
        () => secret(data),
        () => now,
      ),
      'abcdef.0123456789abcdef',
    )
    if (typeof want === 'string') expect(got).toBe(want)
    else expect(got).toEqual({ user: { name: 'system:bootstrap:abcdef', groups: want }, audiences: undefined })
  })
  test('of the wrong shape or type', async () => {
    expect(
      await tokenOutcome(
        bootstrapTokens(() => secret(fine)),
        'ABCDEF.0123456789abcdef',
      ),
    ).toBe('none')
    expect(
      await tokenOutcome(
        bootstrapTokens(() => secret(fine, 'Opaque')),
        'abcdef.0123456789abcdef',
      ),
    ).toBe('none')
    expect(
      await tokenOutcome(
        bootstrapTokens(() => undefined),
        'abcdef.0123456789abcdef',
      ),
    ).toBe('none')
  })
})
