import { expect, test } from 'vitest'
import { facts, hasPackage, locateType } from './facts.js'

test.each([
  ['core.v1.Pod', 'core.v1', 'core.v1', 'Pod'],
  ['meta.v1.Time', 'meta.v1', 'meta.v1', 'Time'],
  ['resource.Quantity', 'resource', 'meta.v1', 'resource.Quantity'],
  ['resource.v1.Device', 'resource.v1', 'resource.v1', 'Device'],
])('%s is of %s, and in the file of %s as %s', (ref, pkg, file, key) => {
  expect(locateType(ref)).toEqual({ pkg, file: facts(file), key })
})

test.each([
  ['core.v1', true],
  ['meta.v1', true],
  ['intstr', true],
  ['core.v9', false],
  ['', false],
])('has package %j: %s', (pkg, there) => expect(hasPackage(pkg)).toBe(there))
