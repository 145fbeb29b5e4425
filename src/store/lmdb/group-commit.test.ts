import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ABORT } from 'lmdb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text, value } from '../conformance-tools.js'
import { type Commit, GroupCommit } from './group-commit.js'
import { Reader } from './reader.js'
import { openTables, type Tables } from './tables.js'

const prefix = '/registry/a/'
const create = (name: string, data: string) => ({ prefix, key: prefix + name, expect: 0, value: value(data) })
let tables: Tables
let reader: Reader
let failures: number[]

beforeEach(async () => {
  const opened = await openTables(mkdtempSync(join(tmpdir(), 'kats-commit-')), false)
  failures = []
  const batch = (run: () => void): Promise<boolean> => {
    const code = failures.shift()
    if (code === undefined) return opened.root.batch(run)
    opened.root.transactionSync(() => {
      run()
      return ABORT
    })
    // As lmdb does: the cause is in a promise of its own.
    const commitError = Promise.reject(Object.assign(new Error('the cause'), { code }))
    commitError.catch(() => undefined)
    return Promise.reject(Object.assign(new Error('Commit failed'), { commitError }))
  }
  tables = { ...opened, root: Object.create(opened.root, { batch: { value: batch, writable: true } }) }
  reader = new Reader(opened)
})

afterEach(async () => {
  reader.close()
  await tables.root.close()
  rmSync(tables.folder, { recursive: true })
})

test('a batch that fails leaves nothing behind; who lost to it is tried again', async () => {
  const published: Commit[] = []
  const writer = new GroupCommit(tables, reader, Date.now, (batch) => published.push(...batch))
  failures = [28]
  const [first, other, second] = await Promise.allSettled([
    writer.commit([create('k', 'first')]),
    writer.commit([create('other', 'x')]),
    writer.commit([create('k', 'second')]),
  ])
  const full = { status: 'rejected', reason: expect.objectContaining({ name: 'StoreError', code: 'Full' }) }
  expect([first, other]).toEqual([full, full])
  expect(second).toEqual({ status: 'fulfilled', value: { kind: 'committed', revision: 2 } })
  expect(published.map((commit) => commit.revision)).toEqual([2])
  expect([text(reader.get(`${prefix}k`)!), reader.get(`${prefix}other`)]).toEqual(['second', undefined])
  expect(await writer.commit([create('other', 'y')])).toEqual({ kind: 'committed', revision: 3 })
})

test('another failure is Unavailable, and maintenance hears of it too', async () => {
  const writer = new GroupCommit(tables, reader, Date.now, () => undefined)
  failures = [9]
  const unavailable = expect.objectContaining({ code: 'Unavailable' })
  const job = writer.job(() => ({ compacted: 1 }))
  await Promise.all([
    expect(writer.commit([create('k', 'x')])).rejects.toEqual(unavailable),
    expect(job).rejects.toEqual(unavailable),
  ])
  expect(reader.revision).toBe(1)
})

test('closing answers what was taken and takes no more', async () => {
  const writer = new GroupCommit(tables, reader, Date.now, () => undefined)
  const commits = Array.from({ length: 600 }, (_, i) => writer.commit([create(`k${i}`, 'x')]))
  const closed = writer.close()
  await expect(writer.commit([create('late', 'x')])).rejects.toEqual(expect.objectContaining({ code: 'Closed' }))
  await closed
  expect((await Promise.all(commits)).at(-1)).toEqual({ kind: 'committed', revision: 601 })
})
