import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { ApiError } from '../src/api/index.js'
import { storageVersionHash } from '../src/endpoints/discovery/describe.js'
import { DiscoveryDocuments } from '../src/endpoints/discovery/documents.js'
import { discoveryHandler } from '../src/endpoints/discovery/handler.js'
import { OpenApiDocuments } from '../src/endpoints/openapi/documents.js'
import { openApiHandler } from '../src/endpoints/openapi/handler.js'
import type { Handler, RequestContext } from '../src/http/index.js'
import { builtinGroups } from '../src/registry/index.js'

const groups = builtinGroups({
  served: (_group, _version, _resource, on) => on,
  enabled: (gate) => gate !== 'GenericWorkload',
  virtual: new Map(),
  handlers: new Map(),
})
const documents = new DiscoveryDocuments('192.0.2.2:6443')
documents.setGroups(groups.toReversed())
const openApi = new OpenApiDocuments({ release: '1.36' })
openApi.setGroups(groups)

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
  readonly bytes: Buffer
  readonly error?: ApiError
}

/** Sends a request to whichever of the two handlers takes the path. */
async function send(method: string, target: string, headers: Record<string, string> = {}): Promise<Answer | undefined> {
  const [path = '', query = ''] = target.split('?')
  const handler: Handler | undefined = discoveryHandler(documents, path) ?? openApiHandler(openApi, path)
  if (handler === undefined) return undefined
  const out: Record<string, string> = {}
  let answer: Answer | undefined
  const exchange = {
    method,
    path,
    query,
    headers,
    header: (name: string, value: string) => {
      out[name.toLowerCase()] = value
    },
    send: (status: number, contentType: string, body: Buffer | string) => {
      if (contentType !== '') out['content-type'] = contentType
      answer = { status, headers: out, body: String(body), bytes: Buffer.from(body) }
    },
  }
  try {
    await handler({ exchange, query: new URLSearchParams(query) } as unknown as RequestContext)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { status: error.code, headers: out, body: JSON.stringify(error.status), bytes: Buffer.alloc(0), error }
  }
  return answer
}

const json = (answer: Answer | undefined): Record<string, never> => JSON.parse(answer!.body) as Record<string, never>
const v2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

describe('documents', () => {
  const file = gunzipSync(readFileSync(new URL('data/discovery.json.gz', import.meta.url))).toString()
  const recorded = (JSON.parse(file) as { items: { metadata: { name?: string } }[] }).items

  test('aggregated discovery is what kube-apiserver says', async () => {
    const core = json(await send('GET', '/api', { accept: v2 }))
    expect(core).toEqual({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: recorded.filter((item) => item.metadata.name === undefined),
    })
    const named = json(await send('GET', '/apis', { accept: v2 }))
    expect(named.items).toEqual(recorded.filter((item) => item.metadata.name !== undefined))
  })

  test('/api', async () => {
    expect((await send('GET', '/api'))!.body).toBe(
      '{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":' +
        '[{"clientCIDR":"0.0.0.0/0","serverAddress":"192.0.2.2:6443"}]}\n',
    )
  })

  test('/apis lists groups by rank', async () => {
    const { groups: list } = json(await send('GET', '/apis')) as unknown as { groups: { name: string }[] }
    expect(list.map((group) => group.name)).toEqual(
      recorded.map((item) => item.metadata.name).filter((name) => name !== undefined),
    )
    expect(list.find((group) => group.name === 'autoscaling')).toEqual({
      name: 'autoscaling',
      versions: [
        { groupVersion: 'autoscaling/v2', version: 'v2' },
        { groupVersion: 'autoscaling/v1', version: 'v1' },
      ],
      preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
    })
  })

  test('/apis/policy/v1', async () => {
    expect((await send('GET', '/apis/policy/v1'))!.body).toBe(
      '{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"policy/v1","resources":[' +
        '{"name":"poddisruptionbudgets","singularName":"poddisruptionbudget","namespaced":true,' +
        '"kind":"PodDisruptionBudget",' +
        '"verbs":["create","delete","deletecollection","get","list","patch","update","watch"],' +
        '"shortNames":["pdb"],"storageVersionHash":"EVWiDmWqyJw="},' +
        '{"name":"poddisruptionbudgets/status","singularName":"","namespaced":true,' +
        '"kind":"PodDisruptionBudget","verbs":["get","patch","update"]}]}\n',
    )
  })

  test('the core list has no apiVersion and tells the kinds of subresources', async () => {
    const list = json(await send('GET', '/api/v1')) as unknown as Record<string, unknown> & { resources: object[] }
    expect(list.apiVersion).toBeUndefined()
    expect(list.groupVersion).toBe('v1')
    expect(list.resources).toContainEqual({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    })
  })

  test('storage version hashes', () => {
    expect(storageVersionHash('', 'v1', 'Pod')).toBe('xPOwRZ+Yhw8=')
    expect(storageVersionHash('apps', 'v1', 'Deployment')).toBe('8aSe+NMegvE=')
  })

  test('a change of groups changes the documents', () => {
    const own = new DiscoveryDocuments('a:1')
    own.setGroups(groups)
    const before = own.groupList()
    expect(own.groupList()).toBe(before)
    own.setGroups(groups.filter((group) => group.group !== 'apps'))
    expect(own.groupList().hash).not.toBe(before.hash)
    expect(own.group('apps')).toBeUndefined()
  })
})

