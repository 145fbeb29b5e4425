import { expect, test } from 'vitest'
import { semanticEqual } from './semantic-equal.js'

const cases: readonly (readonly [string, object, object, boolean])[] = [
  ['absent and empty lists', {}, { containers: [], nodeSelector: {} }, true],
  ['absent and zero', {}, { hostNetwork: false, nodeName: '' }, true],
  ['absent and false pointers', {}, { hostUsers: false }, false],
  ['absent and empty structures behind pointers', {}, { securityContext: {} }, false],
  [
    'absent and empty structures',
    { containers: [{ name: 'a' }] },
    { containers: [{ name: 'a', resources: {} }] },
    true,
  ],
  ['quantities', { overhead: { cpu: '1' } }, { overhead: { cpu: '1000m' } }, true],
  ['other quantities', { overhead: { cpu: '1' } }, { overhead: { cpu: '2' } }, false],
  ['more keys', { overhead: { cpu: '1' } }, { overhead: { cpu: '1', memory: '1' } }, false],
  ['order of lists', { tolerations: [{ key: 'a' }, {}] }, { tolerations: [{}, { key: 'a' }] }, false],
  [
    'ports of both kinds',
    { containers: [{ livenessProbe: { tcpSocket: { port: 1 } } }] },
    { containers: [{ livenessProbe: { tcpSocket: { port: '1' } } }] },
    false,
  ],
]
for (const [what, a, b, want] of cases) {
  test(what, () => {
    expect(semanticEqual(a, b, 'PodSpec')).toBe(want)
    expect(semanticEqual(b, a, 'PodSpec')).toBe(want)
    expect(semanticEqual(a, a, 'PodSpec')).toBe(true)
  })
}
