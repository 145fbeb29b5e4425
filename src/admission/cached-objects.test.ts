import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { GenericRegistry } from '../registry/index.js'
import { openLmdbStore, type Store } from '../store/index.js'
import { CachedObjects } from './cached-objects.js'

let folder: string
let store: Store
let parsed = 0
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kats-cached-'))
  store = await openLmdbStore({ path: folder, fsync: false, compactionIntervalMs: 0 })
  parsed = 0
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** As much of a registry as is read through. */
function registry(resource: string, namespaced: boolean): GenericRegistry {
  const prefix = `/registry/${resource}/`
  const key = (namespace: string, name: string) => (namespaced ? `${prefix}${namespace}/${name}` : prefix + name)
  return {
    prefix,
    resource: { namespaced },
    environment: { store },
    key,
    find: (namespace: string, name: string) => store.get(key(namespace, name)),
    parse(record: { value: Buffer }) {
      parsed++
      return JSON.parse(record.value.toString())
    },
  } as unknown as GenericRegistry
}

async function write(resource: string, path: string, object: object | undefined, expect = 0): Promise<number> {
  const json = Buffer.from(JSON.stringify({ metadata: { uid: 'u', creationTimestamp: 'x' }, ...object }))
  const value = { json, revisionAt: json.indexOf('"creationTimestamp"'), index: Buffer.alloc(0) }
  const prefix = `/registry/${resource}/`
  const result = await store.commit([
    { prefix, key: prefix + path, expect, ...(object === undefined ? {} : { value }) },
  ])
  return result.revision
}

it('parses once, and never tells what is no longer so', async () => {
  const objects = new CachedObjects(new Map([['/limitranges', registry('limitranges', true)]]))
  const find = () => objects.find('/limitranges', 'n', 'a')?.value
  const list = (namespace: string) => objects.list('/limitranges', namespace).map(({ value }) => value)
  expect(find()).toBeUndefined()
  expect(list('n')).toEqual([])
  const first = await write('limitranges', 'n/a', { value: 1 })
  expect([find(), list('n'), list('n2'), list('')]).toEqual([1, [1], [], [1]])
  const before = parsed
  expect([find(), list('n'), list('')]).toEqual([1, [1], [1]])
  expect(parsed).toBe(before)
  const second = await write('limitranges', 'n/a', { value: 2 }, first)
  await write('limitranges', 'n2/b', { value: 3 })
  expect([find(), list('n'), list('n2'), list('')]).toEqual([2, [2], [3], [2, 3]])
  await write('limitranges', 'n/a', undefined, second)
  expect([find(), list('n'), list('')]).toEqual([undefined, [], [3]])
  objects.close()
})

it('reads what changes much anew each time', async () => {
  const objects = new CachedObjects(new Map([['/pods', registry('pods', true)]]))
  await write('pods', 'n/a', { value: 1 })
  expect(objects.find('/pods', 'n', 'a')?.value).toBe(1)
  expect(objects.find('/pods', 'n', 'a')?.value).toBe(1)
  expect(parsed).toBe(2)
  expect([...objects.scan('/pods', 'n')].map((read) => read().value)).toEqual([1])
})

it('finds nothing of what is not served', () => {
  const objects = new CachedObjects(new Map())
  expect(objects.find('/namespaces', '', 'a')).toBeUndefined()
  expect(objects.list('/limitranges', 'n')).toEqual([])
  expect([...objects.scan('/pods', 'n')]).toEqual([])
})
