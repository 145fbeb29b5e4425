import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { describe, expect, test } from 'vitest'
import { ApiError, notFound } from '../api/index.js'
import { type Authenticator, CredentialError } from '../authn/index.js'
import { alwaysAllow, alwaysDeny, authorizerUnion, privilegedGroups } from '../authz/index.js'
import { parseRequestInfo } from '../endpoints/index.js'
import type { Exchange, Handler, RequestContext, UserInfo } from '../http/index.js'
import { buildHandlerChain, type ChainOptions, compose, serveExchanges } from './chain.js'
import { warningHeaders } from './warnings.js'

interface Sent {
  status: number
  headers: Record<string, string | string[]>
  body: string
  closing: boolean
  destroyed: boolean
}

interface Request {
  readonly method?: string
  readonly target?: string
  readonly headers?: IncomingHttpHeaders
  readonly protocol?: Exchange['protocol']
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** An exchange without a network under it. */
class FakeExchange {
  readonly sent: Sent = { status: 0, headers: {}, body: '', closing: false, destroyed: false }
  readonly done = deferred<Sent>()
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: IncomingHttpHeaders
  readonly protocol: Exchange['protocol']
  readonly clientCertificates: readonly Buffer[] = []
  readonly #controller = new AbortController()
  readonly #before: (() => void)[] = []
  readonly #after: (() => void)[] = []

