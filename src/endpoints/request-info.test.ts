import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRequestInfo } from './request-info.js'

/** request → verb group/version namespace resource/subresource name, "-" for nothing; `nr verb path` for non-resource requests */
const rows: [string, string][] = [
  ['GET /', 'nr get /'],
  ['GET /api', 'nr get /api'],
  ['GET /api/', 'nr get /api/'],
  ['GET /api/v1', 'nr get /api/v1'],
  ['GET /api/v1/', 'nr get /api/v1/'],
  ['GET /apis', 'nr get /apis'],
  ['GET /apis/apps', 'nr get /apis/apps'],
  ['GET /apis/apps/v1', 'nr get /apis/apps/v1'],
  ['GET /apis/apps/v1/', 'nr get /apis/apps/v1/'],
  ['GET /apis//v1', 'nr get /apis//v1'],
  ['GET /healthz', 'nr get /healthz'],
  ['GET /healthz/ping', 'nr get /healthz/ping'],
  ['POST /healthz', 'nr post /healthz'],
  ['HEAD /version', 'nr head /version'],
  ['OPTIONS /version', 'nr options /version'],
  ['GET /apix/v1/pods', 'nr get /apix/v1/pods'],
  ['GET /API/v1/pods', 'nr get /API/v1/pods'],
  ['GET /openapi/v3/apis/apps/v1', 'nr get /openapi/v3/apis/apps/v1'],
  ['GET /a%20b', 'nr get /a b'],
  ['GET /api/v1/pods', 'list /v1 - pods -'],
  ['GET /api/v1/pods/', 'list /v1 - pods -'],
  ['GET //api/v1/pods', 'list /v1 - pods -'],
  ['HEAD /api/v1/pods', 'list /v1 - pods -'],
  ['GET /api/v1/nodes/a', 'get /v1 - nodes a'],
  ['HEAD /api/v1/nodes/a', 'get /v1 - nodes a'],
  ['GET /api/v1/nodes/a/status', 'get /v1 - nodes/status a'],
  ['GET /api/v1/nodes/a/proxy/x/y', 'get /v1 - nodes/proxy a'],
  ['DELETE /api/v1/nodes', 'deletecollection /v1 - nodes -'],
  ['DELETE /api/v1/nodes/a', 'delete /v1 - nodes a'],
  ['POST /api/v1/nodes', 'create /v1 - nodes -'],
  ['PUT /api/v1/nodes/a', 'update /v1 - nodes a'],
  ['PATCH /api/v1/nodes/a', 'patch /v1 - nodes a'],
  ['FOO /api/v1/nodes/a', ' /v1 - nodes a'],
  ['OPTIONS /api/v1/nodes', ' /v1 - nodes -'],
  ['get /api/v1/nodes/a', ' /v1 - nodes a'],
  ['GET /api/v1/namespaces', 'list /v1 - namespaces -'],
  ['GET /api/v1/namespaces/', 'list /v1 - namespaces -'],
  ['POST /api/v1/namespaces', 'create /v1 - namespaces -'],
  ['GET /api/v1/namespaces/n', 'get /v1 n namespaces n'],
  ['GET /api/v1/namespaces/n/', 'get /v1 n namespaces n'],
  ['PUT /api/v1/namespaces/n/finalize', 'update /v1 n namespaces/finalize n'],
  ['GET /api/v1/namespaces/n/status', 'get /v1 n namespaces/status n'],
  ['GET /api/v1/namespaces/n/status/x', 'get /v1 n namespaces/status n'],
  ['GET /api/v1/namespaces/n/pods', 'list /v1 n pods -'],
  ['GET /api/v1/namespaces/n/pods/p', 'get /v1 n pods p'],
  ['GET /api/v1/namespaces/n/pods/p/log', 'get /v1 n pods/log p'],
  ['POST /api/v1/namespaces/n/pods/p/exec', 'create /v1 n pods/exec p'],
  ['GET /api/v1/namespaces/n/services/s/proxy/a/b', 'get /v1 n services/proxy s'],
  ['GET /api/v1/namespaces//configmaps', 'list /v1 - configmaps -'],
  ['GET /api/v1//configmaps', 'get /v1 - - configmaps'],
  ['GET /api/v1/namespaces/n/../pods', 'get /v1 n .. pods'],
  ['GET /api/v1/namespaces/n/pods/..', 'get /v1 n pods ..'],
  ['GET /api/v1/namespaces/n/configmaps/a%2Fb', 'get /v1 n configmaps/b a'],
  ['GET /api/v1/namespaces/n/configmaps/a%252Fb', 'get /v1 n configmaps a%2Fb'],
  ['GET /api/v1/namespaces/n/configmaps/a%20b', 'get /v1 n configmaps a b'],
  ['GET /api/v1/namespaces/n/configmaps/%C3%A9', 'get /v1 n configmaps é'],
  ['GET /%61pi/v1/pods', 'list /v1 - pods -'],
  ['GET /apis/apps/v1/deployments', 'list apps/v1 - deployments -'],
  ['GET /apis/apps/v1/namespaces/n/deployments/d/scale', 'get apps/v1 n deployments/scale d'],
  ['GET /apis/rbac.authorization.k8s.io/v1/clusterroles/a', 'get rbac.authorization.k8s.io/v1 - clusterroles a'],
  ['GET /api/v1/watch/pods', 'watch /v1 - pods -'],
  ['GET /api/v1/watch/namespaces/n/pods/p', 'watch /v1 n pods p'],
  ['POST /api/v1/watch/pods', 'watch /v1 - pods -'],
  ['GET /api/v1/proxy/nodes/a/metrics', 'proxy /v1 - nodes a'],
  ['GET /api/v1/proxy/namespaces/n/services/s/x', 'proxy /v1 n services s'],
  ['GET /api/v1/pods?watch', 'watch /v1 - pods -'],
  ['GET /api/v1/pods?watch=', 'watch /v1 - pods -'],
  ['GET /api/v1/pods?watch=maybe', 'watch /v1 - pods -'],
  ['GET /api/v1/pods?watch=1', 'watch /v1 - pods -'],
  ['GET /api/v1/pods?watch=0', 'list /v1 - pods -'],
  ['GET /api/v1/pods?watch=False', 'list /v1 - pods -'],
  ['GET /api/v1/pods?watch=false&watch=true', 'list /v1 - pods -'],
  ['GET /api/v1/pods?%77atch=1', 'watch /v1 - pods -'],
  ['GET /api/v1/pods?watch=1;x=2', 'list /v1 - pods -'],
  ['GET /api/v1/pods?nowatch=1', 'list /v1 - pods -'],
  ['GET /api/v1/pods?limit=x&watch=1', 'watch /v1 - pods -'],
  ['GET /api/v1/nodes/a?watch=1', 'get /v1 - nodes a'],
  ['GET /api/v1/nodes?fieldSelector=metadata.name%3Da', 'list /v1 - nodes a'],
  ['GET /api/v1/nodes?fieldSelector=metadata.name==a&watch', 'watch /v1 - nodes a'],
  ['GET /api/v1/nodes?fieldSelector=spec.x%3Db,metadata.name%3Da', 'list /v1 - nodes a'],
  ['GET /api/v1/nodes?fieldSelector=metadata.name!%3Da', 'list /v1 - nodes -'],
  ['GET /api/v1/nodes?fieldSelector=metadata.name%3Da%2Fb', 'list /v1 - nodes -'],
  ['GET /api/v1/nodes?fieldSelector=metadata.name%3D..', 'list /v1 - nodes -'],
  ['GET /api/v1/nodes?fieldSelector=metadata.name', 'list /v1 - nodes -'],
  ['GET /api/v1/nodes?fieldSelector=metadata.name%3Da&limit=x', 'list /v1 - nodes -'],
  ['GET /api/v1/nodes?fieldSelector=metadata.namespace%3Da', 'list /v1 - nodes -'],
  ['DELETE /api/v1/nodes?fieldSelector=metadata.name%3Da', 'deletecollection /v1 - nodes -'],
]

