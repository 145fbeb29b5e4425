import { expect, test } from 'vitest'
import type { KubeObject } from '../../../api/index.js'
import { dropDisabledPodFields } from './disabled-fields.js'

const pod = (spec: object, status: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [], ...spec }, status }) as KubeObject
const without = (...gates: string[]) => ({ enabled: (gate: string) => !gates.includes(gate) })

const image = { name: 'v', image: { reference: 'x' } }
const container = { name: 'c', volumeMounts: [{ name: 'v', mountPath: '/v' }] }
const claims = {
  resourceClaims: [{ name: 'r', resourceClaimName: 'x' }],
  containers: [{ name: 'c', resources: { claims: [{ name: 'r' }] } }],
}
const observed = { observedGeneration: 2, conditions: [{ type: 'Ready', observedGeneration: 2 }] }

test.each([
  ['ImageVolume', pod({ volumes: [image], containers: [container] }), pod({ containers: [{ name: 'c' }] })],
  [
    'ImageVolume',
    pod({ volumes: [image, { name: 'e' }], initContainers: [{ ...container, volumeMounts: [{ name: 'e' }] }] }),
    pod({ volumes: [{ name: 'e' }], initContainers: [{ ...container, volumeMounts: [{ name: 'e' }] }] }),
  ],
  ['DynamicResourceAllocation', pod(claims), pod({ containers: [{ name: 'c', resources: {} }] })],
  ['DynamicResourceAllocation', pod({}, { resourceClaimStatuses: [{ name: 'r' }] }), pod({})],
  ['PodObservedGenerationTracking', pod({}, observed), pod({}, { conditions: [{ type: 'Ready' }] })],
])('without %s', (gate, sent, want) => {
  const kept = structuredClone(sent)
  dropDisabledPodFields(kept, undefined, without())
  expect(kept.spec?.volumes).toEqual(sent.spec?.volumes)
  const used = structuredClone(sent)
  dropDisabledPodFields(used, structuredClone(sent), without(gate))
  if (gate !== 'DynamicResourceAllocation' || sent.spec?.resourceClaims) expect(used).toEqual(sent)
  dropDisabledPodFields(sent, undefined, without(gate))
  expect(sent).toEqual(want)
})
