import { expect, test } from 'vitest'
import { Gate } from './gate.js'

test('so many are in at once, and the others follow in their order', async () => {
  const gate = new Gate(2)
  const log: string[] = []
  const visit = async (name: string): Promise<void> => {
    const turn = gate.enter()
    if (turn !== undefined) await turn
    log.push(name)
  }
  await Promise.all([visit('a'), visit('b')])
  const [c, d] = [visit('c'), visit('d')]
  await Promise.resolve()
  expect(log).toEqual(['a', 'b'])
  gate.leave()
  await c
  expect(log).toEqual(['a', 'b', 'c'])
  gate.leave()
  await d
  for (let i = 0; i < 2; i++) gate.leave()
  expect([gate.enter(), gate.enter()]).toEqual([undefined, undefined])
  expect(gate.enter()).toBeInstanceOf(Promise)
})
