import { expect, test } from 'vitest'
import type { KubeObject } from '../api/index.js'
import type { StoredRecord } from '../store/index.js'
import { RecentObjects } from './recent-objects.js'

const record = (key: string, revision: number, size = 10): StoredRecord => ({
  key,
  revision,
  value: Buffer.alloc(size),
  index: Buffer.alloc(0),
  revisionAt: 1,
})

function reader(bounds = { objects: 3, bytes: 1000 }) {
  const recent = new RecentObjects(bounds)
  let parsed = 0
  const parse = ({ key, revision }: StoredRecord): KubeObject => {
    parsed++
    return { metadata: { name: key, resourceVersion: String(revision), labels: { a: 'b' } } }
  }
  return { get: (one: StoredRecord) => recent.get(one, parse), parsed: () => parsed }
}

test('the second reading of a revision makes the object stay, frozen in depth', () => {
  const { get, parsed } = reader()
  expect(Object.isFrozen(get(record('a', 1)))).toBe(false)
  const second = get(record('a', 1))
  expect(get(record('a', 1))).toBe(second)
  expect(parsed()).toBe(2)
  expect(() => {
    second.metadata.labels!.a = 'c'
  }).toThrow(TypeError)
})

test('another revision is another object', () => {
  const { get } = reader()
  get(record('a', 1))
  get(record('a', 1))
  expect(get(record('a', 2)).metadata.resourceVersion).toBe('2')
  expect(get(record('a', 1)).metadata.resourceVersion).toBe('1')
})

test('what was used least recently goes, and what is large does not stay', () => {
  const { get, parsed } = reader()
  for (const key of ['a', 'b', 'c']) {
    get(record(key, 1))
    get(record(key, 1))
  }
  get(record('a', 1))
  get(record('d', 1))
  expect(parsed()).toBe(7)
  get(record('a', 1))
  get(record('c', 1))
  expect(parsed()).toBe(7)
  get(record('b', 1))
  expect(parsed()).toBe(8)
  for (let i = 0; i < 3; i++) get(record('large', 1, 300))
  expect(parsed()).toBe(11)
})

test('all together are bounded in bytes', () => {
  const { get, parsed } = reader({ objects: 100, bytes: 1000 })
  for (let i = 0; i < 10; i++) {
    get(record(String(i), 1, 200))
    get(record(String(i), 1, 200))
  }
  expect(parsed()).toBe(20)
  for (let i = 5; i < 10; i++) get(record(String(i), 1, 200))
  expect(parsed()).toBe(20)
  get(record('0', 1, 200))
  expect(parsed()).toBe(21)
})
