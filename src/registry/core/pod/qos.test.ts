import { expect, test } from 'vitest'
import { computeQos } from './qos.js'
import type { PodSpec, ResourceRequirements } from './types.js'

const full = { cpu: '1', memory: '1Gi' }
const one = (...resources: ResourceRequirements[]): PodSpec => ({
  containers: resources.map((own, i) => ({ name: `c${i}`, resources: own })),
})

const cases: readonly (readonly [string, PodSpec, string])[] = [
  ['nothing', one({}), 'BestEffort'],
  ['zero is nothing', one({ requests: { cpu: '0' } }), 'BestEffort'],
  ['other resources do not count', one({ requests: { 'ephemeral-storage': '1' } }), 'BestEffort'],
  ['all limited and requested', one({ limits: full, requests: full }), 'Guaranteed'],
  [
    'the same amount otherwise written',
    one({ limits: full, requests: { cpu: '1000m', memory: '1024Mi' } }),
    'Guaranteed',
  ],
  ['one container without limits', one({ limits: full, requests: full }, {}), 'Burstable'],
  ['requests below limits', one({ limits: full, requests: { cpu: '1', memory: '1Mi' } }), 'Burstable'],
  ['cpu only', one({ limits: { cpu: '1' }, requests: { cpu: '1' } }), 'Burstable'],
  ['init containers count', { ...one({ limits: full, requests: full }), initContainers: [{ name: 'i' }] }, 'Burstable'],
  ["the pod's own resources count instead", { ...one({}), resources: { limits: full, requests: full } }, 'Guaranteed'],
  ['empty resources of the pod', { ...one({ limits: full, requests: full }), resources: {} }, 'BestEffort'],
]
for (const [what, spec, want] of cases) test(what, () => expect(computeQos(spec)).toBe(want))
