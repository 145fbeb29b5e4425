import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Flow } from './flow.js'
import { PriorityLevel } from './priority-level.js'
import { QueueSet, type Queuing } from './queue-set.js'
import { flowIn, infoOf, levelWith, userNamed, VirtualClock } from './testing.js'
import type { Ticket } from './ticket.js'
import type { WorkEstimate } from './work-estimate.js'

const user = userNamed('u')
const info = infoOf()
const one: WorkEstimate = { initialSeats: 1, finalSeats: 0, additionalLatencyMs: 0 }
const fair: Queuing = { queues: 8, handSize: 2, queueLengthLimit: 4 }

type Step =
  | { readonly kind: 'arrive'; readonly flow: number; readonly estimate: WorkEstimate }
  | { readonly kind: 'finish'; readonly which: number }
  | { readonly kind: 'cancel'; readonly which: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'limit'; readonly seats: number }
  | { readonly kind: 'configure'; readonly queuing: Queuing }

const estimates = fc.record({
  initialSeats: fc.integer({ min: 1, max: 4 }),
  finalSeats: fc.integer({ min: 0, max: 6 }),
  additionalLatencyMs: fc.constantFrom(0, 0, 5, 12.5),
})
const queuings = fc.constantFrom<Queuing>(
  fair,
  { queues: 1, handSize: 1, queueLengthLimit: 2 },
  { queues: 3, handSize: 2, queueLengthLimit: 1 },
  { queues: 0, handSize: 0, queueLengthLimit: 0 },
)
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('arrive' as const), flow: fc.nat(5), estimate: estimates }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('finish' as const), which: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.double({ min: 0, max: 50, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), seats: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('configure' as const), queuing: queuings }) },
)

/** What the books must say, summed up from the tickets themselves. */
function audit(level: PriorityLevel, tickets: readonly Ticket[]): void {
  const { queueSet } = level
  const sum = (...states: Ticket['state'][]) =>
    tickets.filter(({ state }) => states.includes(state)).reduce((total, { seats }) => total + seats, 0)
  const count = (state: Ticket['state']) => tickets.filter((ticket) => ticket.state === state).length
  expect({
    waiting: queueSet.waiting,
    executing: queueSet.executing,
    seatsInUse: queueSet.seatsInUse,
    seatsWaiting: queueSet.seatsWaiting,
    refused: queueSet.refused,
    dispatched: queueSet.dispatched,
  }).toEqual({
    waiting: count('waiting'),
    executing: count('executing'),
    seatsInUse: sum('executing', 'lingering'),
    seatsWaiting: sum('waiting'),
    refused: count('refused'),
    dispatched: count('executing') + count('lingering') + count('done'),
  })
  for (const queue of queueSet.queues) {
    const waiting = [...queue.waiting]
    expect(queue.waiting.length).toBe(waiting.length)
    expect(queue.seats).toBe(waiting.reduce((total, { seats }) => total + seats, 0))
    expect(queue.work).toBe(waiting.reduce((total, { totalWork }) => total + totalWork, 0))
    expect(waiting.map(({ arrivedAt }) => arrivedAt)).toEqual(
      waiting.map(({ arrivedAt }) => arrivedAt).sort((a, b) => a - b),
    )
  }
}

