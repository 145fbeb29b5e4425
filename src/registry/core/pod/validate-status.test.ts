import { describe, expect, test } from 'vitest'
import { copyJson } from '../../../api/index.js'
import { preparePodStatus } from './prepare.js'
import { podOptions } from './ratcheting.js'
import type { PodStatus } from './status-types.js'
import { contextWith, findings, podWith } from './testing/pods.js'
import type { Container, PodSpec } from './types.js'
import { validatePodStatusUpdate } from './validate-status.js'

const context = contextWith()
const ended = (exitCode: number): PodStatus => ({
  containerStatuses: [{ name: 'main', state: { terminated: { exitCode } } }],
})
const running: PodStatus = { containerStatuses: [{ name: 'main', state: { running: {} } }] }

function problems(status: PodStatus, old: PodStatus = {}, spec: PodSpec = {}, container: Container = {}): string[] {
  const before = podWith(spec, container)
  const pod = copyJson(before)
  before.status = old
  pod.status = status
  return findings((errors) => validatePodStatusUpdate(pod, before, errors, podOptions(before, context), true))
}

describe('status', () => {
  const cases: readonly (readonly [string, PodStatus, PodStatus, readonly string[]])[] = [
    ['condition types', { conditions: [{ type: 'Ready' }, { type: 'x.io/y' }] }, {}, []],
    [
      'generations',
      { observedGeneration: -1 },
      {},
      ['observedGeneration: Invalid value: -1: must be a non-negative integer'],
    ],
    [
      'class',
      { qosClass: 'Burstable' },
      { qosClass: 'BestEffort' },
      ['qosClass: Invalid value: "Burstable": field is immutable'],
    ],
    [
      'addresses',
      { podIPs: [{ ip: '010.0.0.1' }] },
      {},
      ['podIPs[0]: Invalid value: "010.0.0.1": must not have leading 0s'],
    ],
    ['addresses that were there', { podIPs: [{ ip: '010.0.0.1' }] }, { podIPs: [{ ip: '010.0.0.1' }] }, []],
    [
      'two addresses of a family',
      { podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }] },
      {},
      [
        'podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
      ],
    ],
    ['one of each', { podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }, {}, []],
    [
      'host addresses',
      { hostIP: '1.1.1.1', hostIPs: [{ ip: '1.1.1.2' }] },
      {},
      ['hostIPs[0].ip: Invalid value: "1.1.1.2": must be equal to `hostIP`'],
    ],
    [
      'claims',
      { resourceClaimStatuses: [{ name: 'c' }] },
      {},
      ['resourceClaimStatuses[0].name: Invalid value: "c": must match the name of an entry in `spec.resourceClaims`'],
    ],
    [
      'users',
      { containerStatuses: [{ name: 'main', user: { linux: { uid: -1, gid: 0 } } }] },
      {},
      ['containerStatuses[0].user.linux.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
    ],
    [
      'resources',
      {
        containerStatuses: [
          {
            name: 'main',
            allocatedResourcesStatus: [{ name: 'x.io/y', resources: [{ resourceID: 'a', health: 'Fine' }] }],
          },
        ],
      },
      {},
      [
        'containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "x.io/y": must match one of the container\'s resource requests',
        'containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"',
      ],
    ],
  ]
  for (const [what, status, old, want] of cases) {
    test(what, () => expect(problems(status, old)).toEqual(want.map((text) => `status.${text}`)))
  }
})

test('nominations of bound pods are refused', () => {
  const detail = 'status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node'
  expect(problems({ nominatedNodeName: 'n2' }, {}, { nodeName: 'n' })).toEqual([detail])
  expect(problems({ nominatedNodeName: 'n2' })).toEqual([])
})

describe('a container that has ended runs again', () => {
  const refused = ['status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state']
  const cases: readonly (readonly [string, PodSpec, Container, number, boolean])[] = [
    ["by the pod's policy", { restartPolicy: 'Always' }, {}, 0, true],
    ['never', { restartPolicy: 'Never' }, {}, 1, false],
    ['after a failure', { restartPolicy: 'OnFailure' }, {}, 1, true],
    ['not after success', { restartPolicy: 'OnFailure' }, {}, 0, false],
    ['by its own policy', { restartPolicy: 'Never' }, { restartPolicy: 'OnFailure' }, 1, true],
    [
      'by a rule',
      { restartPolicy: 'Never' },
      {
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
      },
      42,
      true,
    ],
    [
      'not beside its rule',
      { restartPolicy: 'Never' },
      {
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'NotIn', values: [42] } }],
      },
      42,
      false,
    ],
    [
      'with all others',
      { restartPolicy: 'Never' },
      {
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }],
      },
      1,
      true,
    ],
  ]
  for (const [what, spec, container, exitCode, may] of cases) {
    test(what, () => expect(problems(running, ended(exitCode), spec, container)).toEqual(may ? [] : refused))
  }
})

test('a status keeps the generations that clients do not know of', () => {
  const old = podWith()
  old.status = { qosClass: 'BestEffort', observedGeneration: 4, conditions: [{ type: 'Ready', observedGeneration: 3 }] }
  const pod = copyJson(old)
  pod.status = { conditions: [{ type: 'Other' }, { type: 'Ready' }] }
  preparePodStatus(pod, old, context)
  expect(pod.status).toEqual({
    qosClass: 'BestEffort',
    observedGeneration: 4,
    conditions: [{ type: 'Other' }, { type: 'Ready', observedGeneration: 3 }],
  })
})
