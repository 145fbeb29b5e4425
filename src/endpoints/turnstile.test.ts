import { expect, test } from 'vitest'
import { Turnstile } from './turnstile.js'

test('one passes in a turn of the event loop, in the order they came', async () => {
  const turnstile = new Turnstile()
  const passed: string[] = []
  let turn = 0
  let isOver = false
  const count = (): void => {
    turn++
    if (!isOver) setImmediate(count)
  }
  setImmediate(count)
  const work = async (name: string): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await turnstile.pass()
      passed.push(`${name}${turn}`)
    }
  }
  await Promise.all([work('a'), work('b'), work('c')])
  isOver = true
  const turns = passed.map((one) => Number(one.slice(1)))
  expect(passed.map((one) => one[0]).join('')).toBe('abcabcabc')
  expect(new Set(turns).size).toBe(9)
})

test('whoever comes knows how long he will wait', async () => {
  const turnstile = new Turnstile()
  expect(turnstile.busyMs).toBe(0)
  const waiting = [turnstile.pass(), turnstile.pass()]
  const two = turnstile.busyMs
  expect(two).toBeGreaterThan(0)
  await Promise.all([...waiting, ...Array.from({ length: 4 }, () => turnstile.pass())])
  expect(turnstile.busyMs).toBe(0)
})

test('who enters first need not wait, and others wait for the next turn', async () => {
  const turnstile = new Turnstile()
  expect(turnstile.enter()).toBeUndefined()
  const order: string[] = []
  const second = turnstile.enter()?.then(() => order.push('second'))
  const third = turnstile.pass().then(() => order.push('third'))
  expect(second).toBeDefined()
  await Promise.all([second, third])
  expect(order).toEqual(['second', 'third'])
  await new Promise(setImmediate)
  expect(turnstile.enter()).toBeUndefined()
})
