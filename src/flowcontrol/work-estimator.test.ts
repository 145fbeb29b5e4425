import { describe, expect, test } from 'vitest'
import type { RequestContext, RequestInfo } from '../http/index.js'
import { flowIn, infoOf, levelWith, VirtualClock } from './testing.js'
import { WatchTracker } from './watch-tracker.js'
import { WorkEstimator } from './work-estimator.js'

function estimate(
  info: Partial<RequestInfo>,
  query = '',
  options: { maxSeats?: number; bySize?: boolean; watchers?: number } = {},
) {
  const { maxSeats = 10, bySize = false, watchers = 0 } = options
  const level = levelWith({ queues: 8, handSize: 2, queueLengthLimit: 5 }, 100, new VirtualClock())
  level.maxSeats = maxSeats
  const watches = new WatchTracker()
  for (let i = 0; i < watchers; i++) watches.register(infoOf({ verb: 'watch', namespace: '', name: '' }))
  const estimator = new WorkEstimator({
    stats: (group, resource) =>
      resource === 'pods' && group === '' ? { objects: 450, averageBytes: 5000 } : undefined,
    watches,
    sizeBasedListCostEstimate: bySize,
    watchList: true,
  })
  const context = {
    info: infoOf(info),
    query: new URLSearchParams(query),
    exchange: { query },
  } as unknown as RequestContext
  const { initialSeats, finalSeats, additionalLatencyMs } = estimator.estimate(context, flowIn(level, 'x').schema)
  return [initialSeats, finalSeats, additionalLatencyMs]
}

const list = { verb: 'list', name: '' }

describe('lists', () => {
  test.each<[Partial<RequestInfo>, string, boolean, number]>([
    [list, '', false, 5],
    [list, 'limit=100', false, 5],
    [list, 'limit=100&resourceVersion=7', false, 2],
    [list, 'limit=100&continue=x', false, 2],
    [list, 'continue=x&labelSelector=a', false, 9],
    [list, 'limit=100&continue=x&labelSelector=a', false, 6],
    [list, 'resourceVersion=7&resourceVersionMatch=Exact', false, 9],
    [list, 'resourceVersion=7&resourceVersionMatch=NotOlderThan', false, 5],
    [{ verb: 'list', name: 'one' }, 'fieldSelector=metadata.name%3Done', false, 1],
    [list, 'limit=many', false, 10],
    [{ ...list, resource: 'unheard' }, '', false, 1],
    [list, '', true, 10],
    [list, 'limit=20', true, 1],
    [list, 'limit=40', true, 2],
    [list, 'continue=x', true, 23],
    [list, 'limit=10&continue=x&labelSelector=a', true, 12],
    [{ verb: 'watch', name: '' }, 'watch=1', false, 5],
    [{ verb: 'watch', name: '' }, 'watch=1&resourceVersion=0', false, 5],
    [{ verb: 'watch', name: '' }, 'watch=1&resourceVersion=7', false, 1],
    [{ verb: 'watch', name: '' }, 'watch=1&resourceVersion=7&sendInitialEvents=true', false, 5],
    [{ verb: 'get' }, '', false, 1],
    [{ verb: 'deletecollection' }, '', false, 1],
  ])('%j?%s by size: %s takes %s seats', (info, query, bySize, seats) =>
    expect(estimate(info, query, { bySize, maxSeats: 0 })).toEqual([seats, 0, 0]),
  )

  test('a level has a say in how many seats one request may have', () => {
    expect(estimate(list, '', { maxSeats: 3 })).toEqual([3, 0, 0])
    expect(estimate(list, 'limit=many', { maxSeats: 3 })).toEqual([3, 0, 0])
  })
})

describe('changes', () => {
  test.each<[Partial<RequestInfo>, number, number, number[]]>([
    [{ verb: 'update' }, 9, 10, [1, 0, 0]],
    [{ verb: 'update' }, 10, 10, [1, 1, 5]],
    [{ verb: 'patch' }, 25, 10, [1, 3, 5]],
    [{ verb: 'delete' }, 200, 10, [1, 10, 10]],
    [{ verb: 'create' }, 200, 2, [1, 2, 50]],
    [{ verb: 'get' }, 200, 10, [1, 0, 0]],
  ])('%j with %s watchers and at most %s seats', (info, watchers, maxSeats, expected) =>
    expect(estimate(info, '', { watchers, maxSeats })).toEqual(expected),
  )
})

test('watches count for what they see, until they end', () => {
  const watches = new WatchTracker()
  const write = infoOf({ verb: 'update', namespace: 'ns', name: 'p' })
  const ends = [
    watches.register(infoOf({ verb: 'watch', namespace: '', name: '' })),
    watches.register(infoOf({ verb: 'watch', namespace: 'ns', name: '' })),
    watches.register(infoOf({ verb: 'watch', namespace: 'ns', name: 'p' })),
    watches.register(infoOf({ verb: 'watch', namespace: 'ns', name: 'q' })),
    watches.register(infoOf({ verb: 'watch', namespace: '', name: '', fieldSelector: 'spec.nodeName=n' })),
    watches.register(infoOf({ verb: 'watch', namespace: '', name: '', fieldSelector: 'spec.nodeName!=n' })),
    watches.register(infoOf({ verb: 'watch', namespace: '', name: '', fieldSelector: 'spec.nodeName=' })),
  ]
  expect(watches.interestedIn(write)).toBe(5)
  expect(watches.interestedIn({ ...write, verb: 'get' })).toBe(0)
  for (const end of [...ends, ...ends]) end()
  expect(watches.interestedIn(write)).toBe(0)
})
