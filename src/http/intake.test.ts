import { describe, expect, it } from 'vitest'
import { Intake, perTurn } from './intake.js'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

interface Request {
  readonly name: string
  isClosed: boolean
}

function begun() {
  const names: string[] = []
  const intake = new Intake<Request>(({ name }) => names.push(name))
  const take = (connection: object, name: string): Request => {
    const request = { name, isClosed: false }
    intake.take(connection, request)
    return request
  }
  return { names, take, intake }
}

describe('Intake', () => {
  it('begins at once what is few', async () => {
    const { names, take } = begun()
    for (let i = 0; i < 30; i++) {
      take({}, `${i}`)
      expect(names).toHaveLength(i + 1)
      await turn()
    }
  })

  it('tells whose requests wait', async () => {
    const { take, intake } = begun()
    const [many, few, none] = [{}, {}, {}]
    for (let i = 0; i < perTurn + 2; i++) take(many, `${i}`)
    take(few, 'few')
    expect([many, few, none].map((one) => intake.hasWaiting(one))).toEqual([true, true, false])
    await turn()
    await turn()
    expect([many, few].map((one) => intake.hasWaiting(one))).toEqual([false, false])
  })

  it('begins few in a turn, all in the end, in the order of their connection', async () => {
    const { names, take } = begun()
    const one = {}
    const all = Array.from({ length: 100 }, (_, i) => `${i}`)
    for (const name of all) take(one, name)
    let turns = 0
    for (let before = 0; names.length < all.length; before = names.length, turns++) {
      expect(names.length - before).toBeLessThanOrEqual(perTurn)
      await turn()
    }
    expect(names).toEqual(all)
    expect(turns).toBeGreaterThan(10)
  })

  it('puts a connection that has nothing waiting before those that have been served and wait again', async () => {
    const { names, take } = begun()
    for (let i = 0; i < 50; i++) for (const one of crowd) take(one, 'greedy')
    for (let turns = 0; turns < crowd.length / perTurn; turns++) await turn()
    take({}, 'modest')
    const before = names.length
    await turn()
    expect(names.slice(before)).toContain('modest')
  })

  it('does not let who sends one after the other go first for ever', async () => {
    const { names, take } = begun()
    for (let i = 0; i < 50; i++) for (const one of crowd) take(one, 'greedy')
    const many = Array.from({ length: 50 }, () => ({}))
    for (let turns = 0; turns < 40; turns++) {
      for (const one of many) if (turns % 5 === 0) take(one, 'many')
      await turn()
    }
    expect(names.filter((name) => name === 'greedy').length).toBeGreaterThan(50)
  })

  it('passes over whose client has gone', async () => {
    const { names, take } = begun()
    const one = {}
    for (let i = 0; i < perTurn; i++) take(one, 'first')
    for (let i = 0; i < 500; i++) take(one, 'gone').isClosed = true
    take(one, 'last')
    await turn()
    await turn()
    expect(names.slice(perTurn)).toEqual(['last'])
    take({}, 'next')
    expect(names.at(-1)).toBe('next')
  })

  it('tells when a request was received, however long it waited', async () => {
    const times: number[] = []
    const intake = new Intake<Request>((_, receivedAt) => times.push(receivedAt))
    for (let i = 0; i < 20; i++) intake.take({}, { name: '', isClosed: false })
    const sent = Date.now()
    const end = performance.now() + 5
    while (performance.now() < end);
    while (times.length < 20) await turn()
    expect(Math.max(...times)).toBeLessThanOrEqual(sent)
  })
})

const crowd = Array.from({ length: 60 }, () => ({}))
