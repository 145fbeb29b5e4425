import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { put, remove, value } from '../conformance-tools.js'
import { prefixRange } from '../store.js'
import { defragLmdbStore } from './defrag.js'
import { openLmdbStore } from './open.js'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'kats-store-'))
  folders.push(path)
  return path
}

const prefix = '/registry/things/'
const range = prefixRange(prefix)

test('a file that is written anew is smaller and holds the same', async () => {
  const path = folder()
  const before = await openLmdbStore({ path, fsync: false, compactionIntervalMs: 0 })
  const long = 'x'.repeat(5_000)
  for (let i = 0; i < 20; i++)
    await Promise.all(Array.from({ length: 50 }, (_, n) => put(before, `${prefix}${i}-${n}`, 0, `${long}${n}`)))
  for (const { key, revision } of [...before.scan(range)]) if (!key.endsWith('-7')) await remove(before, key, revision)
  await before.compact(before.revision)
  const kept = [...before.scan(range)]
  const { revision, compacted } = before
  await expect(defragLmdbStore(path)).rejects.toThrow('is in use by process')
  await before.close()

  // What a crash has left.
  mkdirSync(join(path, 'defrag'))
  writeFileSync(join(path, 'defrag', 'data.mdb'), 'x')
  const sizes = await defragLmdbStore(path)
  expect(sizes.after).toBeLessThan(sizes.before / 2)
  expect(existsSync(join(path, 'defrag'))).toBe(false)

  const after = await openLmdbStore({ path, fsync: false })
  expect(after).toMatchObject({ revision, compacted })
  expect([...after.scan(range)]).toEqual(kept)
  expect(await put(after, `${prefix}new`, 0)).toBe(revision + 1)
  await after.close()
})

test('what holds no store is left alone', async () => {
  const path = folder()
  await expect(defragLmdbStore(path)).rejects.toThrow('holds no store')
  expect(existsSync(join(path, 'data.mdb'))).toBe(false)
})

test('restored records keep their revisions, and the store goes on from there', async () => {
  const path = folder()
  const clock = { now: () => time, every: () => () => undefined }
  let time = 1_000
  const store = await openLmdbStore({ path, fsync: false, clock })
  const record = (name: string, revision: number) => ({ prefix, key: prefix + name, revision, value: value(name) })
  await store.restore([record('a', 70), { ...record('b', 12), ttlSeconds: 60 }], 90)
  expect(store).toMatchObject({ revision: 90, compacted: 90 })
  await store.restore([record('c', 90)], 90)
  expect([...store.scan(range)].map(({ key, revision }) => [key, revision])).toEqual([
    [`${prefix}a`, 70],
    [`${prefix}b`, 12],
    [`${prefix}c`, 90],
  ])
  expect(store.count(range)).toBe(3)
  expect(store.get(`${prefix}a`)?.value.toString()).toContain('"resourceVersion":"70"')
  expect(() => store.get(`${prefix}a`, 80)).toThrow('is below 90')
  await expect(store.restore([record('a', 3)], 90)).rejects.toThrow('is there already')
  await expect(store.restore([record('d', 91)], 90)).rejects.toThrow('d is of revision 91, the store of 90')
  const told: string[] = []
  store.changes(prefix, 90, { changed: (changes) => told.push(...changes.map(({ kind }) => kind)) })
  expect(await put(store, `${prefix}a`, 70)).toBe(91)
  expect(told).toEqual(['updated'])
  await store.close()

  time += 61_000
  const later = await openLmdbStore({ path, fsync: false, sweepIntervalMs: 5, clock: { ...clock, every: sweepNow } })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(later.get(`${prefix}b`)).toBeUndefined()
  expect(later.get(`${prefix}c`)).toBeDefined()
  await later.close()
})

function sweepNow(_ms: number, run: () => void): () => void {
  const timer = setInterval(run, 5)
  return () => clearInterval(timer)
}
