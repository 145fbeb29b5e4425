import { expect, test } from 'vitest'
import { conformanceOfChanges } from './conformance-changes.js'
import { conformanceOfHistory } from './conformance-history.js'
import { type OpenStore, put, remove, text, using, value } from './conformance-tools.js'
import { prefixRange, type StoredRecord } from './store.js'

export type { OpenedStore, OpenStore } from './conformance-tools.js'

const prefix = '/registry/things/'
const key = (name: string): string => prefix + name
const names = (records: Iterable<StoredRecord>): string[] =>
  [...records].map((record) => record.key.slice(prefix.length))

/** What every backend must do: the contract of store.ts, sentence by sentence. `open` gives a store that is empty. */
export function storeConformance(open: OpenStore): void {
  test('an empty store stands at revision 1 or above and the first commit goes beyond it', () =>
    using(open, async ({ store }) => {
      const { revision } = store
      expect(revision).toBeGreaterThanOrEqual(1)
      expect(store.compacted).toBeLessThanOrEqual(revision)
      expect([...store.scan(prefixRange(prefix))]).toEqual([])
      expect(await put(store, key('a'), 0)).toBeGreaterThan(revision)
    }))

  test('a value comes back with its resourceVersion in place, its index and its revision', () =>
    using(open, async ({ store }) => {
      const json = Buffer.from('{"metadata":{"name":"a","uid":"1"},"é":"ü"}')
      const index = Buffer.from([0, 255, 7])
      const write = { json, revisionAt: json.indexOf('"uid"'), index }
      const result = await store.commit([{ prefix, key: key('a'), expect: 0, value: write }])
      const record = store.get(key('a'))!
      expect(result).toEqual({ kind: 'committed', revision: record.revision })
      expect(record.key).toBe(key('a'))
      expect(record.index).toEqual(index)
      expect(record.value.toString()).toBe(
        `{"metadata":{"name":"a","resourceVersion":"${record.revision}","uid":"1"},"é":"ü"}`,
      )
      await put(store, key('b'), 0)
      expect(store.get(key('b'))!.index.length).toBe(0)
    }))

  test('buffers are the caller’s to keep', () =>
    using(open, async ({ store }) => {
      for (const name of ['a', 'b', 'c']) await put(store, key(name), 0, name.repeat(200))
      const kept = ['a', 'b', 'c'].map((name) => store.get(key(name))!)
      const listed = [...store.scan(prefixRange(prefix))]
      await Promise.all(['a', 'b', 'c'].map((name) => put(store, key(name), store.get(key(name))!.revision, 'x')))
      for (let i = 0; i < 3; i++) store.get(key('a'))
      expect(kept.map(text)).toEqual(['a', 'b', 'c'].map((name) => name.repeat(200)))
      expect(listed.map(text)).toEqual(kept.map(text))
    }))

  test('large values survive', () =>
    using(open, async ({ store }) => {
      const large = 'x'.repeat(1_500_000)
      await put(store, key('a'), 0, large)
      await put(store, key('b'), 0, 'small')
      expect(text(store.get(key('a'))!)).toBe(large)
      expect(text(store.get(key('b'))!)).toBe('small')
      expect([...store.scan(prefixRange(prefix))].map(text)).toEqual([large, 'small'])
    }))

  test('an absent key is undefined', () =>
    using(open, async ({ store }) => {
      expect(store.get(key('none'))).toBeUndefined()
      expect(store.count(prefixRange(prefix))).toBe(0)
    }))

  test('a write needs the expected revision, and tells of the one there is', () =>
    using(open, async ({ store }) => {
      const first = await put(store, key('a'), 0)
      const conflict = { kind: 'conflict', key: key('a'), revision: first }
      for (const wrong of [0, first - 1, first + 1]) {
        expect(await store.commit([{ prefix, key: key('a'), expect: wrong, value: value('b') }])).toEqual(conflict)
        expect(await store.commit([{ prefix, key: key('a'), expect: wrong }])).toEqual(conflict)
      }
      const absent = await store.commit([{ prefix, key: key('b'), expect: first, value: value('b') }])
      expect(absent).toEqual({ kind: 'conflict', key: key('b'), revision: 0 })
      expect(store.revision).toBe(first)
      expect(text(store.get(key('a'))!)).toBe('value')
    }))

  test('update, delete and create again', () =>
    using(open, async ({ store }) => {
      const created = await put(store, key('a'), 0, 'one')
      const updated = await put(store, key('a'), created, 'two')
      expect(text(store.get(key('a'))!)).toBe('two')
      const deleted = await remove(store, key('a'), updated)
      expect(store.get(key('a'))).toBeUndefined()
      const again = await put(store, key('a'), 0, 'three')
      expect([created, updated, deleted, again]).toEqual([created, created + 1, created + 2, created + 3])
      expect(store.revision).toBe(again)
      expect(store.get(key('a'))!.revision).toBe(again)
    }))

  test('writes of one commit share a revision and happen together or not at all', () =>
    using(open, async ({ store }) => {
      const write = (name: string, expected: number) => ({
        prefix,
        key: key(name),
        expect: expected,
        value: value(name),
      })
      const result = await store.commit([write('a', 0), write('b', 0)])
      expect(result.kind).toBe('committed')
      expect(store.get(key('a'))!.revision).toBe(result.revision)
      expect(store.get(key('b'))!.revision).toBe(result.revision)
      const failed = await store.commit([write('c', 0), write('a', 0), write('b', 1)])
      expect(failed).toEqual({ kind: 'conflict', key: key('a'), revision: result.revision })
      expect(store.get(key('c'))).toBeUndefined()
      expect(store.revision).toBe(result.revision)
      const { revision } = await store.commit([{ prefix, key: key('a'), expect: result.revision }, write('c', 0)])
      expect([store.get(key('a')), store.get(key('b'))!.revision]).toEqual([undefined, result.revision])
      expect(store.get(key('c'))!.revision).toBe(revision)
    }))

  test('of writers that race for one key exactly one wins, and the others can read what beat them', () =>
    using(open, async ({ store }) => {
      let last = 0
      for (let round = 0; round < 10; round++) {
        const results = await Promise.all(
          Array.from({ length: 20 }, async (_, i) => {
            const write = { prefix, key: key('a'), expect: last, value: value(`${round}-${i}`) }
            const result = await store.commit([write])
            if (result.kind === 'conflict')
              expect(store.get(key('a'))!.revision).toBeGreaterThanOrEqual(result.revision)
            return result
          }),
        )
        const winners = results.filter((result) => result.kind === 'committed')
        expect(winners).toHaveLength(1)
        last = winners[0]!.revision
        expect(store.get(key('a'))!.revision).toBe(last)
        for (const result of results) expect(result.revision).toBe(last)
      }
    }))

  test('concurrent commits each get a revision of their own, without gaps', () =>
    using(open, async ({ store }) => {
      const before = store.revision
      const revisions = await Promise.all(Array.from({ length: 700 }, (_, i) => put(store, key(`k${i}`), 0)))
      expect(revisions.sort((a, b) => a - b)).toEqual(Array.from({ length: 700 }, (_, i) => before + 1 + i))
      expect(store.revision).toBe(before + 700)
      expect(store.count(prefixRange(prefix))).toBe(700)
    }))

  test('nothing is visible before it is acknowledged', () =>
    using(open, async ({ store }) => {
      const before = store.revision
      const commit = put(store, key('a'), 0)
      expect(store.get(key('a'))).toBeUndefined()
      expect(store.revision).toBe(before)
      await commit
      expect(store.get(key('a'))).toBeDefined()
    }))

  test('an aborted commit that has not begun is not made', () =>
    using(open, async ({ store }) => {
      const write = { prefix, key: key('a'), expect: 0, value: value('a') }
      await expect(store.commit([write], AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
      await put(store, key('b'), 0)
      expect(store.get(key('a'))).toBeUndefined()
    }))

  test('a scan follows the order of UTF-8 bytes within its range', () =>
    using(open, async ({ store }) => {
      const ordered = ['A', 'a', 'a/b', 'a0', 'b', 'é', '\ue000', '\uffee', '😀']
      await Promise.all([...ordered].reverse().map((name) => put(store, key(name), 0)))
      await store.commit([{ prefix: '/registry/zoo/', key: '/registry/zoo/a', expect: 0, value: value('other') }])
      expect(names(store.scan(prefixRange(prefix)))).toEqual(ordered)
      expect(names(store.scan({ start: key('a'), end: key('b') }))).toEqual(['a', 'a/b', 'a0'])
      expect(names(store.scan({ start: key('a\0'), end: key('b\0') }))).toEqual(['a/b', 'a0', 'b'])
      expect(names(store.scan({ start: key('b'), end: key('a') }))).toEqual([])
      expect(names(store.scan(prefixRange(prefix), { limit: 3 }))).toEqual(['A', 'a', 'a/b'])
      expect(names(store.scan(prefixRange(prefix), { limit: 0 }))).toEqual([])
      expect(store.count({ start: key('a'), end: key('b') })).toBe(3)
      expect(store.count(prefixRange('/registry/'))).toBe(10)
    }))

  test.each([900, 4_000, 50_000])('a scan of objects of %i bytes has all of them, now and as of before', (size) =>
    using(open, async ({ store }) => {
      const all = prefixRange(prefix)
      // More than what is read at once, whatever is counted as a byte.
      const wanted = Array.from({ length: Math.ceil(3_000_000 / size) }, (_, i) => `k${1_000_000 + i}`)
      await Promise.all(wanted.map((name) => put(store, key(name), 0, 'x'.repeat(size))))
      expect(names(store.scan(all))).toEqual(wanted)
      expect(names(store.scan(all, { limit: wanted.length - 1 }))).toEqual(wanted.slice(0, -1))
      const { revision } = store
      for (const name of wanted.slice(0, 40)) await put(store, key(name), store.get(key(name))!.revision, 'short')
      expect(names(store.scan(all, { at: revision }))).toEqual(wanted)
    }),
  )

  test('counts follow creations and deletions', () =>
    using(open, async ({ store }) => {
      const all = prefixRange(prefix)
      await Promise.all(Array.from({ length: 6_000 }, (_, i) => put(store, key(`k${i}`), 0)))
      expect(store.count(all)).toBe(6_000)
      await put(store, key('new'), 0)
      await put(store, key('new'), store.revision)
      expect(store.count(all)).toBe(6_001)
      await remove(store, key('k7'), store.get(key('k7'))!.revision)
      await remove(store, key('new'), store.get(key('new'))!.revision)
      expect(store.count(all)).toBe(5_999)
      expect(store.count(all)).toBe([...store.scan(all)].length)
    }))

  conformanceOfHistory(open)
  conformanceOfChanges(open)
}