test('no seat is lost or leaked, whatever comes in whatever order', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 120 }), (all) => {
      const clock = new VirtualClock()
      const level = levelWith(fair, 6, clock)
      const { queueSet } = level
      let flows: Flow[] = []
      const remake = () => {
        flows = Array.from({ length: 6 }, (_, i) => flowIn(level, String(i)))
      }
      remake()
      const tickets: Ticket[] = []
      const some = (state: Ticket['state'], which: number) => {
        const those = tickets.filter((ticket) => ticket.state === state)
        return those[which % Math.max(1, those.length)]
      }
      const started = new Set<Ticket>()
      for (const step of all) {
        if (step.kind === 'arrive') {
          const ticket = queueSet.start(flows[step.flow]!, step.estimate, clock.now(), user, info)
          if (ticket.state === 'waiting')
            ticket.onStart = () => {
              expect(started.has(ticket)).toBe(false)
              started.add(ticket)
            }
          tickets.push(ticket)
        } else if (step.kind === 'finish') {
          const ticket = some('executing', step.which)
          if (ticket !== undefined) queueSet.finish(ticket, clock.now())
        } else if (step.kind === 'cancel') {
          const ticket = some('waiting', step.which)
          if (ticket !== undefined) queueSet.cancel(ticket, clock.now())
        } else if (step.kind === 'pass') clock.advance(step.ms)
        else if (step.kind === 'limit') queueSet.setLimit(step.seats, step.seats, clock.now())
        else {
          level.queuing = step.queuing
          queueSet.configure(step.queuing, clock.now())
          remake()
        }
        audit(level, tickets)
      }
      // Whoever waits gets a turn once the others are done.
      for (;;) {
        clock.advance(200)
        const ticket = some('executing', 0)
        if (ticket === undefined) break
        queueSet.finish(ticket, clock.now())
      }
      audit(level, tickets)
      expect([queueSet.waiting, queueSet.executing, queueSet.seatsInUse, queueSet.seatsWaiting]).toEqual([0, 0, 0, 0])
      expect(queueSet.isIdle).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('the limit holds, except for what is wider than it and goes alone; free seats are not left to those who could use them', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 10 }), fc.boolean()), { maxLength: 80 }),
      (limit, arrivals) => {
        const clock = new VirtualClock()
        const level = levelWith({ queues: 16, handSize: 3, queueLengthLimit: 100 }, limit, clock)
        const { queueSet } = level
        const executing: Ticket[] = []
        const flows = Array.from({ length: 6 }, (_, i) => flowIn(level, String(i)))
        for (const [flow, initialSeats, finish] of arrivals) {
          clock.advance(1)
          const ticket = queueSet.start(flows[flow]!, { ...one, initialSeats }, clock.now(), user, info)
          if (ticket.state === 'executing') executing.push(ticket)
          else ticket.onStart = () => executing.push(ticket)
          if (finish && executing.length > 0) queueSet.finish(executing.shift()!, clock.now())
          if (queueSet.seatsInUse > limit) expect(queueSet.executing).toBe(1)
          if (queueSet.waiting > 0 && queueSet.seatsInUse < limit) {
            // Somebody's turn it is whose seats are not all free yet.
            const heads = queueSet.queues.flatMap(({ waiting }) => (waiting.first === undefined ? [] : [waiting.first]))
            expect(Math.max(...heads.map(({ seats }) => seats))).toBeGreaterThan(limit - queueSet.seatsInUse)
          }
        }
      },
    ),
  )
})

test('few end their waiting in one turn of the event loop, and nobody is forgotten', () => {
  const turns: ((now: number) => void)[] = []
  const silent = { changed: () => {}, limits: () => {} }
  const queueSet = new QueueSet(
    0,
    () => {},
    silent,
    (callback) => void turns.push(callback),
  )
  const level = new PriorityLevel('paced', queueSet)
  level.queuing = { queues: 8, handSize: 2, queueLengthLimit: 100 }
  queueSet.configure(level.queuing, 0)
  queueSet.setLimit(30, 30, 0)
  const flow = flowIn(level, 'a')
  const tickets = Array.from({ length: 70 }, () => queueSet.start(flow, one, 0, user, info))
  expect([queueSet.executing, queueSet.waiting, turns.length]).toEqual([30, 40, 0])
  for (const ticket of tickets.slice(0, 30)) queueSet.finish(ticket, 1)
  const waiting = [queueSet.waiting]
  for (let now = 2; turns.length > 0; now++) {
    turns.shift()!(now)
    waiting.push(queueSet.waiting)
  }
  // Then there are no more seats.
  expect(waiting).toEqual([32, 24, 16, 10, 10])
  for (const ticket of tickets) queueSet.finish(ticket, 10)
  while (turns.length > 0) turns.shift()!(11)
  for (const ticket of tickets) queueSet.finish(ticket, 12)
  expect([queueSet.waiting, queueSet.executing, queueSet.dispatched]).toEqual([0, 0, 70])
})

