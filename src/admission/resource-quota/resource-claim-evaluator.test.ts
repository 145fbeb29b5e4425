import { expect, it } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import { named, objectsOf } from '../testing.js'
import { podEvaluator } from './pod-evaluator.js'
import { resourceClaimEvaluator } from './resource-claim-evaluator.js'

const pods = podEvaluator(true, () => 0)
const pod: KubeObject = {
  metadata: { name: 'p', namespace: 'n', uid: 'u' },
  spec: { containers: [{ name: 'c', resources: { requests: { 'example.test/gpu': '2' } } }] },
}
const objects = objectsOf({
  'resource.k8s.io/deviceclasses': [named('gpu', { spec: { extendedResourceName: 'example.test/gpu' } }), named('nic')],
  '/pods': [pod],
})
const claim = (requests: object[], meta: object = {}): KubeObject => ({
  metadata: { name: 'c', namespace: 'n', ...meta },
  spec: { devices: { requests } },
})
const exactly = (deviceClassName: string, count: number) => ({
  exactly: { deviceClassName, allocationMode: 'ExactCount', count },
})
const usage = (object: KubeObject, extended = true): Record<string, string> =>
  Object.fromEntries(
    [...resourceClaimEvaluator(objects, extended ? pods : undefined).usage(object)].map(([name, amount]) => [
      name,
      amount.toString(),
    ]),
  )

it('counts devices by class, of alternatives the most', () => {
  const firstAvailable = [
    exactly('gpu', 1).exactly,
    exactly('gpu', 3).exactly,
    { deviceClassName: 'nic', allocationMode: 'All' },
  ]
  expect(usage(claim([exactly('gpu', 2), { firstAvailable }]), false)).toEqual({
    'count/resourceclaims.resource.k8s.io': '1',
    'gpu.deviceclass.resource.k8s.io/devices': '5',
    'nic.deviceclass.resource.k8s.io/devices': '32',
  })
})

it('counts them as extended resources as well', () => {
  expect(usage(claim([exactly('gpu', 2)]))).toMatchObject({
    'requests.example.test/gpu': '2',
    'requests.deviceclass.resource.kubernetes.io/gpu': '2',
  })
})

it('but not those that a pod is charged for', () => {
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }]
  const annotations = { 'resource.kubernetes.io/extended-resource-claim': 'true' }
  const found = usage(claim([exactly('gpu', 3)], { ownerReferences, annotations }))
  expect(found['requests.example.test/gpu']).toBe('1')
})

it('knows which names are its own', () => {
  const { matches } = resourceClaimEvaluator(objects, pods)
  expect(
    [
      'gpu.deviceclass.resource.k8s.io/devices',
      'requests.example.test/gpu',
      'requests.deviceclass.resource.kubernetes.io/nic',
      'requests.example.test/other',
      'requests.cpu',
      'pods',
    ].map(matches),
  ).toEqual([true, true, true, false, false, false])
})
