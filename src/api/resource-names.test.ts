import { expect, test } from 'vitest'
import { isExtendedResource, isNativeResource, isPodLevelResource } from './resource-names.js'

test.each<[name: string, native: boolean, extended: boolean, podLevel: boolean]>([
  ['cpu', true, false, true],
  ['memory', true, false, true],
  ['hugepages-2Mi', true, false, true],
  ['ephemeral-storage', true, false, false],
  ['kubernetes.io/x', true, false, false],
  ['sub.kubernetes.io/x', true, false, false],
  ['example.com/gpu', false, true, false],
  ['requests.example.com/gpu', false, false, false],
  ['example.com/', false, false, false],
  [`${'a'.repeat(250)}.io/x`, false, false, false],
])('%s', (name, native, extended, podLevel) => {
  expect([isNativeResource(name), isExtendedResource(name), isPodLevelResource(name)]).toEqual([
    native,
    extended,
    podLevel,
  ])
})
