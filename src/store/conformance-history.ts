import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type OpenStore, put, remove, text, using } from './conformance-tools.js'
import { prefixRange, type StoredRecord } from './store.js'

const prefix = '/registry/things/'
const all = prefixRange(prefix)
const key = (name: string): string => prefix + name
const compacted = expect.objectContaining({ name: 'StoreError', code: 'Compacted' })
const future = expect.objectContaining({ name: 'StoreError', code: 'FutureRevision' })
const closed = expect.objectContaining({ name: 'StoreError', code: 'Closed' })

/** Older revisions, compaction, expiry, closing. */
export function conformanceOfHistory(open: OpenStore): void {
  test('reads at older revisions see what was there then', () =>
    using(open, async ({ store }) => {
      const created = await put(store, key('a'), 0, 'one')
      const other = await put(store, key('b'), 0, 'other')
      const updated = await put(store, key('a'), created, 'two')
      const deleted = await remove(store, key('a'), updated)
      const again = await put(store, key('a'), 0, 'three')
      await put(store, key('aa'), 0, 'later')
      const then = (at: number): unknown => [...store.scan(all, { at })].map((record) => [record.key, text(record)])
      expect(store.get(key('a'), created - 1)).toBeUndefined()
      expect(text(store.get(key('a'), created)!)).toBe('one')
      expect(text(store.get(key('a'), other)!)).toBe('one')
      expect(store.get(key('a'), other)!.revision).toBe(created)
      expect(text(store.get(key('a'), updated)!)).toBe('two')
      expect(store.get(key('a'), deleted)).toBeUndefined()
      expect(text(store.get(key('a'), again)!)).toBe('three')
      expect(then(created - 1)).toEqual([])
      expect(then(created)).toEqual([[key('a'), 'one']])
      expect(then(other)).toEqual([
        [key('a'), 'one'],
        [key('b'), 'other'],
      ])
      expect(then(updated)).toEqual([
        [key('a'), 'two'],
        [key('b'), 'other'],
      ])
      expect(then(deleted)).toEqual([[key('b'), 'other']])
      expect(then(again)).toEqual([
        [key('a'), 'three'],
        [key('b'), 'other'],
      ])
      expect([...store.scan(all, { at: updated, limit: 1 })].map(text)).toEqual(['two'])
    }))

  test('a revision that is yet to come is refused', () =>
    using(open, async ({ store }) => {
      expect(() => store.get(key('a'), store.revision + 1)).toThrow(future)
      expect(() => [...store.scan(all, { at: store.revision + 1 })]).toThrow(future)
      await expect(store.compact(store.revision + 1)).rejects.toEqual(future)
    }))

  test('a scan stays at its revision while others write, and after a compaction', () =>
    using(open, async ({ store }) => {
      const names = Array.from({ length: 1_500 }, (_, i) => key(`k${String(i).padStart(4, '0')}`))
      await Promise.all(names.map((name) => put(store, name, 0, 'old')))
      const scan = store.scan(all)[Symbol.iterator]()
      const seen = [scan.next().value!]
      await Promise.all([
        ...names.filter((_, i) => i % 3 === 0).map((name) => put(store, name, store.get(name)!.revision, 'new')),
        ...names.filter((_, i) => i % 3 === 1).map((name) => remove(store, name, store.get(name)!.revision)),
        ...names.map((name) => put(store, `${name}-new`, 0, 'new')),
      ])
      for (let i = 0; i < 300; i++) seen.push(scan.next().value!)
      await store.compact(store.revision)
      for (let step = scan.next(); !step.done; step = scan.next()) seen.push(step.value)
      expect(seen.map((record) => record.key)).toEqual(names)
      expect(new Set(seen.map(text))).toEqual(new Set(['old']))
      expect(store.count(all)).toBe(2_500)
    }))

  test('a walk stays at its revision in whatever steps it goes, lending what it reads', () =>
    using(open, async ({ store }) => {
      const names = Array.from({ length: 1_300 }, (_, i) => key(`k${String(i).padStart(4, '0')}`))
      await Promise.all(names.map((name) => put(store, name, 0, 'old')))
      const walk = store.walk(all)
      const seen: string[] = []
      const take = (upTo: number) => (record: StoredRecord) => {
        seen.push(
          `${record.key} ${text(record)} ${record.revision > 0} ${record.revisionAt > 0} ${record.index.length}`,
        )
        // Whoever is shown a record may read others.
        expect([...store.scan({ start: names[7]!, end: names[9]! })].map(({ key }) => key)).toEqual(names.slice(7, 9))
        return seen.length < upTo
      }
      expect(walk.step(take(3))).toBe(true)
      expect(walk.step(take(600))).toBe(true)
      await Promise.all(names.map((name) => put(store, name, store.get(name)!.revision, 'new')))
      expect(walk.step(take(605))).toBe(true)
      await store.compact(store.revision)
      while (walk.step(take(9_999)));
      expect(seen).toEqual(names.map((name) => `${name} old true true 0`))
      expect(walk.step(take(9_999))).toBe(false)
      const limited = store.walk(all, { limit: 2 })
      const keys: string[] = []
      while (limited.step(({ key }) => keys.push(key) > 0));
      expect(keys).toEqual(names.slice(0, 2))
      const thrown = store.walk(all)
      expect(() =>
        thrown.step(() => {
          throw new Error('mine')
        }),
      ).toThrow('mine')
      expect([...store.scan(all, { limit: 1 })].map(text)).toEqual(['new'])
      thrown.close()
      expect(store.walk({ start: 'b', end: 'a' }).step(() => true)).toBe(false)
    }))

  test('ending a scan early frees it', () =>
    using(open, async ({ store }) => {
      await Promise.all(Array.from({ length: 300 }, (_, i) => put(store, key(`k${i}`), 0)))
      for (let i = 0; i < 2_000; i++) {
        for (const record of store.scan(all)) if (record.key.length > 0) break
      }
      await put(store, key('after'), 0)
      expect(store.count(all)).toBe(301)
    }))

  test('compaction forgets history and keeps the newest values', () =>
    using(open, async ({ store }) => {
      const created = await put(store, key('a'), 0, 'one')
      const updated = await put(store, key('a'), created, 'two')
      const gone = await put(store, key('gone'), 0)
      const deleted = await remove(store, key('gone'), gone)
      const last = await put(store, key('a'), updated, 'three')
      await store.compact(deleted)
      expect(store.compacted).toBe(deleted)
      expect(() => store.get(key('a'), deleted - 1)).toThrow(compacted)
      expect(() => [...store.scan(all, { at: deleted - 1 })]).toThrow(compacted)
      expect(() => store.changes(prefix, deleted - 1, { changed: () => undefined })).toThrow(compacted)
      expect(() => [...store.replay(prefix, deleted - 1)]).toThrow(compacted)
      expect(text(store.get(key('a'), deleted)!)).toBe('two')
      expect([...store.scan(all, { at: deleted })].map(text)).toEqual(['two'])
      expect([...store.replay(prefix, deleted)].map(([change]) => change!.record.revision)).toEqual([last])
      expect(text(store.get(key('a'))!)).toBe('three')
      await store.compact(created)
      expect(store.compacted).toBe(deleted)
      await store.compact(store.revision)
      expect([...store.scan(all)].map(text)).toEqual(['three'])
      expect(store.get(key('a'))!.revision).toBe(last)
      expect(await put(store, key('a'), last, 'four')).toBe(last + 1)
    }))

  test('a long history is compacted while commits go on', () =>
    using(open, async ({ store }) => {
      let revision = 0
      for (let i = 0; i < 30; i++) {
        await Promise.all(Array.from({ length: 50 }, (_, n) => put(store, `/registry/p${n % 7}/k${i}-${n}`, 0)))
      }
      revision = store.revision
      const compaction = store.compact(revision)
      await Promise.all(Array.from({ length: 50 }, (_, i) => put(store, key(`live${i}`), 0)))
      await compaction
      expect(store.compacted).toBe(revision)
      expect([...store.replay(prefix, revision)]).toHaveLength(50)
      expect(store.count(prefixRange('/registry/p1/'))).toBeGreaterThan(200)
    }))

  test('a key with a time to live goes by itself, unless it is written again', () =>
    using(open, async ({ store }) => {
      const gone = await put(store, key('gone'), 0, 'last', 1)
      const kept = await put(store, key('kept'), 0, 'value', 1)
      await put(store, key('kept'), kept, 'again')
      const longer = await put(store, key('longer'), 0, 'value', 1)
      await put(store, key('longer'), longer, 'again', 3600)
      const deadline = Date.now() + 8_000
      while (store.get(key('gone')) !== undefined && Date.now() < deadline) await sleep(50)
      await sleep(200)
      expect([...store.scan(all)].map((record) => record.key)).toEqual([key('kept'), key('longer')])
      const [change] = [...store.replay(prefix, store.revision - 1)].at(-1)!
      expect(change).toMatchObject({ kind: 'deleted', record: { key: key('gone'), revision: store.revision } })
      expect(change!.previous!.revision).toBe(gone)
    }))

  test('close and reopen keeps everything, and a closed store says so', () =>
    using(open, async ({ store, reopen }) => {
      const created = await put(store, key('a'), 0, 'one')
      const updated = await put(store, key('a'), created, 'two')
      await put(store, key('b'), 0)
      const compactedAt = store.compacted
      const late = put(store, key('late'), 0)
      await store.close()
      await late
      expect(() => store.get(key('a'))).toThrow(closed)
      expect(() => store.scan(all)).toThrow(closed)
      expect(() => store.count(all)).toThrow(closed)
      expect(() => store.changes(prefix, 1, { changed: () => undefined })).toThrow(closed)
      await expect(put(store, key('x'), 0)).rejects.toEqual(closed)
      await store.close()
      if (reopen === undefined) return
      const again = await reopen()
      expect(again.revision).toBe(updated + 2)
      expect(again.compacted).toBe(compactedAt)
      expect([...again.scan(all)].map((record) => record.key)).toEqual([key('a'), key('b'), key('late')])
      expect(text(again.get(key('a'), created)!)).toBe('one')
      expect([...again.replay(prefix, created)]).toHaveLength(3)
      expect(await put(again, key('c'), 0)).toBe(updated + 3)
    }))
}
