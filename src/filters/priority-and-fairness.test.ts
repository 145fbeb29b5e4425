import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { KubeObject } from '../api/index.js'
import { FlowController, WatchTracker, WorkEstimator } from '../flowcontrol/index.js'
import type { Handler, RequestContext, RequestInfo } from '../http/index.js'
import { priorityAndFairness } from './priority-and-fairness.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

interface Sent {
  status: number
  body: string
  readonly headers: Record<string, string>
}

const object = (name: string, spec: object): KubeObject => ({ metadata: { name, uid: `uid of ${name}` }, spec })
const all = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }]
const configuration = (response: object): [KubeObject[], KubeObject[]] => [
  [object('all', { type: 'Limited', limited: { nominalConcurrencyShares: 100, limitResponse: response } })],
  [
    object('everybody', {
      priorityLevelConfiguration: { name: 'all' },
      matchingPrecedence: 9,
      rules: [{ subjects: [{ kind: 'Group', group: { name: '*' } }], resourceRules: all }],
    }),
  ],
]
const queue = { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } }

/** A filter with one seat, before a handler that is done when it is told. */
function oneSeat(response: object = queue, requestTimeoutMs = 60_000) {
  const clock = { now: () => Date.now(), after: () => () => {} }
  const controller = new FlowController({ serverSeats: 1, clock })
  controller.digest(...configuration(response))
  const watches = new WatchTracker()
  const estimator = new WorkEstimator({
    stats: () => undefined,
    watches,
    sizeBasedListCostEstimate: true,
    watchList: true,
  })
  const serving: { context: RequestContext; done: (error?: unknown) => void }[] = []
  const handler: Handler = (context) =>
    new Promise((resolve, reject) => {
      serving.push({ context, done: (error) => (error === undefined ? resolve() : reject(error as Error)) })
    })
  const filter = priorityAndFairness({ controller, estimator, watches, requestTimeoutMs, now: Date.now })
  const chain = filter(handler)
  const ask = (info: Partial<RequestInfo> = {}, timeoutMs = requestTimeoutMs, groups: string[] = []) => {
    const query = ''
    const sent: Sent = { status: 0, body: '', headers: {} }
    const done: (() => void)[] = []
    const exchange = {
      query,
      onDone: (callback: () => void) => void done.push(callback),
      header(name: string, value: string) {
        sent.headers[name] = value
      },
      send(status: number, _type: string, body: string) {
        Object.assign(sent, { status, body })
      },
    }
    const context = {
      exchange,
      receivedAt: Date.now(),
      query: new URLSearchParams(query),
      info: {
        isResourceRequest: true,
        verb: 'get',
        resource: 'pods',
        apiGroup: '',
        namespace: 'n',
        name: '',
        fieldSelector: '',
        ...info,
      },
      user: { name: 'u', groups },
      longRunning: info.verb === 'watch' || info.subresource === 'exec',
      deadline: info.verb === 'watch' ? Number.POSITIVE_INFINITY : Date.now() + timeoutMs,
      watchStarted: undefined,
    } as unknown as RequestContext
    const go = (): void => {
      for (const callback of done) callback()
    }
    return { sent, context, go, result: chain(context) }
  }
  const level = () => controller.levels.find(({ name }) => name === 'all')!.queueSet
  return { ask, serving, level, filter, watches, controller }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

test('with a free seat there is no promise, and the seat is free again afterwards, whatever happens', async () => {
  const { filter, level, ask } = oneSeat()
  const { context } = ask()
  level().finish([...level().queues[0]!.executing][0]!, Date.now())
  const calls: number[] = []
  const sync = filter(() => void calls.push(level().seatsInUse))
  expect(sync(context)).toBeUndefined()
  await settle()
  expect([calls, level().seatsInUse]).toEqual([[1], 0])
  const failing = filter(() => {
    throw new Error('no')
  })
  expect(() => failing(context)).toThrow('no')
  expect(level().seatsInUse).toBe(0)
})

test('requests that are answered at once hold their seats for a turn of the event loop', async () => {
  const { filter, level, ask, controller } = oneSeat({ ...queue, queuing: { ...queue.queuing, queueLengthLimit: 100 } })
  const { context } = ask()
  level().finish([...level().queues[0]!.executing][0]!, Date.now())
  level().setLimit(40, 40, controller.now())
  let served = 0
  const chain = filter(() => void served++)
  const results = Array.from({ length: 80 }, () => chain(context))
  expect([served, level().seatsInUse, level().waiting]).toEqual([40, 40, 40])
  await vi.advanceTimersByTimeAsync(1)
  await Promise.all(results.map((result) => Promise.resolve(result)))
  await vi.advanceTimersByTimeAsync(1)
  expect([served, level().seatsInUse, level().waiting]).toEqual([80, 0, 0])
})

test('who finds no seat waits for a turn, in order, and is told the flow', async () => {
  const { ask, serving, level } = oneSeat()
  const [first, second, third, fourth] = [ask(), ask(), ask(), ask()]
  expect(serving.map(({ context }) => context)).toEqual([first.context])
  expect(fourth.sent).toEqual({
    status: 429,
    body: 'Too many requests, please try again later.\n',
    headers: {
      'x-kubernetes-pf-flowschema-uid': 'uid of everybody',
      'x-kubernetes-pf-prioritylevel-uid': 'uid of all',
      'x-content-type-options': 'nosniff',
      'retry-after': '1',
    },
  })
  serving[0]!.done()
  await settle()
  expect(serving[1]!.context).toBe(second.context)
  serving[1]!.done(new Error('broke'))
  await expect(second.result).rejects.toThrow('broke')
  await settle()
  expect(serving[2]!.context).toBe(third.context)
  serving[2]!.done()
  await third.result
  expect([level().isIdle, level().seatsInUse, level().dispatched]).toEqual([true, 0, 3])
})

describe('waiting ends', () => {
  test.each([
    ['after a quarter of the time', 60_000, 60_000, {}, 15_000],
    ['after a quarter of what the request asks for', 60_000, 8_000, {}, 2_000],
    ['after a minute at most', 600_000, 600_000, {}, 60_000],
    ['for a watch, after a quarter of what requests have', 60_000, 8_000, { verb: 'watch' }, 15_000],
  ])('%s', async (_, requestTimeoutMs, timeoutMs, info, limit) => {
    const { ask, level, serving } = oneSeat(queue, requestTimeoutMs)
    ask()
    const waiting = ask(info, timeoutMs)
    await vi.advanceTimersByTimeAsync(limit - 1)
    expect([waiting.sent.status, level().waiting]).toEqual([0, 1])
    await vi.advanceTimersByTimeAsync(1)
    expect([waiting.sent.status, level().waiting, serving.length]).toEqual([429, 0, 1])
  })

  test('when the client goes', async () => {
    const { ask, level } = oneSeat()
    ask()
    const waiting = ask()
    waiting.go()
    await waiting.result
    expect([waiting.sent.status, level().waiting, level().cancelled]).toEqual([0, 0, 1])
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('a watch keeps its seat until it has begun, and is counted as long as it lasts', async () => {
  const { ask, level, serving, watches } = oneSeat()
  const watch = ask({ verb: 'watch' })
  const next = ask()
  expect(level().waiting).toBe(1)
  serving[0]!.context.watchStarted!()
  expect([level().waiting, level().executing]).toEqual([0, 1])
  await settle()
  expect(serving[1]!.context).toBe(next.context)
  const write = { ...watch.context.info, verb: 'update' }
  expect(watches.interestedIn(write)).toBe(1)
  // Its handler may be back long before it is over.
  serving[0]!.done()
  serving[1]!.done()
  await watch.result
  await next.result
  expect([watches.interestedIn(write), level().isIdle]).toEqual([1, true])
  watch.go()
  expect([watches.interestedIn(write), level().isIdle]).toEqual([0, true])
})

test('a watch that never begins gives its seat back when it ends', async () => {
  const { ask, level, serving } = oneSeat()
  const watch = ask({ verb: 'watch' })
  serving[0]!.done(new Error('refused'))
  await expect(watch.result).rejects.toThrow('refused')
  expect(level().seatsInUse).toBe(0)
})

test('other long-running requests and system:masters are not held up', () => {
  const { ask, serving, level } = oneSeat({ type: 'Reject' })
  ask()
  const refused = ask()
  const exec = ask({ verb: 'create', subresource: 'exec' })
  const master = ask({}, 60_000, ['system:masters'])
  expect(refused.sent.status).toBe(429)
  expect(serving.map(({ context }) => context)).toContain(exec.context)
  expect(serving.map(({ context }) => context)).toContain(master.context)
  expect(exec.sent.headers).toEqual({})
  expect(level().executing).toBe(1)
})
