import { expect, test } from 'vitest'
import { Arrivals, Freshness } from './freshness.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('who asks while others come shares a question; who comes behind it has another, two at a time', async () => {
  const answers: (() => void)[] = []
  const freshness = new Freshness(() => new Promise((resolve) => answers.push(resolve)))
  const told: string[] = []
  const ask = (name: string): void => void freshness.fresh().then(() => told.push(name))
  ask('a')
  ask('b')
  await turn()
  expect(answers).toHaveLength(0)
  await turn()
  expect(answers).toHaveLength(1)
  ask('c')
  await turn()
  expect(answers).toHaveLength(2)
  ask('d')
  ask('e')
  await turn()
  expect(answers).toHaveLength(2)
  answers[0]!()
  await turn()
  expect(told).toEqual(['a', 'b'])
  expect(answers).toHaveLength(3)
  answers[1]!()
  answers[2]!()
  await turn()
  expect(told).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('who may wait is asked for with the next who may not, or when his time is over', async () => {
  let asked = 0
  const freshness = new Freshness(async () => void asked++)
  const patient = freshness.fresh(10_000)
  await turn()
  expect(asked).toBe(0)
  await Promise.all([patient, freshness.fresh()])
  expect(asked).toBe(1)
  const began = performance.now()
  await Promise.all([freshness.fresh(10_000), freshness.fresh(20), freshness.fresh(30)])
  expect(asked).toBe(2)
  expect(performance.now() - began).toBeGreaterThan(15)
  expect(performance.now() - began).toBeLessThan(5_000)
})

test('a question that may wait is not hurried by the end of another', async () => {
  const answers: (() => void)[] = []
  const freshness = new Freshness(() => new Promise((resolve) => answers.push(resolve)))
  const first = freshness.fresh()
  await turn()
  const patient = freshness.fresh(50)
  answers[0]!()
  await first
  await turn()
  expect(answers).toHaveLength(1)
  while (answers.length === 1) await turn()
  answers[1]!()
  await patient
})

test('a question that fails is an error to those who asked it, and the next one is asked', async () => {
  let asked = 0
  const freshness = new Freshness(() => (++asked === 1 ? Promise.reject(new Error('away')) : Promise.resolve()))
  await expect(freshness.fresh()).rejects.toThrow('away')
  await freshness.fresh()
  expect(asked).toBe(2)
})

test('arrivals are told in time, or that time is over', async () => {
  let doubts = 0
  const arrivals = new Arrivals(() => doubts++)
  arrivals.reached(5)
  expect(arrivals.wait(5, 10)).toBe(true)
  const [soon, never] = [arrivals.wait(6, 10_000), arrivals.wait(100, 300)]
  arrivals.reached(7)
  expect(await soon).toBe(true)
  expect(await never).toBe(false)
  const left = arrivals.wait(200, 10_000)
  arrivals.end()
  expect(await left).toBe(false)
  expect(doubts).toBe(0)
})
