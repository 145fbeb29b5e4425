import { expect, test } from 'vitest'
import { rfc3339, rfc3339Micro } from './time.js'

test('times are written in UTC with whole seconds or micros', () => {
  const moment = Date.UTC(2024, 1, 29, 3, 4, 5, 678)
  expect(rfc3339(moment)).toBe('2024-02-29T03:04:05Z')
  expect(rfc3339Micro(moment)).toBe('2024-02-29T03:04:05.678000Z')
  expect(rfc3339Micro(moment + 0.5)).toBe('2024-02-29T03:04:05.678500Z')
})
