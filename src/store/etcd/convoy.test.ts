import { expect, test } from 'vitest'
import { Convoy } from './convoy.js'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Joins so many in each turn. @returns for each turn, who had left at its end */
async function joining(turns: readonly number[]): Promise<number[]> {
  const convoy = new Convoy(24, 10)
  let left = 0
  const seen: number[] = []
  for (const newcomers of turns) {
    for (let i = 0; i < newcomers; i++) void convoy.join().then(() => left++)
    await turn()
    seen.push(left)
  }
  return seen
}

test('whoever is alone leaves at the end of the turn', async () => {
  expect(await joining([1, 0, 1, 0])).toEqual([1, 1, 2, 2])
})

test('those who come turn after turn leave together, when a turn brings nobody', async () => {
  expect(await joining([3, 2, 2, 0, 0])).toEqual([0, 0, 0, 7, 7])
})

test('a convoy that is long enough waits for nobody', async () => {
  expect(await joining([10, 10, 10, 4, 0])).toEqual([0, 0, 30, 30, 34])
})

test('a convoy leaves when it has been held for long, whoever comes', async () => {
  const convoy = new Convoy(24, 10)
  let hasLeft = false
  void convoy.join().then(() => {
    hasLeft = true
  })
  for (let joined = 1; !hasLeft; joined++) {
    expect(joined).toBeLessThan(24)
    void convoy.join()
    const end = performance.now() + 3
    while (performance.now() < end);
    await turn()
  }
})

test('they leave in the order in which they came', async () => {
  const convoy = new Convoy(24, 10)
  const order: number[] = []
  await Promise.all(
    [1, 2, 3].map(async (name) => {
      await convoy.join()
      order.push(name)
    }),
  )
  expect(order).toEqual([1, 2, 3])
})
