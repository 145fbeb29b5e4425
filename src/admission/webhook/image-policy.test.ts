import { expect, it } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import { attributesFor, named } from '../testing.js'
import { type ImagePolicy, imagePolicyWebhook } from './image-policy.js'
import { imagePolicy } from './image-policy-configuration.js'

const asked: object[] = []
const policy = (answer: () => object, more: Partial<ImagePolicy> = {}): ImagePolicy => ({
  review: async (spec) => {
    asked.push(spec)
    return answer() as KubeObject
  },
  allowTtlMs: 1000,
  denyTtlMs: 0,
  defaultAllow: false,
  close() {},
  ...more,
})
const pod = (image: string): KubeObject =>
  named('p', {
    metadata: { name: 'p', annotations: { 'x.image-policy.k8s.io/a': '1', other: '2' } },
    spec: { containers: [{ image }], initContainers: [{ image: 'init' }], ephemeralContainers: [{ image: 'debug' }] },
  })
const request = (object: KubeObject, more = {}) =>
  attributesFor('CREATE', '/pods', object, { namespace: 'ns', name: 'p', ...more })
const nobody = (): never => {
  throw new Error('nobody there')
}

it('asks about images, and keeps the answer as long as it is good', async () => {
  asked.length = 0
  let now = 0
  const plugin = imagePolicyWebhook(
    policy(() => ({ status: { allowed: true } })),
    () => now,
  )
  for (const at of [0, 500, 1500]) {
    now = at
    await plugin.validate!(request(pod('a')))
  }
  const spec = {
    containers: [{ image: 'a' }, { image: 'init' }],
    annotations: { 'x.image-policy.k8s.io/a': '1' },
    namespace: 'ns',
  }
  expect(asked).toEqual([spec, spec])
  await plugin.validate!(request(pod('a'), { subresource: 'ephemeralcontainers' }))
  expect(asked[2]).toMatchObject({ containers: [{ image: 'debug' }] })
  expect(plugin.validate!(request(pod('a'), { subresource: 'status' }))).toBeUndefined()
})

it.each([
  [{ reason: 'too old' }, 'pods "p" is forbidden: image policy webhook backend denied one or more images: too old'],
  [{}, 'pods "p" is forbidden: one or more images rejected by webhook backend'],
])('refuses %j', async (status, message) => {
  const plugin = imagePolicyWebhook(
    policy(() => ({ status })),
    () => 0,
  )
  await expect(plugin.validate!(request(pod('a')))).rejects.toThrow(message)
})

it('lets pods pass unjudged, and says so, if that is wanted', async () => {
  await expect(imagePolicyWebhook(policy(nobody), () => 0).validate!(request(pod('a')))).rejects.toThrow(
    'pods "p" is forbidden: nobody there',
  )
  const object = pod('a')
  await imagePolicyWebhook(policy(nobody, { defaultAllow: true }), () => 0).validate!(request(object))
  expect(object.metadata.annotations).toMatchObject({ 'alpha.image-policy.k8s.io/failed-open': 'true' })
})

it.each([
  [undefined, 'no config specified'],
  [{ imagePolicy: { allowTTL: 3601 } }, 'valid value is between 1s and 30m0s, got 1h0m1s'],
  [{ imagePolicy: { retryBackoff: 400_000 } }, 'valid value is between 1ns and 5m0s, got 6m40s'],
  [{ imagePolicy: { kubeConfigFile: '/none' } }, 'stat /none: no such file or directory'],
])('refuses the configuration %j', async (document, message) => {
  await expect(imagePolicy(document)).rejects.toThrow(message)
})