describe('requests', () => {
  const cases: [request: string, headers: Record<string, string>, want: [status: number, contentType?: string]][] = [
    ['GET /api/', {}, [200, 'application/json']],
    ['GET /apis/', {}, [200, 'application/json']],
    ['GET /apis/apps/', {}, [200, 'application/json']],
    ['GET /apis/apps/v1/', {}, [200, 'application/json']],
    ['GET /api//', {}, [200, 'application/json']],
    ['GET /api/v1///', {}, [200, 'application/json']],
    ['GET /apis/apps//', {}, [200, 'application/json']],
    ['POST /apis/apps/v1//', {}, [405]],
    ['POST /apis', {}, [200, 'application/json']],
    ['DELETE /apis/apps', {}, [200, 'application/json']],
    ['POST /api', {}, [405]],
    ['HEAD /api/v1', {}, [405]],
    ['TRACE /apis/apps/v1', {}, [405]],
    ['GET /apis/apps/v9', {}, [404]],
    ['GET /api/v9', {}, [404]],
    ['GET /api', { accept: 'application/yaml' }, [200, 'application/yaml']],
    ['GET /api', { accept: 'application/vnd.kubernetes.protobuf' }, [200, 'application/vnd.kubernetes.protobuf']],
    ['GET /api', { accept: v2 }, [200, v2]],
    ['GET /api', { accept: `${v2};profile=nopeer` }, [200, v2]],
    ['GET /api', { accept: v2.replace('json', 'yaml') }, [200, v2.replace('json', 'yaml')]],
    [
      'GET /api',
      { accept: v2.replace('json', 'vnd.kubernetes.protobuf') },
      [200, v2.replace('json', 'vnd.kubernetes.protobuf')],
    ],
    ['GET /apis', { accept: `application/json,${v2}` }, [200, v2]],
    ['GET /apis', { accept: `${v2.replace('v=v2', 'v=v9')},application/json` }, [200, 'application/json']],
    ['GET /api', { accept: v2.replace('v=v2', 'v=v2beta1') }, [406]],
    ['GET /apis', { accept: v2.replace('APIGroupDiscoveryList', 'Nothing') }, [406]],
    ['GET /apis/apps', { accept: v2 }, [406]],
    ['GET /openapi/v2', {}, [200, 'application/json']],
    ['POST /openapi/v2', {}, [200, 'application/json']],
    ['GET /openapi/v2', { accept: 'application/vnd.kubernetes.protobuf' }, [406]],
    [
      'GET /openapi/v2',
      { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' },
      [200, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'],
    ],
    ['GET /openapi/v3', {}, [200, 'text/plain; charset=utf-8']],
    ['GET /openapi/v3/apis/apps', {}, [200, 'application/json']],
    ['GET /openapi/v3/apis/apps/v1', { accept: 'text/plain' }, [406]],
    [
      'GET /openapi/v3/apis/apps/v1',
      { accept: 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf' },
      [200, 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf'],
    ],
    ['GET /openapi/v3/apis/none.example/v1', {}, [404]],
    ['GET /openapi/v3/', {}, [404]],
    ['GET /openapi/v3/apis/apps/v1?hash=ABC', {}, [301, 'application/json']],
  ]
  test.each(cases)('%s %o', async (request, headers, [status, contentType]) => {
    const [method = '', target = ''] = request.split(' ')
    const answer = await send(method, target, headers)
    expect([answer?.status, answer?.headers['content-type']]).toEqual([status, contentType])
  })

  test.each([
    '/apix',
    '/apis/none.example',
    '/apis//v1',
    '/apis/none.example/v1',
    '/api/v1/pods',
    '/openapi',
    '/openapi/v1',
  ])('%s is somebody else', async (path) => {
    expect(await send('GET', path)).toBeUndefined()
  })

  test('the two ways to refuse a media type', async () => {
    const offered = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
    const routed = (await send('GET', '/api', { accept: 'text/plain' }))!.error!
    expect(routed.message).toBe(`406: Not Acceptable\n\nAvailable representations: ${offered}`)
    expect(routed.details).toEqual({})
    const negotiated = (await send('GET', '/apis', { accept: 'text/plain' }))!.error!
    expect(negotiated.message).toBe(`only the following media types are accepted: ${offered}`)
    expect(negotiated.details).toBeUndefined()
  })

  test('YAML', async () => {
    expect((await send('GET', '/apis/policy', { accept: 'application/yaml' }))!.body).toBe(
      'apiVersion: v1\nkind: APIGroup\nname: policy\npreferredVersion:\n  groupVersion: policy/v1\n  version: v1\n' +
        'versions:\n- groupVersion: policy/v1\n  version: v1\n',
    )
  })

  test('protobuf', async () => {
    const answer = await send('GET', '/apis/policy', { accept: 'application/vnd.kubernetes.protobuf' })
    expect(answer!.bytes.toString('latin1')).toBe(
      'k8s\0\n\x0e\n\x02v1\x12\x08APIGroup\x12*\n\x06policy\x12\x0f\n\tpolicy/v1\x12\x02v1\x1a\x0f\n\tpolicy/v1\x12\x02v1\x1a\0"\0',
    )
  })

  test('pretty printing by parameter and for people', async () => {
    const pretty = '{\n  "kind": "APIGroup",'
    expect((await send('GET', '/apis/apps?pretty=true'))!.body.startsWith(pretty)).toBe(true)
    expect((await send('GET', '/apis/apps', { 'user-agent': 'curl/8' }))!.body.startsWith(pretty)).toBe(true)
    expect((await send('GET', '/apis/apps?pretty=false', { 'user-agent': 'curl/8' }))!.body.startsWith(pretty)).toBe(
      false,
    )
  })

  test('aggregated discovery has an ETag that is compared to the letter', async () => {
    const first = await send('GET', '/apis', { accept: v2 })
    const { etag } = first!.headers
    expect(first!.headers).toMatchObject({ vary: 'Accept', 'cache-control': 'public' })
    expect(etag).toMatch(/^"[0-9A-F]{128}"$/)
    const again = await send('GET', '/apis', { accept: v2, 'if-none-match': etag! })
    expect([again!.status, again!.headers.vary, again!.body]).toEqual([304, 'Accept', ''])
    expect((await send('GET', '/apis', { accept: v2, 'if-none-match': `W/${etag}` }))!.status).toBe(200)
    expect((await send('GET', '/apis', { accept: v2, 'if-none-match': '*' }))!.status).toBe(200)
    expect((await send('GET', '/apis'))!.headers.etag).toBeUndefined()
  })

  test('OpenAPI documents have ETags with the rules of HTTP', async () => {
    const { etag } = (await send('GET', '/openapi/v3/version'))!.headers
    for (const sent of [etag!, `W/${etag}`, '*', `"x", ${etag}`]) {
      expect((await send('GET', '/openapi/v3/version', { 'if-none-match': sent }))!.status, sent).toBe(304)
    }
    expect((await send('GET', '/openapi/v3/version', { 'if-none-match': '"other"' }))!.status).toBe(200)
    expect((await send('POST', '/openapi/v3/version', { 'if-none-match': '*' }))!.status).toBe(412)
  })

  test('an index that changes twice in a second is not taken for the one that the client has', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-02T03:04:05.100Z') })
    try {
      const read = (since?: string) =>
        send('GET', '/openapi/v3', since === undefined ? {} : { 'if-modified-since': since })
      openApi.setGroups(groups.slice(1))
      const first = (await read())!
      vi.setSystemTime('2026-01-02T03:04:05.700Z')
      openApi.setGroups(groups)
      const since = first.headers['last-modified']!
      expect(since).toBe('Fri, 02 Jan 2026 03:04:05 GMT')
      const second = (await read(since))!
      expect([second.status, second.body === first.body]).toEqual([200, false])
      vi.setSystemTime('2026-01-02T03:04:15.000Z')
      const third = (await read(since))!
      expect([third.status, third.headers['last-modified']]).toEqual([200, 'Fri, 02 Jan 2026 03:04:15 GMT'])
      expect((await read(third.headers['last-modified']))!.status).toBe(304)
    } finally {
      vi.useRealTimers()
      openApi.setGroups(groups)
    }
  })

  test('the URLs of the index may be cached for ever', async () => {
    const index = json(await send('GET', '/openapi/v3')) as unknown as {
      paths: Record<string, { serverRelativeURL: string }>
    }
    const url = index.paths['apis/apps/v1']!.serverRelativeURL
    expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{128}$/)
    const answer = await send('GET', url)
    expect(answer!.status).toBe(200)
    expect(answer!.headers).toMatchObject({ 'cache-control': 'public, immutable', vary: 'Accept' })
    expect((await send('GET', '/openapi/v3/apis/apps/v1?hash=old'))!.headers.location).toBe(url)
  })
})
