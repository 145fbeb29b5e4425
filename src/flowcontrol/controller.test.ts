import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import { FlowController } from './controller.js'
import { dumpPriorityLevels, dumpQueues, dumpRequests } from './dump.js'
import { infoOf, object, userNamed, VirtualClock } from './testing.js'
import type { Ticket } from './ticket.js'

const everything = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }]
const schema = (name: string, level: string, precedence: number, group = 'system:authenticated') =>
  object(name, {
    priorityLevelConfiguration: { name: level },
    matchingPrecedence: precedence,
    distinguisherMethod: { type: 'ByUser' },
    rules: [{ subjects: [{ kind: 'Group', group: { name: group } }], resourceRules: everything }],
  })
const queued = { type: 'Queue', queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 } }
const limited = (name: string, shares: number, more: object = {}) =>
  object(name, {
    type: 'Limited',
    limited: { nominalConcurrencyShares: shares, limitResponse: queued, lendablePercent: 0, ...more },
  })

const oneSeat = { estimate: () => ({ initialSeats: 1, finalSeats: 0, additionalLatencyMs: 0 }) }
const request = (user: string, ...groups: string[]) =>
  ({ user: userNamed(user, ...groups), info: infoOf() }) as unknown as RequestContext

function controllerWith(serverSeats: number, levels: KubeObject[], schemas: KubeObject[]) {
  const clock = new VirtualClock()
  const controller = new FlowController({ serverSeats, clock })
  const conditions = controller.digest(levels, schemas)
  const seats = () => Object.fromEntries(controller.levels.map(({ name, current }) => [name, current]))
  return { clock, controller, conditions, seats }
}

describe('configuration', () => {
  test('what is mandatory holds even if there is nothing', () => {
    const { controller } = controllerWith(600, [], [])
    expect(controller.levels.map(({ name, nominal, isExempt }) => [name, nominal, isExempt])).toEqual([
      ['catch-all', 600, false],
      ['exempt', 0, true],
    ])
    expect(controller.start(request('root', 'system:masters'), oneSeat).flow.level.name).toBe('exempt')
    expect(controller.start(request('ann'), oneSeat).flow.level.name).toBe('catch-all')
    expect(
      controller.start({ user: { name: 'x', groups: [] }, info: infoOf() } as never, oneSeat).flow.level.name,
    ).toBe('catch-all')
  })

  test('seats go by shares, with bounds for lending and borrowing', () => {
    const { controller } = controllerWith(
      600,
      [limited('a', 30, { lendablePercent: 33 }), limited('b', 10, { borrowingLimitPercent: 50 }), limited('c', 5)],
      [],
    )
    const facts = controller.levels.map(({ name, nominal, min, max }) => [name, nominal, min, max])
    // catch-all has 5 shares
    expect(facts).toEqual([
      ['a', 360, 241, 960],
      ['b', 120, 120, 180],
      ['c', 60, 60, 660],
      ['catch-all', 60, 60, 660],
      ['exempt', 0, 0, 600],
    ])
    expect(controller.levels.map(({ maxSeats }) => maxSeats)).toEqual([54, 18, 9, 0, 0])
  })

  test('schemas say whether their level is there, and are not used if it is not', () => {
    const broken = object('broken', { type: 'Limited', limited: { limitResponse: { type: 'Queue' } } })
    const { conditions, controller } = controllerWith(
      600,
      [limited('a', 1), broken],
      [schema('one', 'gone', 2), schema('two', 'broken', 3), schema('three', 'a', 4), schema('four', 'catch-all', 5)],
    )
    expect(conditions.map((one) => [one.schema, one.status, one.reason, one.message])).toEqual([
      ['one', 'True', 'NotFound', expect.stringContaining('"gone" but there is no such object')],
      ['two', 'True', 'NotFound', expect.any(String)],
      ['three', 'False', 'Found', expect.stringContaining('"a" and it exists')],
      // The level that is imagined for want of an object does not count.
      ['four', 'True', 'NotFound', expect.any(String)],
    ])
    expect(controller.start(request('ann'), oneSeat).flow.schema.name).toBe('three')
  })

  test('of schemas of one precedence the first by name goes first', () => {
    const { controller } = controllerWith(600, [limited('a', 1)], [schema('y', 'a', 7), schema('x', 'a', 7)])
    expect(controller.start(request('ann'), oneSeat).flow.schema.name).toBe('x')
  })

  test('a level that is gone lives until its last request is done', () => {
    const { controller } = controllerWith(600, [limited('a', 1)], [schema('s', 'a', 7)])
    const ticket = controller.start(request('ann'), oneSeat)
    let drained = 0
    controller.onDrained = () => {
      drained++
      controller.digest([], [])
    }
    controller.digest([], [])
    expect(controller.levels.map(({ name, isQuiescing }) => [name, isQuiescing])).toContainEqual(['a', true])
    expect(controller.start(request('ann'), oneSeat).flow.level.name).toBe('catch-all')
    controller.finish(ticket)
    expect([drained, controller.levels.map(({ name }) => name)]).toEqual([1, ['catch-all', 'exempt']])
  })

  test('a level keeps its queues and what waits in them when it is changed', () => {
    const { controller } = controllerWith(1, [limited('a', 100)], [schema('s', 'a', 7)])
    const first = controller.start(request('ann'), oneSeat)
    const tickets = Array.from({ length: 5 }, () => controller.start(request('ann'), oneSeat))
    expect(tickets.map(({ state }) => state)).toEqual(Array(5).fill('waiting'))
    controller.digest([limited('a', 100, { limitResponse: { type: 'Reject' } })], [schema('s', 'a', 7)])
    expect(controller.start(request('ann'), oneSeat).state).toBe('refused')
    controller.finish(first)
    for (const _ of tickets) for (const ticket of tickets) if (ticket.state === 'executing') controller.finish(ticket)
    expect(new Set(tickets.map(({ state }) => state))).toEqual(new Set(['done']))
  })
})

