import { describe, expect, test } from 'vitest'
import { DroppedRequests } from './dropped-requests.js'
import { Integrator } from './integrator.js'
import { msPerSeat, printSeatSeconds, seatSeconds } from './seat-seconds.js'
import { alignColumns } from './tab-writer.js'

test('Retry-After doubles while many are refused, and falls again by the second', () => {
  let now = 0
  const dropped = new DroppedRequests(() => now)
  const second = (count: number): number => {
    for (let i = 0; i < count; i++) dropped.record('a')
    now += 1000
    return dropped.retryAfter('a')
  }
  now = 1_000_000
  expect(dropped.retryAfter('a')).toBe(1)
  const rising = Array.from({ length: 70 }, () => second(100))
  expect(rising.slice(0, 8)).toEqual([1, 2, 2, 4, 4, 4, 4, 8])
  expect(Math.max(...rising)).toBe(32)
  expect(dropped.retryAfter('b')).toBe(1)
  now += 60_000
  const falling = Array.from({ length: 40 }, () => {
    now += 9000
    return second(1)
  })
  expect(falling.slice(0, 3)).toEqual([31, 30, 29])
  expect(falling.at(-1)).toBe(1)
})

test('an integrator weighs values by their time', () => {
  const integrator = new Integrator(0)
  integrator.set(10, 1000)
  integrator.set(20, 3000)
  const { seconds, average, deviation, min, max } = integrator.reset(4000)
  expect([seconds, average, min, max]).toEqual([4, 10, 0, 20])
  expect(deviation).toBeCloseTo(Math.sqrt(50), 9)
  expect(integrator.reset(4000)).toMatchObject({ seconds: 0, min: 20, max: 20 })
  expect(integrator.reset(5000)).toMatchObject({ average: 20, deviation: 0 })
})

describe('seat-seconds', () => {
  test.each([
    [1, 3, '0.00300000ss'],
    [10, 250.5, '2.50500000ss'],
    [600, 1e9, '600000000.00000000ss'],
  ])('%s seats for %s ms', (seats, ms, text) => {
    expect(printSeatSeconds(seatSeconds(seats, ms))).toBe(text)
    expect(msPerSeat(seatSeconds(seats, ms), seats)).toBeCloseTo(ms, 5)
  })
})

test('columns are as wide as their widest cell, but not narrower than eight', () => {
  expect(
    alignColumns([
      ['a,', 'b,', 'c'],
      ['longer cell,', '', 'the last is not padded'],
    ]),
  ).toBe('a,           b,      c\nlonger cell,         the last is not padded\n')
})
