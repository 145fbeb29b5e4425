import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import { pod } from './pod.js'

const now = Date.parse('2024-01-01T01:00:00Z')

const ended = (exitCode: number, more: object = {}) => ({ state: { terminated: { exitCode, ...more } } })
const waiting = (reason: string) => ({ state: { waiting: { reason } } })
const running = { ready: true, started: true, state: { running: {} } }
const names = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => ({ name: `${prefix}${i}` }))
const named = (statuses: object[], prefix: string) =>
  statuses.map((status, i) => ({ name: `${prefix}${i}`, ...status }))

interface Case {
  readonly main?: object[]
  readonly init?: object[]
  /** Init containers that go on running. */
  readonly sidecars?: number[]
  readonly status?: object
  readonly metadata?: object
}

function build({ main = [], init = [], sidecars = [], status = {}, metadata = {} }: Case): KubeObject {
  const initContainers = names(init.length, 'i').map((container, i) =>
    sidecars.includes(i) ? { ...container, restartPolicy: 'Always' } : container,
  )
  return {
    metadata: { name: 'p', ...metadata },
    spec: { containers: names(Math.max(main.length, 1), 'c'), initContainers },
    status: {
      phase: 'Running',
      containerStatuses: named(main, 'c'),
      initContainerStatuses: named(init, 'i'),
      ...status,
    },
  }
}

const ready = { conditions: [{ type: 'Ready', status: 'True' }] }

/** [title, pod, ready, status, restarts] */
const cases: [string, Case, string, string, string][] = [
  ['pending', { status: { phase: 'Pending' } }, '0/1', 'Pending', '0'],
  ['a reason goes before the phase', { status: { phase: 'Failed', reason: 'Evicted' } }, '0/1', 'Evicted', '0'],
  [
    'gated',
    {
      status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated', status: 'False' }] },
    },
    '0/1',
    'SchedulingGated',
    '0',
  ],
  ['running', { main: [running, running] }, '2/2', 'Running', '0'],
  ['not ready', { main: [{ ...running, ready: false }] }, '0/1', 'Running', '0'],
  ['crashing', { main: [{ ...waiting('CrashLoopBackOff'), restartCount: 4 }] }, '0/1', 'CrashLoopBackOff', '4'],
  ['the first container that has a reason gives it', { main: [waiting('A'), waiting('B')] }, '0/2', 'A', '0'],
  ['ended with a code', { main: [ended(3)] }, '0/1', 'ExitCode:3', '0'],
  ['ended by a signal', { main: [ended(0, { signal: 9 })] }, '0/1', 'Signal:9', '0'],
  [
    'one completed, the others run',
    { main: [ended(0, { reason: 'Completed' }), running], status: ready },
    '1/2',
    'Running',
    '0',
  ],
  ['one completed, not ready', { main: [ended(0, { reason: 'Completed' }), running] }, '1/2', 'NotReady', '0'],
  [
    'one completed, another failed',
    { main: [ended(0, { reason: 'Completed' }), ended(1, { reason: 'Error' })] },
    '0/2',
    'Error',
    '0',
  ],
  ['initializing', { init: [ended(0), { state: { running: {} } }] }, '0/1', 'Init:1/2', '0'],
  ['init waits', { init: [waiting('ImagePullBackOff')] }, '0/1', 'Init:ImagePullBackOff', '0'],
  ['init is about to start', { init: [waiting('PodInitializing')] }, '0/1', 'Init:0/1', '0'],
  ['init failed', { init: [{ ...ended(2), restartCount: 3 }] }, '0/1', 'Init:ExitCode:2', '3'],
  ['init was killed', { init: [ended(137, { signal: 9 })] }, '0/1', 'Init:Signal:9', '0'],
  [
    'restarts of finished init containers do not count',
    { init: [{ ...ended(0), restartCount: 3 }], main: [running] },
    '1/1',
    'Running',
    '0',
  ],
  [
    'sidecars count',
    { init: [{ ...running, restartCount: 2 }], sidecars: [0], main: [running] },
    '2/2',
    'Running',
    '2',
  ],
  [
    'a sidecar that is not ready',
    { init: [{ ...running, ready: false }], sidecars: [0], main: [running] },
    '1/2',
    'Running',
    '0',
  ],
  ['a sidecar that starts', { init: [{ state: { running: {} } }], sidecars: [0] }, '0/2', 'Init:0/1', '0'],
  [
    'an init container again, after initialization',
    {
      init: [{ ...waiting('X'), restartCount: 1 }],
      main: [running],
      status: { conditions: [{ type: 'Initialized', status: 'True' }] },
    },
    '1/1',
    'Init:X',
    '0',
  ],
  [
    'the last restart',
    {
      main: [
        { ...running, restartCount: 1, lastState: { terminated: { finishedAt: '2024-01-01T00:50:00Z' } } },
        { ...running, restartCount: 2, lastState: { terminated: { finishedAt: '2024-01-01T00:30:00Z' } } },
      ],
    },
    '2/2',
    'Running',
    '3 (10m ago)',
  ],
  ['terminating', { main: [running], metadata: { deletionTimestamp: 'x' } }, '1/1', 'Terminating', '0'],
  ['terminated', { metadata: { deletionTimestamp: 'x' }, status: { phase: 'Succeeded' } }, '0/1', 'Succeeded', '0'],
  ['lost', { metadata: { deletionTimestamp: 'x' }, status: { reason: 'NodeLost' } }, '0/1', 'Unknown', '0'],
]

describe('pod rows', () => {
  for (const [title, input, ...want] of cases) {
    test(title, () => expect(pod.cells(build(input), { now }).slice(1, 4)).toEqual(want))
  }

  test('addresses, nodes and readiness gates', () => {
    const object = {
      metadata: { name: 'p', creationTimestamp: '2024-01-01T00:00:00Z' },
      spec: { nodeName: 'n1', readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
      status: {
        podIPs: [{ ip: '1.2.3.4' }, { ip: 'fd00::1' }],
        nominatedNodeName: 'n2',
        conditions: [{ type: 'a', status: 'True' }],
      },
    }
    expect(pod.cells(object, { now }).slice(4)).toEqual(['60m', '1.2.3.4', 'n1', 'n2', '1/2'])
  })

  test('conditions of pods that have ended', () => {
    const conditions = (phase: string) => pod.conditions!({ metadata: {}, status: { phase } })
    expect(conditions('Running')).toBeUndefined()
    expect(conditions('Succeeded')).toEqual([
      { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
    ])
    expect(conditions('Failed')).toEqual([
      { type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' },
    ])
  })
})
