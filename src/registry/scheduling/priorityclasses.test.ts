import { expect, test } from 'vitest'
import { judge } from '../core/testing.js'
import { priorityclasses } from './priorityclasses.js'

const { read, created, changed } = judge(priorityclasses, 'PriorityClass', 'scheduling.k8s.io')
const named = (name: string, value: number, more: object = {}) => ({ metadata: { name }, value, ...more })
const reserved = "priority class names with 'system-' prefix are reserved for system use only. error: "

test('preempts unless told otherwise', () => {
  expect(read({}).preemptionPolicy).toBe('PreemptLowerPriority')
})

test.each<[object, string[]]>([
  [named('a', 1_000_000_000), []],
  [named('a', 1_000_000_001), ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
  [named('system-node-critical', 2_000_001_000), []],
  [
    named('system-node-critical', 1),
    [`metadata.name: Forbidden: ${reserved}value of system-node-critical PriorityClass must be 2000001000`],
  ],
  [
    named('system-cluster-critical', 2_000_000_000, { globalDefault: true }),
    [`metadata.name: Forbidden: ${reserved}globalDefault of system-cluster-critical PriorityClass must be false`],
  ],
  [named('system-x', 1), [`metadata.name: Forbidden: ${reserved}system-x is not a known system priority class`]],
  [
    named('a', 1, { preemptionPolicy: 'Always' }),
    ['preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"'],
  ],
])('%j', (body, found) => {
  expect(created(body)).toEqual(found)
})

test('value and policy stay', () => {
  expect(changed(named('a', 1), named('a', 1, { description: 'x', globalDefault: true }))).toEqual([])
  expect(changed(named('a', 1), named('a', 2, { preemptionPolicy: 'Never' }))).toEqual([
    'value: Forbidden: may not be changed in an update.',
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ])
})

test("the system's own cannot be deleted", () => {
  expect(() => priorityclasses.checkDeletion?.('a')).not.toThrow()
  expect(() => priorityclasses.checkDeletion?.('system-node-critical')).toThrow(
    'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: ' +
      'this is a system priority class and cannot be deleted',
  )
})
