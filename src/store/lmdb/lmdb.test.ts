import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '../clock.js'
import { storeConformance } from '../conformance.js'
import { put, remove, text, value } from '../conformance-tools.js'
import { prefixRange, type Store } from '../store.js'
import { compareKeys } from './keys.js'
import { openLmdbStore } from './open.js'
import { openTables } from './tables.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'kats-store-'))
  folders.push(path)
  return path
}

describe('conformance', () => {
  storeConformance(async () => {
    const path = folder()
    const stores: Store[] = []
    const open = async (): Promise<Store> => {
      const store = await openLmdbStore({ path, fsync: false, sweepIntervalMs: 100 })
      stores.push(store)
      return store
    }
    return {
      store: await open(),
      async reopen() {
        await stores.at(-1)!.close()
        return open()
      },
      async close() {
        for (const store of stores) await store.close()
      },
    }
  })
})

describe('owner of the folder', () => {
  test('a folder that is open is refused, and free again once closed', async () => {
    const path = folder()
    const store = await openLmdbStore({ path })
    await expect(openLmdbStore({ path })).rejects.toThrow(`${path} is in use by process ${process.pid}`)
    await store.close()
    await (await openLmdbStore({ path })).close()
  })

  test.each([
    ['a process that is gone', '4194999 1'],
    ['a reused process id', `${process.pid} 1`],
    ['rubbish', 'x'],
  ])('the lock of %s is taken over', async (_, content) => {
    const path = folder()
    writeFileSync(join(path, 'owner'), content)
    await (await openLmdbStore({ path })).close()
  })
})

test('history is compacted to where it stood one interval ago', async () => {
  const clock = manualClock()
  const store = await openLmdbStore({ path: folder(), fsync: false, compactionIntervalMs: 1_000, clock })
  const first = await put(store, '/registry/a/k', 0)
  clock.fire(1_000)
  const second = await put(store, '/registry/a/k', first)
  expect(store.compacted).toBe(1)
  clock.fire(1_000)
  await expect.poll(() => store.compacted).toBe(first)
  clock.fire(1_000)
  await expect.poll(() => store.compacted).toBe(second)
  await store.close()
})

test('a forgotten scan is ended by the second compaction that passes it', async () => {
  const store = await openLmdbStore({ path: folder(), fsync: false })
  await Promise.all(Array.from({ length: 200 }, (_, i) => put(store, `/registry/a/${i}`, 0)))
  const scan = store.scan(prefixRange('/registry/a/'))[Symbol.iterator]()
  scan.next()
  for (let i = 0; i < 2; i++) {
    await put(store, `/registry/b/${i}`, 0)
    await store.compact(store.revision)
  }
  expect(() => {
    for (let i = 0; i < 200; i++) scan.next()
  }).toThrow(expect.objectContaining({ code: 'Compacted' }))
  await store.close()
})

test('a commit with a bad write leaves nothing behind and the store usable', async () => {
  const store = await openLmdbStore({ path: folder(), fsync: false })
  const good = { prefix: '/registry/a/', key: '/registry/a/good', expect: 0, value: value('x') }
  const bad = [
    { ...good, key: '/registry/b/elsewhere' },
    { ...good, key: `/registry/a/${'x'.repeat(2_000)}` },
    { ...good, key: '/registry/a/bad', value: { ...value('x'), revisionAt: 0 } },
  ]
  for (const write of bad) await expect(store.commit([good, write])).rejects.toThrow(RangeError)
  expect([store.revision, store.count(prefixRange('/registry/'))]).toEqual([1, 0])
  await put(store, good.key, 0, 'fine')
  expect(text(store.get(good.key)!)).toBe('fine')
  await store.close()
})

test('what is larger than etcd would take is refused', async () => {
  const store = await openLmdbStore({ path: folder(), fsync: false })
  const write = { prefix: '/registry/a/', key: '/registry/a/b', expect: 0, value: value('x'.repeat(2 << 20)) }
  await expect(store.commit([write])).rejects.toMatchObject({ code: 'TooLarge' })
  await put(store, write.key, 0, 'x'.repeat(1_900_000))
  await store.close()
})

test('a scan gives values of every size their own bytes', async () => {
  const store = await openLmdbStore({ path: folder(), fsync: false })
  const sizes = [0, 1, 100, 8_000, 8_191, 8_192, 8_193, 30_000, 65_535, 65_536, 200_000, 1_500_000, 3, 5_000, 7_000]
  const names = Array.from({ length: 60 }, (_, i) => `/registry/a/${String(i).padStart(3, '0')}`)
  const body = (i: number) => String.fromCharCode(97 + (i % 26)).repeat(sizes[i % sizes.length]!)
  for (const [i, name] of names.entries()) await put(store, name, 0, body(i))
  const records = [...store.scan(prefixRange('/registry/'))]
  expect(records.map(({ key }) => key)).toEqual(names)
  for (const [i, record] of records.entries()) expect(text(record) === body(i), `${i}`).toBe(true)
  await store.close()
})

test('a time to live leaves nothing behind when the key is written again, deleted or expired', async () => {
  const path = folder()
  const clock = manualClock()
  const store = await openLmdbStore({ path, fsync: false, clock })
  const kept = await put(store, '/registry/a/kept', 0, 'x', 60)
  await put(store, '/registry/a/kept', kept, 'x')
  await remove(store, '/registry/a/gone', await put(store, '/registry/a/gone', 0, 'x', 60))
  await Promise.all(Array.from({ length: 600 }, (_, i) => put(store, `/registry/a/expired${i}`, 0, 'x', 0.5)))
  await put(store, '/registry/a/later', 0, 'x', 3600)
  clock.fire(1_000)
  await expect.poll(() => store.count(prefixRange('/registry/a/'))).toBe(2)
  await store.close()
  const tables = await openTables(path, false)
  expect(tables.expiry.getKeysCount()).toBe(1)
  await tables.root.close()
})

test('compareKeys is the order of UTF-8 bytes', () => {
  const strings = ['', 'a', 'ab', 'b', 'é', '퟿', '\ue000', '\uffff', '😀', '😀a', '𐀀']
  for (const a of strings) {
    for (const b of strings) {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }
  }
})

function manualClock(): Clock & { fire(ms: number): void } {
  const timers: { ms: number; run: () => void }[] = []
  let now = 1_000_000
  return {
    now: () => now,
    every(ms, run) {
      const timer = { ms, run }
      timers.push(timer)
      return () => timers.splice(timers.indexOf(timer), 1)
    },
    fire(ms) {
      now += ms
      for (const timer of timers.filter((each) => each.ms === ms)) timer.run()
    },
  }
}
