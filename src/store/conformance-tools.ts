import { expect } from 'vitest'
import type { Revision, Store, StoredRecord, WriteValue } from './store.js'

export interface OpenedStore {
  readonly store: Store
  /** Closes the store and opens its data again, where the backend keeps any. */
  reopen?(): Promise<Store>
  /** Frees everything, whether or not `store` was closed. */
  close(): Promise<void>
}

export type OpenStore = () => Promise<OpenedStore>

export async function using(open: OpenStore, run: (opened: OpenedStore) => Promise<void>): Promise<void> {
  const opened = await open()
  try {
    await run(opened)
  } finally {
    await opened.close()
  }
}

export function value(data: string): WriteValue {
  const json = Buffer.from(JSON.stringify({ metadata: { uid: 'u' }, data }))
  return { json, revisionAt: json.indexOf('"uid"'), index: Buffer.alloc(0) }
}

export const text = (record: StoredRecord): string => parse(record).data

/** The resourceVersion inside the value. */
export const versionIn = (record: StoredRecord): string => parse(record).metadata.resourceVersion

export async function put(
  store: Store,
  key: string,
  expected: Revision,
  data = 'value',
  ttlSeconds?: number,
): Promise<Revision> {
  const write = { prefix: prefixOf(key), key, expect: expected, value: value(data) }
  const result = await store.commit([ttlSeconds === undefined ? write : { ...write, ttlSeconds }])
  expect(result.kind).toBe('committed')
  return result.revision
}

export async function remove(store: Store, key: string, expected: Revision): Promise<Revision> {
  const result = await store.commit([{ prefix: prefixOf(key), key, expect: expected }])
  expect(result.kind).toBe('committed')
  return result.revision
}

/** `/registry/things/` of `/registry/things/a/b`. */
export const prefixOf = (key: string): string => `${key.split('/').slice(0, 3).join('/')}/`

function parse(record: StoredRecord): { metadata: { resourceVersion: string }; data: string } {
  return JSON.parse(record.value.toString())
}
