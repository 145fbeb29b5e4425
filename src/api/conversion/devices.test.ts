import { expect, test } from 'vitest'
import { copyJson, type KubeObject } from '../object.js'
import { convertBuiltin } from './convert.js'

const beta = 'resource.k8s.io/v1beta1'
const v1 = 'resource.k8s.io/v1'

test.each<[string, object, object]>([
  [
    'ResourceClaim',
    {
      devices: {
        requests: [
          { name: 'a', deviceClassName: 'c', count: 1, tolerations: [{ key: 'k' }] },
          { name: 'b', deviceClassName: '' },
        ],
      },
    },
    {
      devices: {
        requests: [
          { name: 'a', exactly: { deviceClassName: 'c', count: 1, tolerations: [{ key: 'k' }] } },
          { name: 'b' },
        ],
      },
    },
  ],
  [
    'ResourceClaim',
    {
      devices: {
        requests: [{ name: 'a', deviceClassName: '', firstAvailable: [{ name: 's', deviceClassName: 'c' }] }],
      },
    },
    { devices: { requests: [{ name: 'a', firstAvailable: [{ name: 's', deviceClassName: 'c' }] }] } },
  ],
  [
    'ResourceClaimTemplate',
    { spec: { devices: { requests: [{ name: 'a', deviceClassName: 'c' }] } } },
    { spec: { devices: { requests: [{ name: 'a', exactly: { deviceClassName: 'c' } }] } } },
  ],
  [
    'ResourceSlice',
    {
      nodeName: 'n',
      devices: [
        { name: 'd', basic: { allNodes: true } },
        { name: 'e', basic: {} },
      ],
    },
    { nodeName: 'n', devices: [{ name: 'd', allNodes: true }, { name: 'e' }] },
  ],
])('%s of v1beta1 is one of v1, and back', (kind, old, spec) => {
  const object: KubeObject = { kind, apiVersion: beta, metadata: {}, spec: old }
  const converted = convertBuiltin(copyJson(object), kind, v1)
  expect(converted).toEqual({ ...object, apiVersion: v1, spec })
  expect(convertBuiltin(converted, kind, beta)).toEqual(object)
})

test('v1beta1 says no node where v1 says nothing', () => {
  const object: KubeObject = {
    kind: 'ResourceSlice',
    apiVersion: beta,
    metadata: {},
    spec: { nodeName: '', allNodes: false },
  }
  expect(convertBuiltin(object, 'ResourceSlice', v1).spec).toEqual({})
})
