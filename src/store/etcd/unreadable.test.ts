import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Unreadable } from './unreadable.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const round = (): Promise<unknown> => vi.advanceTimersByTimeAsync(10_000)

/** 120 keys, of which those in `readable` can be read; and what has been tried since it was last asked. */
function many() {
  const readable = new Set<string>()
  let tried: string[] = []
  const unreadable = new Unreadable(async (key) => {
    tried.push(key)
    if (!readable.has(key)) return false
    unreadable.delete(key)
    return true
  })
  for (let i = 0; i < 120; i++) unreadable.add(`k${i}`)
  const triedSince = (): string[] => {
    const all = tried
    tried = []
    return all
  }
  return { unreadable, readable, triedSince }
}

test('a sample is tried each time, always of others', async () => {
  const { unreadable, triedSince } = many()
  await round()
  const first = triedSince()
  expect(first).toHaveLength(50)
  await round()
  const second = triedSince()
  expect(new Set([...first, ...second]).size).toBe(100)
  await round()
  expect(new Set([...first, ...second, ...triedSince()]).size).toBe(120)
  unreadable.close()
})

test('all are tried as soon as one can be read', async () => {
  const { unreadable, readable, triedSince } = many()
  for (let i = 0; i < 120; i++) readable.add(`k${i}`)
  readable.delete('k7')
  await round()
  expect(triedSince()).toHaveLength(120)
  expect(unreadable.size).toBe(1)
})

test('nothing is tried once all can be read', async () => {
  const { unreadable, triedSince } = many()
  for (let i = 0; i < 120; i++) unreadable.delete(`k${i}`)
  expect(vi.getTimerCount()).toBe(0)
  unreadable.add('again')
  await round()
  expect(triedSince()).toEqual(['again'])
  unreadable.close()
})

test('attempts do not overtake each other, and one that fails is made again', async () => {
  const answers: ((error?: Error) => void)[] = []
  const unreadable = new Unreadable(
    () => new Promise((resolve, reject) => answers.push((error) => (error ? reject(error) : resolve(false)))),
  )
  unreadable.add('a')
  await round()
  await round()
  expect(answers).toHaveLength(1)
  answers[0]!(new Error('away'))
  await round()
  expect(answers).toHaveLength(2)
  answers[1]!()
  await expect(Promise.race([unreadable.tryAll(), Promise.resolve('under way')])).resolves.toBe('under way')
  expect(answers).toHaveLength(3)
  unreadable.close()
})
