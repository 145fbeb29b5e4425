import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Clock, openLmdbStore, type Revision, type Store, type StoredRecord } from '../store/index.js'
import { Hub } from './hub.js'
import type { WatchEvent } from './watch-event.js'
import type { Watch, WatchEnd, WatchRequest } from './watcher.js'

const prefix = '/registry/pods/'
let store: Store
let path: string

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'kats-hub-'))
  store = await openLmdbStore({ path, fsync: false })
})

afterEach(async () => {
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

const data = (record: StoredRecord): string => JSON.parse(record.value.toString()).data
const version = (record: StoredRecord): number => Number(JSON.parse(record.value.toString()).metadata.resourceVersion)

async function put(name: string, content: string | undefined): Promise<Revision> {
  const key = prefix + name
  const json = Buffer.from(JSON.stringify({ metadata: { uid: 'u' }, data: content }))
  const value = { json, revisionAt: json.indexOf('"uid"'), index: Buffer.from(content ?? '') }
  const write = { prefix, key, expect: store.get(key)?.revision ?? 0 }
  const result = await store.commit([content === undefined ? write : { ...write, value }])
  expect(result.kind).toBe('committed')
  return result.revision
}

type Seen = string

function show(event: WatchEvent): Seen {
  if (event.type === 'BOOKMARK') return `BOOKMARK ${event.revision}${event.initial ? ' initial' : ''}`
  expect(version(event.record)).toBe(event.revision)
  return `${event.type} ${event.record.key.slice(prefix.length)}=${data(event.record)} ${event.revision}`
}

class Client {
  readonly seen: Seen[] = []
  readonly events: WatchEvent[] = []
  readonly batches: (readonly WatchEvent[])[] = []
  ended: WatchEnd | undefined
  room = Number.POSITIVE_INFINITY
  readonly watch: Watch

  constructor(hub: Hub, request: Omit<WatchRequest, 'prefix'>) {
    this.watch = hub.watch(
      { prefix, ...request },
      {
        events: (events) => {
          expect(this.ended).toBeUndefined()
          this.batches.push(events)
          this.events.push(...events)
          this.seen.push(...events.map(show))
          this.room -= events.length
          return this.room > 0
        },
        ended: (why) => {
          this.ended = why
        },
      },
    )
  }
}

const indexIs =
  (...wanted: string[]) =>
  (record: StoredRecord): boolean =>
    wanted.includes(record.index.toString())

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn()
}

test('history first, then live, without gap or duplicate', async () => {
  const hub = new Hub(store)
  const from = store.revision
  for (let i = 0; i < 100; i++) await put(`ns/p${i}`, 'x')
  const client = new Client(hub, { after: from + 10 })
  const late = new Client(hub, { after: store.revision })
  const ahead = new Client(hub, { after: store.revision + 2 })
  expect(client.seen).toEqual([])
  await Promise.all(Array.from({ length: 50 }, (_, i) => put(`ns/q${i}`, 'x')))
  await settle()
  const revisions = (each: Client): number[] => each.events.map((event) => event.revision)
  expect(revisions(client)).toEqual(Array.from({ length: 140 }, (_, i) => from + 11 + i))
  expect(revisions(late)).toEqual(Array.from({ length: 50 }, (_, i) => from + 101 + i))
  expect(revisions(ahead)).toEqual(revisions(late).slice(2))
  expect(late.batches.length).toBeLessThan(10)
  hub.close()
})

test('a watcher from below the horizon is refused at once, and leaves no stream behind', async () => {
  const hub = new Hub(store)
  const from = store.revision
  await put('ns/a', 'x')
  await put('ns/a', 'y')
  await store.compact(store.revision)
  expect(() => new Client(hub, { after: from })).toThrow(expect.objectContaining({ code: 'Compacted' }))
  expect(hub.size).toBe(0)
})

test('an object that comes into the selection is ADDED, one that leaves it DELETED as it was', async () => {
  const hub = new Hub(store)
  const from = store.revision
  const live = new Client(hub, { after: from, matches: indexIs('in', 'in2') })
  const outside = new Client(hub, { after: from, matches: indexIs('never') })
  const first = await put('ns/a', 'out')
  await put('ns/a', 'in')
  await put('ns/a', 'in2')
  await put('ns/a', 'out')
  await put('ns/a', 'out2')
  await put('ns/a', undefined)
  await put('ns/b', 'in')
  await put('ns/b', undefined)
  const replayed = new Client(hub, { after: from, matches: indexIs('in', 'in2') })
  await settle()
  const expected = [
    `ADDED ns/a=in ${first + 1}`,
    `MODIFIED ns/a=in2 ${first + 2}`,
    `DELETED ns/a=in2 ${first + 3}`,
    `ADDED ns/b=in ${first + 6}`,
    `DELETED ns/b=in ${first + 7}`,
  ]
  expect(live.seen).toEqual(expected)
  expect(replayed.seen).toEqual(expected)
  expect(outside.seen).toEqual([])
  hub.close()
})

test('a watcher of a namespace or of one key hears of nothing else', async () => {
  const hub = new Hub(store)
  const from = store.revision
  const watch = () => [
    new Client(hub, { after: from, within: `${prefix}a/` }),
    new Client(hub, { after: from, key: `${prefix}a/x` }),
    new Client(hub, { after: from, within: `${prefix}a/`, matches: indexIs('2') }),
    new Client(hub, { after: from }),
  ]
  const live = watch()
  for (const name of ['a/x', 'a/y', 'ab/x', 'b/x', 'a/x']) await put(name, '1')
  await put('a/y', '2')
  const replayed = watch()
  await settle()
  for (const clients of [live, replayed]) {
    expect(clients.map((client) => client.seen.map((seen) => seen.split(' ')[1]))).toEqual([
      ['a/x=1', 'a/y=1', 'a/x=1', 'a/y=2'],
      ['a/x=1', 'a/x=1'],
      ['a/y=2'],
      ['a/x=1', 'a/y=1', 'ab/x=1', 'b/x=1', 'a/x=1', 'a/y=2'],
    ])
  }
  hub.close()
})

test('one event object and one frame for all watchers of a change', async () => {
  const hub = new Hub(store)
  const clients = [
    new Client(hub, { after: store.revision }),
    new Client(hub, { after: store.revision, within: `${prefix}a/` }),
    new Client(hub, { after: store.revision, matches: indexIs('x') }),
  ]
  await put('a/x', 'x')
  let made = 0
  const frames = clients.flatMap((client) =>
    ['json', 'table', 'json'].map((encoding) => {
      const event = client.events[0]!
      return event.frame(encoding, () => Buffer.from(`${encoding}${made++}`)).toString()
    }),
  )
  expect(new Set(clients.map((client) => client.events[0])).size).toBe(1)
  expect(frames).toEqual(Array(3).fill(['json0', 'table1', 'json0']).flat())
  hub.close()
})

describe('a sink that is full', () => {
  test('gets what waited when it has room again', async () => {
    const hub = new Hub(store)
    const client = new Client(hub, { after: store.revision })
    client.room = 1
    for (let i = 0; i < 5; i++) await put(`ns/${i}`, 'x')
    expect(client.seen).toHaveLength(1)
    client.room = 100
    client.watch.resume()
    expect(client.seen).toHaveLength(5)
    expect(client.batches).toHaveLength(2)
    hub.close()
  })

  test.each([
    ['events', { events: 3, bytes: 1e9 }],
    ['bytes', { events: 1e9, bytes: 200 }],
  ])('is cut off when too many %s wait', async (_, queue) => {
    const hub = new Hub(store, { queue })
    const slow = new Client(hub, { after: store.revision })
    const fast = new Client(hub, { after: store.revision })
    slow.room = 1
    for (let i = 0; i < 10; i++) await put(`ns/${i}`, 'x'.repeat(40))
    expect([slow.ended, slow.seen.length]).toEqual(['overflow', 1])
    expect([fast.ended, fast.seen.length, hub.size]).toEqual([undefined, 10, 1])
    slow.watch.resume()
    expect(slow.seen).toHaveLength(1)
    hub.close()
  })

  test('stops the reading of history without queueing it', async () => {
    const hub = new Hub(store, { queue: { events: 5, bytes: 1e9 } })
    const from = store.revision
    for (let i = 0; i < 200; i++) await put(`ns/${i}`, 'x')
    const client = new Client(hub, { after: from })
    client.room = 1
    await settle()
    const first = client.seen.length
    expect(first).toBeLessThan(200)
    client.room = 1_000
    client.watch.resume()
    await settle()
    expect(client.events.map((event) => event.revision)).toEqual(Array.from({ length: 200 }, (_, i) => from + 1 + i))
    expect(client.ended).toBeUndefined()
    hub.close()
  })
})

describe('bookmarks', () => {
  test('come once an interval, to who wants them, with the newest revision', async () => {
    const clock = manualClock()
    const hub = new Hub(store, { clock, bookmarkIntervalMs: 60_000, random: () => 0.5 })
    const client = new Client(hub, { after: store.revision, bookmarks: true })
    const silent = new Client(hub, { after: store.revision })
    for (let second = 0; second < 30; second++) clock.tick()
    expect(client.seen).toEqual([])
    clock.tick()
    expect(client.seen).toEqual([`BOOKMARK ${store.revision}`])
    await store.commit([{ prefix: '/registry/other/', key: '/registry/other/a', expect: 0, value: someValue }])
    for (let second = 0; second < 60; second++) clock.tick()
    expect(client.seen).toEqual([`BOOKMARK ${store.revision - 1}`, `BOOKMARK ${store.revision}`])
    expect(silent.seen).toEqual([])
    client.watch.close()
    expect(clock.timers.size).toBe(0)
    hub.close()
  })

  test('of progress come at once, but not during history', async () => {
    const hub = new Hub(store)
    const from = store.revision
    for (let i = 0; i < 100; i++) await put(`ns/${i}`, 'x')
    const client = new Client(hub, { after: from })
    client.watch.progress()
    await settle()
    expect(client.seen).toHaveLength(100)
    client.watch.progress()
    expect(client.seen.at(-1)).toBe(`BOOKMARK ${store.revision}`)
    client.watch.close()
    client.watch.progress()
    expect(client.seen).toHaveLength(101)
    hub.close()
  })

  test('asked for during history comes behind it', async () => {
    const hub = new Hub(store)
    const from = store.revision
    for (let i = 0; i < 100; i++) await put(`ns/${i}`, 'x')
    const client = new Client(hub, { after: from })
    client.watch.bookmark()
    await settle()
    expect(client.seen).toHaveLength(101)
    expect(client.seen.at(-1)).toBe(`BOOKMARK ${store.revision} initial`)
    client.watch.bookmark()
    await settle()
    expect(client.seen).toHaveLength(102)
    hub.close()
  })
})

test('a closed watch hears nothing more, and the last one gives the subscription back', async () => {
  const hub = new Hub(store)
  const client = new Client(hub, { after: store.revision })
  const other = new Client(hub, { after: store.revision, key: `${prefix}ns/a` })
  await put('ns/a', 'x')
  client.watch.close()
  await put('ns/a', 'y')
  expect([client.seen.length, other.seen.length, client.ended, hub.size]).toEqual([1, 2, undefined, 1])
  hub.close()
  expect([other.ended, hub.size]).toEqual(['closed', 0])
})

test('a store that lost its place is subscribed again, and watchers miss nothing', async () => {
  const subscriptions: { lost?(): void; off: boolean }[] = []
  const shaky: Store = Object.create(store, {
    revision: { get: () => store.revision },
    compacted: { get: () => store.compacted },
    replay: { value: store.replay.bind(store) },
    changes: {
      value: (...[stream, after, listener]: Parameters<Store['changes']>) => {
        const each = { lost: () => listener.lost?.(), off: false }
        subscriptions.push(each)
        return store.changes(stream, after, {
          changed: (changes, revision) => void (each.off || listener.changed(changes, revision)),
        })
      },
    },
  })
  const hub = new Hub(shaky)
  const clients = [
    new Client(hub, { after: store.revision }),
    new Client(hub, { after: store.revision, within: `${prefix}b/` }),
  ]
  await put('a/1', 'x')
  await settle()
  // Below the horizon now, but told of everything: an idle watcher's place is not lost.
  await store.compact(store.revision)
  subscriptions[0]!.off = true
  await put('b/2', 'x')
  subscriptions[0]!.lost!()
  await settle()
  await put('b/3', 'x')
  await settle()
  expect(clients.map((client) => client.seen.map((seen) => seen.split(' ')[1]))).toEqual([
    ['a/1=x', 'b/2=x', 'b/3=x'],
    ['b/2=x', 'b/3=x'],
  ])
  hub.close()
})

const randomWatcher = fc.record({
  joins: fc.nat(20),
  back: fc.nat(15),
  within: fc.option(fc.constantFrom('a', 'b')),
  key: fc.option(fc.constantFrom('a/1', 'b/2')),
  wanted: fc.option(fc.subarray(['r', 'g', 'b'])),
  /** Rooms given one after the other. */
  rooms: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 }),
})
const randomOperation = fc.record({
  name: fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2'),
  content: fc.option(fc.constantFrom('r', 'g', 'b')),
  wait: fc.boolean(),
})

