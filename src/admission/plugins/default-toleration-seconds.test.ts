import { expect, it } from 'vitest'
import { attributesFor, named } from '../testing.js'
import { defaultTolerationSeconds } from './default-toleration-seconds.js'

const notReady = {
  key: 'node.kubernetes.io/not-ready',
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 10,
}
const unreachable = { ...notReady, key: 'node.kubernetes.io/unreachable', tolerationSeconds: 20 }

it.each([
  ['none of its own', undefined, [notReady, unreachable]],
  ['another taint', [{ key: 'a', operator: 'Exists' }], [{ key: 'a', operator: 'Exists' }, notReady, unreachable]],
  [
    'another effect',
    [{ key: notReady.key, effect: 'NoSchedule' }],
    [{ key: notReady.key, effect: 'NoSchedule' }, notReady, unreachable],
  ],
  ['one of them', [{ key: unreachable.key }], [{ key: unreachable.key }, notReady]],
  ['everything', [{ operator: 'Exists' }], [{ operator: 'Exists' }]],
])('%s', (_, own, expected) => {
  const pod = named('p', { spec: { ...(own === undefined ? {} : { tolerations: own }) } })
  void defaultTolerationSeconds({ notReady: 10, unreachable: 20 }).admit!(attributesFor('CREATE', '/pods', pod))
  expect(pod.spec.tolerations).toEqual(expected)
})

it('leaves subresources alone', () => {
  const pod = named('p', { spec: {} })
  const attributes = attributesFor('UPDATE', '/pods', pod, { subresource: 'status' })
  void defaultTolerationSeconds({ notReady: 10, unreachable: 20 }).admit!(attributes)
  expect(pod.spec).toEqual({})
})
