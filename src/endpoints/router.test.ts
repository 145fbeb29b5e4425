import { expect, test } from 'vitest'
import type { RequestContext } from '../http/index.js'
import { builtinGroups, type VirtualResource } from '../registry/index.js'
import { EquivalentResources } from './equivalents.js'
import { parseRequestInfo } from './request-info.js'
import { ResourceRouter } from './router.js'
import type { EndpointEnvironment } from './scope.js'

const groups = builtinGroups({
  served: (_group, version) => version === 'v1',
  enabled: () => true,
  virtual: new Map([['/componentstatuses', {} as VirtualResource]]),
  handlers: new Map(),
})

function ask(method: string, target: string) {
  const router = new ResourceRouter({ equivalents: new EquivalentResources() } as EndpointEnvironment)
  for (const resource of groups.flatMap(({ resources }) => resources)) router.install({ resource, registry: undefined })
  const [path = '', query = ''] = target.split('?')
  const warnings = new Set<string>()
  const info = parseRequestInfo(method, path, query)
  const context = { info, warnings, query: new URLSearchParams(query), exchange: { method, path, query } }
  let refusal: unknown
  try {
    void router.handle(context as unknown as RequestContext)
  } catch (error) {
    refusal = error
  }
  return { refusal, warnings: [...warnings] }
}

test('a watch of a kind that can only be listed is refused, with the warning of its age', () => {
  const { refusal, warnings } = ask('GET', '/api/v1/componentstatuses?watch=true')
  expect(refusal).toMatchObject({
    code: 405,
    message: 'watch is not supported on resources of kind "componentstatuses"',
  })
  expect(warnings).toEqual(['v1 ComponentStatus is deprecated in v1.19+'])
})

test('a method nobody knows is refused, without a warning', () => {
  for (const target of ['/api/v1/componentstatuses', '/api/v1/namespaces/a/configmaps', '/apis/apps/v1/deployments']) {
    expect(ask('FOO', target)).toMatchObject({ refusal: { code: 405, reason: 'MethodNotAllowed' }, warnings: [] })
  }
})

test('the old paths of watches are of whole objects that can be watched, whatever the method', () => {
  for (const target of [
    '/api/v1/watch/componentstatuses',
    '/api/v1/watch/namespaces/a/pods/x/status',
    '/apis/apps/v1/watch/namespaces/a/deployments/x/scale',
    '/apis/authorization.k8s.io/v1/watch/selfsubjectaccessreviews',
  ])
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE'])
      expect(ask(method, target).refusal).toMatchObject({ code: 404, details: {} })
  expect(ask('POST', '/api/v1/watch/namespaces/a/pods').refusal).toMatchObject({ code: 405 })
})

test('the path of an object lacks its namespace', () => {
  const target = '/api/v1/namespaces//configmaps/x'
  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
    expect(ask(method, target).refusal).toMatchObject({ code: 400, message: 'Namespace parameter required.' })
  expect(ask('POST', target).refusal).toMatchObject({ code: 405 })
  expect(ask('GET', '/api/v1/configmaps/x').refusal).toMatchObject({ code: 404 })
  const all = '/api/v1/namespaces//configmaps'
  expect(ask('DELETE', all).refusal).toMatchObject({ code: 400, message: 'Namespace parameter required.' })
  for (const method of ['PUT', 'PATCH']) expect(ask(method, all).refusal).toMatchObject({ code: 405 })
})