test('any watchers at any time see what a naive filter of all changes sees', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(randomOperation, { maxLength: 20 }),
      fc.array(randomWatcher, { minLength: 1, maxLength: 8 }),
      async (operations, watchers) => {
        const hub = new Hub(store)
        const started = store.revision
        const everything: { key: string; revision: number; now?: string; before?: string }[] = []
        const clients: { client: Client; after: number; spec: (typeof watchers)[number] }[] = []
        const join = (n: number): void => {
          for (const spec of watchers.filter((watcher) => watcher.joins === n)) {
            const after = Math.max(started, store.revision - spec.back)
            const scope = spec.key
              ? { key: prefix + spec.key }
              : spec.within
                ? { within: `${prefix}${spec.within}/` }
                : {}
            const matches = spec.wanted ? { matches: indexIs(...spec.wanted) } : {}
            const client = new Client(hub, { after, ...scope, ...matches })
            if (spec.rooms.length > 0) client.room = spec.rooms[0]!
            clients.push({ client, after, spec })
          }
        }
        for (const [n, { name, content, wait }] of operations.entries()) {
          join(n)
          const previous = store.get(prefix + name)
          if (content === null && previous === undefined) continue
          const revision = await put(name, content ?? undefined)
          const change = { key: prefix + name, revision, ...(previous && { before: data(previous) }) }
          everything.push(content === null ? change : { ...change, now: content })
          if (wait) await turn()
        }
        for (let n = operations.length; n <= 20; n++) join(n)
        for (const room of [1, 2, 3, 1_000]) {
          await settle()
          for (const { client } of clients) {
            client.room = room
            client.watch.resume()
          }
        }
        await settle()
        for (const { client, after, spec } of clients) {
          const wanted = (content: string | undefined): boolean =>
            content !== undefined && (spec.wanted?.includes(content) ?? true)
          const expected = everything.flatMap(({ key, revision, now, before }) => {
            if (revision <= after) return []
            if (spec.key ? key !== prefix + spec.key : spec.within && !key.startsWith(`${prefix}${spec.within}/`))
              return []
            const name = key.slice(prefix.length)
            if (wanted(now)) return [`${wanted(before) ? 'MODIFIED' : 'ADDED'} ${name}=${now} ${revision}`]
            return wanted(before) ? [`DELETED ${name}=${before} ${revision}`] : []
          })
          expect(client.seen).toEqual(expected)
        }
        hub.close()
      },
    ),
    { numRuns: 60 },
  ))

const someJson = Buffer.from('{"metadata":{"uid":"u"}}')
const someValue = { json: someJson, revisionAt: someJson.indexOf('"uid"'), index: Buffer.alloc(0) }

function manualClock(): Clock & { readonly timers: Set<() => void>; tick(): void } {
  const timers = new Set<() => void>()
  return {
    timers,
    now: () => 0,
    every(_, run) {
      timers.add(run)
      return () => timers.delete(run)
    },
    tick() {
      for (const run of timers) run()
    },
  }
}