describe('fairness', () => {
  /** Keeps so many requests of each flow in the level, all of one length. @returns what each has got done */
  function compete(asking: readonly number[], limit: number, seconds: number, serviceMs = 10): number[] {
    const clock = new VirtualClock()
    const level = levelWith({ queues: 64, handSize: 4, queueLengthLimit: 1000 }, limit, clock)
    const done = asking.map(() => 0)
    const flows = asking.map((_, i) => flowIn(level, `flow ${i}`))
    const ask = (i: number): void => {
      const ticket = level.queueSet.start(flows[i]!, one, clock.now(), user, info)
      const serve = (): void => {
        clock.after(serviceMs, () => {
          done[i]!++
          level.queueSet.finish(ticket, clock.now())
          ask(i)
        })
      }
      if (ticket.state === 'executing') serve()
      else ticket.onStart = serve
    }
    asking.forEach((requests, i) => {
      for (let n = 0; n < requests; n++) ask(i)
    })
    clock.advance(seconds * 1000)
    return done
  }

  test('a flow that asks for little gets all of it beside one that asks for ten times the seats', () => {
    const [greedy, modest] = compete([100, 2], 10, 20)
    // Two requests that are never held up for longer than a round: nearly 100 a second each.
    expect(modest).toBeGreaterThan(0.8 * 2 * 20 * 100)
    expect(greedy! + modest!).toBeGreaterThan(0.98 * 10 * 20 * 100)
  })

  test('flows that each use one queue get the same, however much they ask for', () => {
    const clock = new VirtualClock()
    const level = levelWith({ queues: 2, handSize: 1, queueLengthLimit: 10_000 }, 4, clock)
    const names = Array.from({ length: 50 }, (_, i) => `flow ${i}`)
    const first = flowIn(level, names[0]!)
    const second = names.map((name) => flowIn(level, name)).find(({ hand }) => hand[0] !== first.hand[0])!
    const done = new Map<Flow, number>()
    const ask = (flow: Flow, ms: number): void => {
      const ticket = level.queueSet.start(flow, one, clock.now(), user, info)
      const serve = () =>
        clock.after(ms, () => {
          done.set(flow, (done.get(flow) ?? 0) + ms)
          level.queueSet.finish(ticket, clock.now())
          ask(flow, ms)
        })
      if (ticket.state === 'executing') serve()
      else ticket.onStart = () => void serve()
    }
    // The second asks for less at once, and each of its requests takes three times as long.
    for (let i = 0; i < 40; i++) ask(first, 10)
    for (let i = 0; i < 8; i++) ask(second, 30)
    clock.advance(30_000)
    const [a, b] = [done.get(first)!, done.get(second)!]
    expect(a / b).toBeGreaterThan(0.8)
    expect(a / b).toBeLessThan(1.25)
  })

  test('virtual time goes on beyond what numbers hold exactly', () => {
    const clock = new VirtualClock()
    const level = levelWith(fair, 10_000, clock)
    const { queueSet } = level
    const flow = flowIn(level, 'a')
    const long = queueSet.start(flow, { ...one, initialSeats: 10_000 }, 0, user, info)
    const behind = queueSet.start(flow, one, 0, user, info)
    clock.advance(12_000_000)
    queueSet.setLimit(10_000, 10_000, clock.now())
    expect(queueSet.epochs).toBe(1)
    expect(queueSet.currentR).toBeLessThan(2 ** 52)
    queueSet.finish(long, clock.now())
    expect(behind.state).toBe('executing')
    queueSet.finish(behind, clock.now())
    expect(queueSet.isIdle).toBe(true)
  })
})

test('what is exempt is never held up, and has its seats counted', () => {
  const clock = new VirtualClock()
  const level = levelWith({ queues: -1, handSize: 0, queueLengthLimit: 0 }, 0, clock)
  const flow = flowIn(level, '')
  const tickets = Array.from({ length: 1000 }, () => level.queueSet.start(flow, one, 0, user, info))
  expect(new Set(tickets.map(({ state }) => state))).toEqual(new Set(['executing']))
  expect(level.queueSet.seatsInUse).toBe(1000)
})

test('without queues what finds no seat is refused', () => {
  const clock = new VirtualClock()
  const level = levelWith({ queues: 0, handSize: 0, queueLengthLimit: 0 }, 2, clock)
  const flow = flowIn(level, '')
  const states = Array.from({ length: 3 }, () => level.queueSet.start(flow, one, 0, user, info).state)
  expect(states).toEqual(['executing', 'executing', 'refused'])
  expect(flow.schema.counts.refused).toEqual({ 'concurrency-limit': 1, 'queue-full': 0, 'time-out': 0 })
})

test('seats for what follows a request are held after it, longer if there are fewer of them', () => {
  const clock = new VirtualClock()
  const level = levelWith(fair, 4, clock)
  const { queueSet } = level
  const flow = flowIn(level, 'a')
  const ticket = queueSet.start(flow, { initialSeats: 1, finalSeats: 8, additionalLatencyMs: 5 }, 0, user, info)
  expect(ticket.state).toBe('executing')
  queueSet.finish(ticket, clock.now())
  expect([ticket.state, ticket.additionalLatencyMs, queueSet.seatsInUse]).toEqual(['lingering', 10, 4])
  const next = queueSet.start(flow, one, 0, user, info)
  clock.advance(9.9)
  expect(next.state).toBe('waiting')
  clock.advance(0.2)
  expect([next.state, queueSet.seatsInUse]).toEqual(['executing', 1])
})
