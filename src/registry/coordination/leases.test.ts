import { expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { leases } from './leases.js'

const gate = 'CoordinatedLeaderElection'
const on = judge(leases, 'Lease', 'coordination.k8s.io')
const off = judge(leases, 'Lease', 'coordination.k8s.io', [gate])

test.each<[object, string[]]>([
  [{}, []],
  [{ leaseDurationSeconds: 0 }, ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0']],
  [{ leaseTransitions: -1 }, ['spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0']],
  [{ strategy: 'OldestEmulationVersion', preferredHolder: 'a' }, []],
  [{ strategy: 'example.com/Mine' }, []],
  [
    { strategy: 'Mine' },
    ['spec.strategy.strategy: Unsupported value: "Mine": supported values: "OldestEmulationVersion"'],
  ],
  [{ preferredHolder: 'a' }, ['spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined']],
])('%j', (spec, found) => {
  expect(on.created({ spec })).toEqual(found)
  expect(on.changed({}, { spec })).toEqual(found)
})

test('without the gate, election is nothing new objects know of', () => {
  expect(off.created({ spec: { strategy: 'Mine' } })).toEqual([])
  expect(off.changed({ spec: { strategy: 'Mine' } }, { spec: { strategy: 'Mine', preferredHolder: 'a' } })).toEqual([
    'spec.strategy.strategy: Unsupported value: "Mine": supported values: "OldestEmulationVersion"',
  ])
})