function parse(request: string) {
  const [method, target] = request.split(' ') as [string, string]
  const [path, query] = target.split('?') as [string, string | undefined]
  return parseRequestInfo(method, path, query ?? '')
}

function told(request: string): string {
  const info = parse(request)
  if (!info.isResourceRequest) return `nr ${info.verb} ${info.path}`
  const resource = info.subresource === '' ? info.resource || '-' : `${info.resource}/${info.subresource}`
  return `${info.verb} ${info.apiGroup}/${info.apiVersion} ${info.namespace || '-'} ${resource} ${info.name || '-'}`
}

describe('parseRequestInfo', () => {
  for (const [request, want] of rows) test(request, () => expect(told(request)).toBe(want))

  test('selectors are read for list, watch and deletecollection only', () => {
    const query = '?fieldSelector=a%3Db&labelSelector=x%20in%20(y)'
    for (const request of ['GET /api/v1/pods', 'DELETE /api/v1/pods']) {
      expect(parse(request + query)).toMatchObject({ fieldSelector: 'a=b', labelSelector: 'x in (y)' })
    }
    expect(parse(`GET /api/v1/nodes/a${query}`)).toMatchObject({ fieldSelector: '', labelSelector: '' })
    expect(parse(`GET /api/v1/watch/pods${query}`)).toMatchObject({ fieldSelector: '', labelSelector: '' })
  })

  test('of several names in a field selector the first in order counts', () => {
    expect(parse('GET /api/v1/pods?fieldSelector=metadata.name%3Db,metadata.name%3Da')).toMatchObject({ name: 'a' })
  })

  test('a special verb alone is an error, told with the whole target', () => {
    expect(() => parse('GET /api/v1/proxy/?a=b')).toThrow(
      'unable to determine kind and namespace from url, /api/v1/proxy/?a=b',
    )
  })

  test('a broken escape is refused, bytes that are no UTF-8 are shown as such', () => {
    for (const path of ['/api/v1/%zz/x', '/api/v1/x/%', '/api/v1/%f', '/%C3%A9/%'])
      expect(() => parse(`GET ${path}`)).toThrow('invalid URL escape')
    expect(parse('GET /api/v1/x/%ff%C3%A9')).toMatchObject({ name: '\ufffd\u00e9', path: '/api/v1/x/\ufffd\u00e9' })
  })

  test('any path either parses or fails cleanly, and its parts are the tail of its segments', () => {
    const segment = fc.constantFrom(
      '',
      'api',
      'apis',
      'v1',
      'namespaces',
      'pods',
      'watch',
      'proxy',
      '..',
      '%2f',
      'status',
    )
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 9 }), fc.constantFrom('GET', 'DELETE', 'POST'), (segments, method) => {
        let info: ReturnType<typeof parseRequestInfo>
        try {
          info = parseRequestInfo(method, `/${segments.join('/')}`, '')
        } catch (error) {
          return (error as Error).name === 'RequestInfoError'
        }
        if (!info.isResourceRequest) return info.parts.length === 0
        return info.path.replace(/\/+$/, '').endsWith(info.parts.join('/')) && info.resource === info.parts[0]
      }),
      { numRuns: 2000 },
    )
  })
})