  constructor({ method = 'GET', target = '/api/v1/namespaces/n/pods', headers = {}, protocol = 'HTTP/2.0' }: Request) {
    this.method = method
    const [path, query] = target.split('?')
    this.path = path!
    this.query = query ?? ''
    this.headers = headers
    this.protocol = protocol
  }
  get signal(): AbortSignal {
    return this.#controller.signal
  }
  get responded(): boolean {
    return this.sent.status !== 0
  }
  get status(): number {
    return this.sent.status
  }
  headerValues(): string[] {
    return []
  }
  header(name: string, value: string): void {
    const old = this.sent.headers[name]
    this.sent.headers[name] = name === 'warning' && old !== undefined ? [old, value].flat() : value
  }
  send(status: number, contentType: string, body: Buffer | string, headers: OutgoingHttpHeaders = {}): void {
    if (this.responded) throw new Error('twice')
    for (const callback of this.#before) callback()
    this.sent.status = status
    if (contentType !== '') this.sent.headers['content-type'] = contentType
    Object.assign(this.sent.headers, headers)
    this.sent.body = String(body)
    for (const callback of this.#after) callback()
    this.done.resolve(this.sent)
  }
  onRespond(callback: () => void): void {
    this.#before.push(callback)
  }
  onDone(callback: () => void): void {
    this.#after.push(callback)
  }
  abort(reason?: unknown): void {
    this.#controller.abort(reason)
  }
  destroy(): void {
    this.sent.destroyed = true
    this.done.resolve(this.sent)
  }
  closeConnection(): void {
    this.sent.closing = true
  }
}

const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups })
const as = (who: UserInfo | undefined): Authenticator => ({ authenticate: () => who })
const jane = user('jane', 'system:authenticated')
const fine: Handler = ({ exchange }) => exchange.send(200, 'application/json', '{}')

/** Runs one request through the chain. `logged` collects what is told to the error log. */
async function run(
  request: Request,
  options: Partial<ChainOptions> = {},
  handler = fine,
  logged: string[] = [],
): Promise<Sent> {
  const log: ChainOptions['log'] = (message, error) => void logged.push(`${message}: ${String(error)}`)
  const chain = buildHandlerChain(
    { parseRequestInfo, authenticator: as(jane), authorizer: alwaysAllow(), log, newId: () => 'id', ...options },
    handler,
  )
  const exchange = new FakeExchange(request)
  serveExchanges(chain, log)(exchange as unknown as Exchange, Date.now())
  return exchange.done.promise
}

const message = (sent: Sent): unknown => (JSON.parse(sent.body) as { message: string }).message

test('OPTIONS * asks whether the server is there, and nothing of the filters', async () => {
  const sent = await run({ method: 'OPTIONS', target: '*' }, { authenticator: as(undefined) })
  expect([sent.status, sent.body, sent.headers['audit-id']]).toEqual([200, '', undefined])
  expect((await run({ method: 'GET', target: '*' }, { authenticator: as(undefined) })).status).toBe(401)
})

describe('every response', () => {
  test('has an Audit-Id, the client’s own if it sent one, and is not cached', async () => {
    expect((await run({})).headers).toMatchObject({ 'audit-id': 'id', 'cache-control': 'no-cache, private' })
    expect((await run({ headers: { 'audit-id': 'mine' } })).headers['audit-id']).toBe('mine')
    expect((await run({ headers: { 'audit-id': 'm'.repeat(5000) } })).headers['audit-id']).toHaveLength(1024)
  })
  test('has HSTS if so configured', async () => {
    const sent = await run({}, { strictTransportSecurity: ['max-age=1', 'preload'] })
    expect(sent.headers['strict-transport-security']).toBe('max-age=1; preload')
  })
  test('is told to the hook with its context', async () => {
    const seen: unknown[] = []
    await run(
      {},
      { onResponse: ({ info, exchange, longRunning }) => seen.push([info.verb, exchange.status, longRunning]) },
    )
    await run({ target: '/api/v1/pods?watch=1' }, { onResponse: (context) => seen.push(context.longRunning) })
    expect(seen).toEqual([['list', 200, false], true])
  })
})

describe('errors', () => {
  test('an ApiError becomes a Status', async () => {
    const error = notFound({ group: '', resource: 'pods' }, 'x')
    for (const handler of [
      () => Promise.reject(error),
      () => {
        throw error
      },
    ] as Handler[]) {
      const sent = await run({}, {}, handler)
      expect([sent.status, sent.headers['content-type']]).toEqual([404, 'application/json'])
      expect(sent.body).toBe(
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"pods \\"x\\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"},"code":404}\n',
      )
    }
  })
  test('Retry-After is told as a header too', async () => {
    const sent = await run({}, {}, () => {
      throw new ApiError('TooManyRequests', 'later', { retryAfterSeconds: 7 })
    })
    expect([sent.status, sent.headers['retry-after']]).toEqual([429, '7'])
  })
  test('anything else is a bug: logged, and upstream’s 500', async () => {
    const logged: string[] = []
    const sent = await run({}, {}, () => Promise.reject(new TypeError('oops')), logged)
    expect([sent.status, sent.headers['content-type']]).toEqual([500, 'text/plain; charset=utf-8'])
    expect(sent.body).toBe('This request caused apiserver to panic. Look in the logs for details.\n')
    expect(logged).toEqual(["apiserver panic'd: TypeError: oops"])
  })
  test('after the response has begun the exchange is cut', async () => {
    const sent = await run({}, {}, async ({ exchange }) => {
      exchange.send(200, '', '')
      throw new Error('late')
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect([sent.status, sent.destroyed]).toEqual([200, true])
  })
  test('a handler that forgets to answer is found out', async () => {
    const logged: string[] = []
    expect((await run({}, {}, () => undefined, logged)).status).toBe(500)
    expect(logged[0]).toContain('without a response')
  })
  test('a path of which nothing can be made', async () => {
    const sent = await run({ target: '/api/v1/proxy/' })
    expect([sent.status, sent.headers['cache-control']]).toEqual([500, undefined])
    expect(sent.body).toBe(
      'Internal Server Error: "/api/v1/proxy/": failed to create RequestInfo: unable to determine kind and namespace from url, /api/v1/proxy/\n',
    )
    expect((await run({ target: '/api/v1/%zz/x' })).status).toBe(400)
  })
})

describe('authentication', () => {
  const bad: Authenticator = {
    authenticate: () => {
      throw new CredentialError('no')
    },
  }
  test('bad or missing credentials are a 401 and the end of an HTTP/2 connection', async () => {
    for (const authenticator of [as(undefined), bad, { authenticate: async () => undefined }]) {
      const sent = await run({ target: '/healthz' }, { authenticator })
      expect([sent.status, sent.closing]).toEqual([401, true])
      expect(sent.body).toBe(
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}\n',
      )
    }
    expect((await run({ protocol: 'HTTP/1.1' }, { authenticator: bad })).closing).toBe(false)
  })
  test('only what is not the client’s fault is logged', async () => {
    const logged: string[] = []
    await run({}, { authenticator: bad }, fine, logged)
    expect(logged).toEqual([])
    await run({}, { authenticator: { authenticate: () => Promise.reject(new Error('down')) } }, fine, logged)
    expect(logged).toEqual(['Unable to authenticate the request: Error: down'])
  })
  test('handlers never see credentials', async () => {
    const headers = {
      authorization: 'Bearer x',
      'x-remote-user': 'a',
      'x-remote-extra-b': 'c',
      'x-mine': 'd',
      accept: 'e',
    }
    let seen: string[] = []
    await run({ headers }, { requestHeaders: { names: ['X-Mine'], prefixes: [] } }, (context) => {
      seen = Object.keys(context.exchange.headers)
      return fine(context)
    })
    expect(seen).toEqual(['accept'])
  })
  test('anonymous requests are served, but end an HTTP/2 connection', async () => {
    const sent = await run({}, { authenticator: as(user('system:anonymous', 'system:unauthenticated')) })
    expect([sent.status, sent.closing]).toEqual([200, true])
    expect((await run({})).closing).toBe(false)
  })
})

describe('authorization', () => {
  const denied = { authorizer: { authorize: () => ({ verdict: 'none', reason: '' }) as const } }
  const rows: [string, string, string, unknown][] = [
    [
      'GET',
      '/api/v1/namespaces/ns/pods',
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "ns"',
      { kind: 'pods' },
    ],
    [
      'GET',
      '/api/v1/namespaces/ns/pods/p/log',
      'pods "p" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "ns"',
      { name: 'p', kind: 'pods' },
    ],
    [
      'GET',
      '/apis/apps/v1/deployments',
      'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
      { group: 'apps', kind: 'deployments' },
    ],
    ['GET', '/metrics', 'forbidden: User "jane" cannot get path "/metrics"', {}],
    ['POST', '/a%3Cb', 'forbidden: User "jane" cannot post path "/a&lt;b"', {}],
    [
      'OPTIONS',
      '/api/v1/namespaces/ns/pods',
      'pods is forbidden: User "jane" cannot  resource "pods" in API group "" in the namespace "ns"',
      { kind: 'pods' },
    ],
    [
      'GET',
      '/api/v1/namespaces/default',
      'namespaces "default" is forbidden: User "jane" cannot get resource "namespaces" in API group "" in the namespace "default"',
      { name: 'default', kind: 'namespaces' },
    ],
  ]
  test.each(rows)('%s %s', async (method, target, text, details) => {
    const sent = await run({ method, target }, denied)
    expect(sent.status).toBe(403)
    expect(JSON.parse(sent.body)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: text,
      reason: 'Forbidden',
      details,
      code: 403,
    })
  })
  test('reasons follow, an error is a 500, later answers count', async () => {
    expect(message(await run({}, { authorizer: alwaysDeny() }))).toMatch(/"n": Everything is forbidden\.$/)
    const broken = { verdict: 'none', reason: '', error: new Error('gone') } as const
    const sent = await run({}, { authorizer: { authorize: async () => broken } })
    expect([sent.status, sent.body]).toEqual([500, expect.stringMatching(/^Internal Server Error: "\/.*": gone\n$/)])
    const union = authorizerUnion([
      { authorize: async () => broken },
      privilegedGroups('system:authenticated'),
      alwaysDeny(),
    ])
    expect((await run({}, { authorizer: union })).status).toBe(200)
  })
})

describe('time limits', () => {
  const never: Handler = () => new Promise(() => undefined)
  test('a request that takes too long is told so and aborted', async () => {
    let signal: AbortSignal | undefined
    const sent = await run({ target: '/api/v1/nodes?timeout=20ms' }, {}, (context) => {
      signal = context.signal
      return never(context)
    })
    expect([sent.status, signal?.aborted]).toEqual([504, true])
    expect(JSON.parse(sent.body)).toEqual({
      ...{ metadata: {}, status: 'Failure', message: 'Timeout: request did not complete within the allotted timeout' },
      ...{ reason: 'Timeout', details: {}, code: 504 },
    })
  })
  test('the server’s own limit bounds the client’s; what a handler does afterwards is ignored', async () => {
    const logged: string[] = []
    let late: Promise<void> = Promise.resolve()
    const handler: Handler = ({ exchange }) => {
      late = new Promise<void>((resolve) => setTimeout(resolve, 30)).then(() => exchange.send(200, '', ''))
      return late
    }
    const sent = await run({ target: '/api/v1/nodes?timeout=1h' }, { requestTimeoutMs: 10 }, handler, logged)
    await late.catch(() => undefined)
    expect([sent.status, logged]).toEqual([504, []])
  })
  test('connections that were given to another protocol have none', async () => {
    let aborted: boolean | undefined
    const sent = await run({}, { requestTimeoutMs: 5 }, async ({ exchange, signal }) => {
      exchange.send(101, '', '')
      await new Promise((resolve) => setTimeout(resolve, 30))
      aborted = signal.aborted
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([sent.destroyed, aborted]).toEqual([false, false])
  })
  test('watches have none', async () => {
    const slow: Handler = async ({ exchange }) => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      exchange.send(200, '', '')
    }
    expect((await run({ target: '/api/v1/nodes?watch=1&timeout=1ms' }, { requestTimeoutMs: 5 }, slow)).status).toBe(200)
  })
  test.each([
    ['5', 'time: missing unit in duration "5"'],
    ['abc', 'time: invalid duration "abc"'],
    ['5x', 'time: unknown unit "x" in duration "5x"'],
  ])('?timeout=%s is a 400', async (value, text) => {
    const sent = await run({ target: `/api/v1/nodes?timeout=${value}` })
    expect([sent.status, message(sent)]).toEqual([400, `invalid timeout specified in the request URL - ${text}`])
  })
})

test('too many requests at once are refused, system:masters and watches are not', async () => {
  const waiting: (() => void)[] = []
  const log = (): void => undefined
  const chain = buildHandlerChain(
    {
      ...{ parseRequestInfo, log, authorizer: alwaysAllow() },
      authenticator: { authenticate: ({ exchange }) => user('u', String(exchange.headers['x-group'] ?? 'g')) },
      inFlight: { readOnly: 2, mutating: 1 },
    },
    ({ exchange }) => new Promise<void>((resolve) => waiting.push(() => resolve(exchange.send(200, '', '')))),
  )
  const start = (request: Request): FakeExchange => {
    const exchange = new FakeExchange(request)
    serveExchanges(chain, log)(exchange as unknown as Exchange, Date.now())
    return exchange
  }
  const first = [start({}), start({})]
  const refused = start({}).sent
  expect([refused.status, refused.body, refused.headers['retry-after']]).toEqual([
    ...[429, 'Too many requests, please try again later.\n', '1'],
  ])
  const masters = start({ headers: { 'x-group': 'system:masters' } })
  const watch = start({ target: '/api/v1/pods?watch' })
  const post = start({ method: 'POST' })
  expect(start({ method: 'DELETE' }).sent.status).toBe(429)
  for (const answer of waiting.splice(0)) answer()
  for (const exchange of [...first, masters, watch, post]) expect((await exchange.done.promise).status).toBe(200)
  await new Promise((resolve) => setImmediate(resolve))
  const again = start({})
  waiting.shift()!()
  expect((await again.done.promise).status).toBe(200)
})

test('CORS: allowed origins get the headers, preflights end there', async () => {
  const options = { corsAllowedOrigins: ['^https://good\\.test$'] }
  const good = { origin: 'https://good.test' }
  expect((await run({ headers: good }, options)).headers).toMatchObject({
    'access-control-allow-origin': 'https://good.test',
    'access-control-allow-credentials': 'true',
  })
  expect(
    (await run({ headers: { origin: 'https://bad.test' } }, options)).headers['access-control-allow-origin'],
  ).toBeUndefined()
  const preflight = await run({ method: 'OPTIONS', headers: good }, { ...options, authenticator: as(undefined) })
  expect([preflight.status, preflight.body]).toEqual([204, ''])
})

describe('warnings', () => {
  test('become headers when the response begins', async () => {
    const sent = await run({}, {}, (context: RequestContext) => {
      context.warnings.add('a "b" \\c').add('d').add('d')
      return fine(context)
    })
    expect(sent.headers.warning).toEqual(['299 - "a \\"b\\" \\\\c"', '299 - "d"'])
  })
  test('are cut if all together are too long, and control characters keep one out', () => {
    expect(warningHeaders(['a\nb', '', 'ok'])).toEqual(['299 - "ok"'])
    expect(warningHeaders(['x'.repeat(4096)])).toHaveLength(1)
    const cut = warningHeaders(Array.from({ length: 40 }, (_, i) => `${i}${'y'.repeat(300)}`))
    expect(cut).toHaveLength(16)
    expect(cut[0]).toBe(`299 - "0${'y'.repeat(255)}"`)
  })
})

test('compose leaves out what is not there and runs the rest in order', () => {
  const order: string[] = []
  const mark =
    (name: string) =>
    (next: Handler): Handler =>
    (context) => {
      order.push(name)
      return next(context)
    }
  void compose([mark('a'), undefined, mark('b')], () => void order.push('handler'))({} as RequestContext)
  expect(order).toEqual(['a', 'b', 'handler'])
})
