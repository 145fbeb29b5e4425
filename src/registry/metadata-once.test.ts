import { expect, test } from 'vitest'
import { checksMetadataOnce } from './metadata-once.js'

test.each([
  ['storage.k8s.io', 'csinodes', '', true],
  ['storage.k8s.io', 'csidrivers', '', false],
  ['storage.k8s.io', 'volumeattachments', 'status', true],
  ['', 'persistentvolumes', '', true],
  ['', 'persistentvolumes', 'status', false],
  ['batch', 'cronjobs', '', false],
  ['batch', 'cronjobs', 'status', true],
  ['', 'events', '', true],
  ['events.k8s.io', 'events', '', false],
] as const)('%s %s/%s: %s', (group, resource, subresource, once) => {
  expect(checksMetadataOnce(group, resource, subresource)).toBe(once)
})
