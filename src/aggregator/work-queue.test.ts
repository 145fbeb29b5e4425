import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WorkQueue } from './work-queue.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

interface Job {
  readonly key: string
  done(): void
  fail(): void
}

function queueOf(workers: number) {
  const jobs: Job[] = []
  const failures: string[] = []
  const queue = new WorkQueue({
    workers,
    firstMs: 10,
    maxMs: 40,
    work: (key) =>
      new Promise((resolve, reject) => jobs.push({ key, done: resolve, fail: () => reject(new Error(key)) })),
    failed: (key) => failures.push(key),
  })
  const settle = () => vi.advanceTimersByTimeAsync(0)
  return { queue, jobs, failures, settle, keys: () => jobs.map(({ key }) => key) }
}

test('waits for the start, holds a key once, and never works on one twice at the same time', async () => {
  const { queue, jobs, keys, settle } = queueOf(2)
  for (const key of ['a', 'a', 'b', 'c']) queue.add(key)
  await settle()
  expect(keys()).toEqual([])
  queue.start()
  await settle()
  expect(keys()).toEqual(['a', 'b'])
  queue.add('a')
  queue.add('a')
  jobs[1]!.done()
  await settle()
  expect(keys()).toEqual(['a', 'b', 'c'])
  jobs[0]!.done()
  await settle()
  expect(keys()).toEqual(['a', 'b', 'c', 'a'])
})

test('tries again, later and later, until it succeeds or is forgotten', async () => {
  const { queue, jobs, failures, settle } = queueOf(1)
  queue.start()
  queue.add('a')
  await settle()
  for (const wait of [10, 20, 40, 40]) {
    const before = jobs.length
    jobs.at(-1)!.fail()
    await settle()
    await vi.advanceTimersByTimeAsync(wait - 1)
    expect(jobs.length).toBe(before)
    await vi.advanceTimersByTimeAsync(1)
    expect(jobs.length).toBe(before + 1)
  }
  expect(failures).toEqual(['a', 'a', 'a', 'a'])
  jobs.at(-1)!.fail()
  await settle()
  queue.forget('a')
  const before = jobs.length
  await vi.advanceTimersByTimeAsync(1_000)
  expect(jobs.length).toBe(before)
})

test('does nothing after its end', async () => {
  const { queue, jobs, settle } = queueOf(1)
  queue.start()
  queue.addAfter('a', 5)
  queue.close()
  queue.add('b')
  await vi.advanceTimersByTimeAsync(10)
  await settle()
  expect(jobs).toEqual([])
})