describe('borrowing', () => {
  const levels = [limited('busy', 10, { lendablePercent: 0 }), limited('idle', 10, { lendablePercent: 90 })]
  const schemas = [schema('busy', 'busy', 2, 'busy'), schema('idle', 'idle', 3, 'idle')]

  test('a level that needs seats gets those that others lend, and gives them back', () => {
    const { clock, controller, seats } = controllerWith(100, levels, schemas)
    const nominal = controller.levels.find(({ name }) => name === 'busy')!.nominal
    const tickets = Array.from({ length: 200 }, () => controller.start(request('u', 'busy'), oneSeat))
    clock.advance(10_000)
    controller.adjust()
    expect(seats().busy).toBeGreaterThan(nominal + 20)
    expect(seats().idle).toBeGreaterThanOrEqual(4)
    expect(tickets.filter(({ state }) => state === 'executing').length).toBe(seats().busy)

    for (const ticket of tickets) controller.cancel(ticket)
    for (const ticket of tickets) if (ticket.state === 'executing') controller.finish(ticket)
    const others = Array.from({ length: 200 }, () => controller.start(request('v', 'idle'), oneSeat))
    for (let i = 0; i < 3; i++) {
      clock.advance(10_000)
      controller.adjust()
    }
    expect(seats().idle).toBeGreaterThanOrEqual(40)
    for (const ticket of others) controller.cancel(ticket)
  })

  test('whatever is asked for, levels together get what there is, and each stays within its bounds', () => {
    const one = fc.record({
      shares: fc.integer({ min: 0, max: 100 }),
      lendable: fc.integer({ min: 0, max: 100 }),
      borrowing: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
      demand: fc.nat(400),
    })
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 1000 }),
        (all, serverSeats) => {
          const { clock, controller } = controllerWith(
            serverSeats,
            all.map(({ shares, lendable, borrowing }, i) =>
              limited(`l${i}`, shares, {
                lendablePercent: lendable,
                ...(borrowing === undefined ? {} : { borrowingLimitPercent: borrowing }),
              }),
            ),
            all.map((_, i) => schema(`s${i}`, `l${i}`, i + 2, `g${i}`)),
          )
          all.forEach(({ demand }, i) => {
            for (let n = 0; n < demand; n++) controller.start(request('u', `g${i}`), oneSeat)
          })
          clock.advance(10_000)
          controller.adjust()
          const mine = controller.levels.filter(({ isExempt }) => !isExempt)
          const nominal = mine.reduce((sum, level) => sum + level.nominal, 0)
          const current = mine.reduce((sum, level) => sum + level.current, 0)
          // Rounding: up for the nominal seats, to the nearest for those of now.
          expect(nominal).toBeGreaterThanOrEqual(serverSeats)
          expect(nominal).toBeLessThan(serverSeats + mine.length)
          expect(Math.abs(current - nominal)).toBeLessThanOrEqual(mine.length / 2 + 0.5)
          for (const level of mine) {
            expect(level.current).toBeGreaterThanOrEqual(level.min)
            expect(level.current).toBeLessThanOrEqual(level.max)
          }
        },
      ),
      { numRuns: 50 },
    )
  })
})

