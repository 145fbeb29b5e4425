import { expect, test } from 'vitest'
import type { RequestContext } from '../http/index.js'
import { PathRoutes } from './delegation.js'

test('unlisted paths are found, but not told of', () => {
  const routes = new PathRoutes()
  const handler = () => undefined
  routes.all(new Map([['/version', handler]]))
  routes.allUnlisted(new Map([['/debug/flags/v', handler]]))
  expect(routes.find('/debug/flags/v')).toBe(handler)
  expect(routes.paths).toEqual(['/version'])
})

test.each([
  ['/version', 'served'],
  ['/version/', 'served'],
  ['/version///', 'served'],
  ['/version/x', 'the server could not find the requested resource'],
  ['/version//x', 'the server could not find the requested resource'],
  ['/versions', undefined],
])('a web service at /version: %s', (path, want) => {
  const routes = new PathRoutes()
  let told: string | undefined
  routes.service('/version', () => {
    told = 'served'
  })
  try {
    void routes.find(path)?.({ info: { path } } as unknown as RequestContext)
  } catch (error) {
    told = (error as Error).message
  }
  expect(told).toBe(want)
})
