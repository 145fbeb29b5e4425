import { expect, test } from 'vitest'
import { type APIService, isAvailable, withAvailability } from './api-service.js'

const service = (...conditions: object[]): APIService => ({
  metadata: { name: 'v1.g' },
  spec: { groupPriorityMinimum: 1, versionPriority: 1 },
  status: { conditions: conditions as never },
})
const passed = { status: 'True', reason: 'Passed', message: 'all checks passed' } as const
const stored = { type: 'Available', lastTransitionTime: 'before', ...passed }

test('what is as it was stays the same object', () => {
  const before = service(stored)
  expect(withAvailability(before, passed, 'now')).toBe(before)
})

test('the time changes with the status alone', () => {
  const other = { type: 'Other', status: 'True' }
  const reworded = withAvailability(service(other, stored), { ...passed, message: 'else' }, 'now')
  expect(reworded.status).toEqual({ conditions: [other, { ...stored, message: 'else' }] })
  const failed = withAvailability(reworded, { status: 'False', reason: 'R', message: 'm' }, 'now')
  expect(failed.status?.conditions?.[1]).toEqual({
    type: 'Available',
    status: 'False',
    lastTransitionTime: 'now',
    reason: 'R',
    message: 'm',
  })
  expect([reworded, failed, service()].map(isAvailable)).toEqual([true, false, false])
})