test('under ten times the seats from one user, another one hardly notices and system:masters is never queued', () => {
  /** Milliseconds that the modest user's and the administrator's requests took, from their arrival. */
  const run = (greedyRequests: number) => {
    const { clock, controller } = controllerWith(20, [limited('a', 95)], [schema('s', 'a', 9)])
    const modest: number[] = []
    const masters = new Set<string>()
    const serviceMs = () => 5 + ((clock.now() * 7919) % 10)
    const ask = (context: RequestContext, after: (took: number) => void): Ticket => {
      const arrived = clock.now()
      const ticket = controller.start(context, oneSeat)
      const serve = () =>
        void clock.after(serviceMs(), () => {
          controller.finish(ticket)
          after(clock.now() - arrived)
        })
      if (ticket.state === 'executing') serve()
      else if (ticket.state === 'waiting') controller.wait(ticket, serve)
      else clock.after(50, () => after(0))
      return ticket
    }
    const greedy = request('greedy')
    const again = (): void => void ask(greedy, again)
    for (let i = 0; i < greedyRequests; i++) again()
    for (let i = 0; i < 600; i++) {
      clock.advance(10)
      ask(request('modest'), (took) => modest.push(took))
      if (i % 10 === 0) masters.add(ask(request('root', 'system:masters'), () => {}).state)
    }
    clock.advance(1000)
    modest.sort((a, b) => a - b)
    return { p99: modest[Math.floor(modest.length * 0.99)]!, served: modest.length, masters: [...masters] }
  }
  const alone = run(0)
  const beside = run(200)
  expect(beside.p99).toBeLessThan(5 * alone.p99)
  expect(beside.served).toBe(600)
  expect(beside.masters).toEqual(['executing'])
})

test('dumps line up as upstream writes them', () => {
  const { clock, controller } = controllerWith(1, [limited('a', 100)], [schema('s', 'a', 7)])
  clock.advance(1500)
  for (let i = 0; i < 3; i++) controller.start(request('ann'), oneSeat)
  controller.start(request('root', 'system:masters'), oneSeat)
  expect(dumpPriorityLevels(controller)).toBe(
    [
      'PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests',
      'a,                 2,            false,  false,       2,               1,                 1,                  0,                0,                0',
      'catch-all,         0,            true,   false,       0,               0,                 0,                  0,                0,                0',
      'exempt,            0,            false,  false,       0,               1,                 1,                  0,                0,                0',
      '',
    ].join('\n'),
  )
  const queues = dumpQueues(controller).split('\n')
  expect(queues[0]).toBe(
    'PriorityLevelName, Index,  PendingRequests, ExecutingRequests, SeatsInUse, NextDispatchR, InitialSeatsSum, MaxSeatsSum, TotalWorkSum',
  )
  expect(queues.filter((line) => line.startsWith('a,'))).toHaveLength(64)
  expect(queues.find((line) => / 1, +0, +0, +0.00000000ss, +1, +1, +0.00300000ss$/.test(line))).toBeDefined()
  const requests = dumpRequests(controller, true, Date.UTC(2026, 0, 1)).split('\n')
  expect(requests).toHaveLength(6)
  const detailed = requests.find((line) => line.startsWith('exempt'))!
  expect(detailed.split(/, */)).toEqual([
    ...['exempt', 'exempt', '-1', '-1', '', '2026-01-01T00:00:00Z', '1', '0', '0s', '2026-01-01T00:00:00Z'],
    ...['root', 'get', '/api/v1/namespaces/ns/pods/p', 'ns', 'p', 'v1', 'pods', ''],
  ])
})
