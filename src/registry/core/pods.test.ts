import { describe, expect, test } from 'vitest'
import type { DeleteContext } from '../rules.js'
import { contextWith, podWith } from './pod/testing/pods.js'
import { pods } from './pods.js'

describe('the grace period of a deletion', () => {
  const cases: readonly (readonly [string, object, object, number | undefined, number])[] = [
    ["the pod's own", { nodeName: 'n' }, {}, undefined, 30],
    ['what is asked for', { nodeName: 'n' }, {}, 5, 5],
    ['none without a node', {}, {}, 5, 0],
    ['none after the end', { nodeName: 'n' }, { phase: 'Succeeded' }, 5, 0],
    ['none after failure', { nodeName: 'n' }, { phase: 'Failed' }, undefined, 0],
    ['one second for less than none', { nodeName: 'n' }, {}, -3, 1],
  ]
  for (const [what, spec, status, gracePeriodSeconds, want] of cases) {
    test(what, () => {
      const pod = { ...podWith(spec), status }
      const context: DeleteContext = { ...contextWith(), gracePeriodSeconds }
      expect(pods.gracePeriod!(pod, context)).toBe(want)
    })
  }
})

test('a new pod starts anew, but for the class that it tells', () => {
  const pod = { ...podWith(), status: { phase: 'Running', qosClass: 'Burstable', podIP: '1.2.3.4' } }
  pods.prepareForCreate!(pod, contextWith())
  expect(pod.status).toEqual({ phase: 'Pending', qosClass: 'Burstable' })
})

test('warnings of updates are about addresses in status only', () => {
  const pod = {
    ...podWith({ nodeSelector: { 'beta.kubernetes.io/os': 'x' } }),
    status: { podIPs: [{ ip: 'FD00::1' }] },
  }
  expect(pods.warnings!(pod, pod, contextWith())).toEqual([])
  expect(pods.warnings!(pod, pod, contextWith({ subresource: 'status' }))).toEqual([
    'status.podIPs[0].ip: IPv6 address "FD00::1" should be in RFC 5952 canonical format ("fd00::1")',
  ])
})

test('selectable fields', () => {
  const pod = { ...podWith({ nodeName: 'n', hostNetwork: true }), status: { podIPs: [{ ip: '1.1.1.1' }] } }
  const values = Object.entries(pods.fields!).map(([field, value]) => `${field}=${value(pod)}`)
  expect(values).toEqual(
    expect.arrayContaining([
      'spec.nodeName=n',
      'spec.host=n',
      'spec.hostNetwork=true',
      'status.podIP=1.1.1.1',
      'status.podIPs=',
    ]),
  )
})
