import { expect, test } from 'vitest'
import { PathRoutes } from './delegation.js'

test('unlisted paths are found, but not told of', () => {
  const routes = new PathRoutes()
  const handler = () => undefined
  routes.all(new Map([['/version', handler]]))
  routes.allUnlisted(new Map([['/debug/flags/v', handler]]))
  expect(routes.find('/debug/flags/v')).toBe(handler)
  expect(routes.paths).toEqual(['/version'])
})
