import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type OpenStore, prefixOf, put, remove, text, using, value, versionIn } from './conformance-tools.js'
import { type Change, prefixRange, type Revision, type Store, type Write } from './store.js'

const prefix = '/registry/things/'
const key = (name: string): string => prefix + name

/** The stream of changes, and the store as a whole against a model. */
export function conformanceOfChanges(open: OpenStore): void {
  test('changes tell what happened with the values before and after', () =>
    using(open, async ({ store }) => {
      const told: Told[] = []
      const live: Told[] = []
      const from = store.revision
      store.changes(prefix, from, listener(live))
      const created = await put(store, key('a'), 0, 'one')
      const updated = await put(store, key('a'), created, 'two')
      const deleted = await remove(store, key('a'), updated)
      const again = await put(store, key('a'), 0, 'three')
      const expected = [
        { revision: created, kind: 'created', key: key('a'), data: 'one', before: undefined },
        { revision: updated, kind: 'updated', key: key('a'), data: 'two', before: ['one', created] },
        { revision: deleted, kind: 'deleted', key: key('a'), data: 'two', before: ['two', updated] },
        { revision: again, kind: 'created', key: key('a'), data: 'three', before: undefined },
      ]
      expect(live).toEqual(expected)
      store.changes(prefix, from, listener(told))
      expect(told).toEqual(expected)
      const later: Told[] = []
      store.changes(prefix, updated, listener(later))
      expect(later).toEqual(expected.slice(2))
    }))

  test('a deletion carries its own revision inside the last value', () =>
    using(open, async ({ store }) => {
      for (let i = 0; i < 8; i++) await put(store, key(`filler${i}`), 0)
      const seen: Change[] = []
      const changed = (changes: readonly Change[]): void => void seen.push(...changes)
      const created = await put(store, key('a'), 0)
      store.changes(prefix, created, { changed })
      const deleted = await remove(store, key('a'), created)
      store.changes(prefix, created, { changed })
      for (const change of seen) {
        expect([versionIn(change.record), change.record.revision]).toEqual([String(deleted), deleted])
        expect([versionIn(change.previous!), change.previous!.revision]).toEqual([String(created), created])
      }
      expect(seen).toHaveLength(2)
    }))

  test('one call tells all changes of a commit under the prefix, and no others', () =>
    using(open, async ({ store }) => {
      const calls: [Revision, string[]][] = []
      const changed = (changes: readonly Change[], revision: Revision): void => {
        calls.push([revision, changes.map((change) => change.record.key)])
      }
      const from = store.revision
      store.changes(prefix, from, { changed })
      const write = (path: string): Write => ({ prefix: prefixOf(path), key: path, expect: 0, value: value('x') })
      const first = await store.commit([write(key('a')), write('/registry/other/a'), write(key('b'))])
      await store.commit([write('/registry/other/b')])
      const last = await store.commit([write(key('c'))])
      const expected = [
        [first.revision, [key('a'), key('b')]],
        [last.revision, [key('c')]],
      ]
      expect(calls).toEqual(expected)
      calls.length = 0
      store.changes(prefix, from, { changed })
      expect(calls).toEqual(expected)
    }))

  test('a listener sees its change in reads, hears it before the writer does, and may subscribe another', () =>
    using(open, async ({ store }) => {
      const order: string[] = []
      const inner: Told[] = []
      store.changes(prefix, store.revision, {
        changed: (changes, revision) => {
          order.push('told')
          expect(store.revision).toBeGreaterThanOrEqual(revision)
          expect(store.get(changes[0]!.record.key)!.revision).toBeGreaterThanOrEqual(revision)
          if (order.length === 1) store.changes(prefix, revision - 1, listener(inner))
        },
      })
      const writes = Array.from({ length: 10 }, (_, i) =>
        put(store, key(`k${i}`), 0).then(() => order.push('answered')),
      )
      await Promise.all(writes)
      expect(order.indexOf('answered')).toBeGreaterThan(order.indexOf('told'))
      expect(inner.map((told) => told.key).sort()).toEqual(writes.map((_, i) => key(`k${i}`)).sort())
    }))

  test('a closed subscription hears no more; one from the future hears what comes behind', () =>
    using(open, async ({ store }) => {
      const closed: Told[] = []
      const subscription = store.changes(prefix, store.revision, listener(closed))
      const ahead: Told[] = []
      store.changes(prefix, store.revision + 2, listener(ahead))
      await put(store, key('a'), 0)
      subscription.close()
      subscription.close()
      await put(store, key('b'), 0)
      await put(store, key('c'), 0)
      expect(closed.map((told) => told.key)).toEqual([key('a')])
      expect(ahead.map((told) => told.key)).toEqual([key('c')])
    }))

  test('replay goes on to what is committed meanwhile', () =>
    using(open, async ({ store }) => {
      const from = store.revision
      await Promise.all(Array.from({ length: 600 }, (_, i) => put(store, key(`k${i}`), 0)))
      const revisions: Revision[] = []
      for (const changes of store.replay(prefix, from)) {
        revisions.push(changes[0]!.record.revision)
        if (revisions.length === 10) await put(store, key('late'), 0)
      }
      expect(revisions).toEqual(Array.from({ length: 601 }, (_, i) => from + 1 + i))
    }))

  test(
    'random commits: values, history and changes agree with a model',
    () =>
      fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(randomCommit, { minLength: 1, maxLength: 6 }), { maxLength: 12 }),
          (rounds) => using(open, (opened) => compareWithModel(opened.store, rounds)),
        ),
        { numRuns: 25 },
      ),
    60_000,
  )
}

interface Told {
  readonly revision: Revision
  readonly kind: string
  readonly key: string
  readonly data: string
  readonly before: readonly [string, Revision] | undefined
}

function listener(told: Told[]): { changed(changes: readonly Change[], revision: Revision): void } {
  return {
    changed(changes, revision) {
      for (const { kind, record, previous } of changes) {
        expect(record.revision).toBe(revision)
        expect(versionIn(record)).toBe(String(revision))
        const before = previous && ([text(previous), previous.revision] as const)
        told.push({ revision, kind, key: record.key, data: text(record), before })
      }
    },
  }
}

const randomCommit = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('a', 'b', 'c/d', 'e'),
    data: fc.option(fc.string({ maxLength: 8 })),
    stale: fc.nat(9),
  }),
  { minLength: 1, maxLength: 3, selector: (write) => write.name },
)

type RandomCommit = readonly { readonly name: string; readonly data: string | null; readonly stale: number }[]

/** Commits of a round are made at once: the results, read in order of revision, must be a possible history. */
async function compareWithModel(store: Store, rounds: readonly (readonly RandomCommit[])[]): Promise<void> {
  const start = store.revision
  const live: Told[] = []
  store.changes(prefix, start, listener(live))
  const states: Map<string, { data: string; revision: Revision }>[] = [new Map()]
  const expected: Told[] = []
  for (const round of rounds) {
    const known = states.at(-1)!
    const commits = round.map((commit) =>
      commit.map(({ name, data, stale }): Write => {
        const now = known.get(key(name))?.revision ?? 0
        const write = { prefix, key: key(name), expect: stale === 0 ? now + 1 : now }
        return data === null ? write : { ...write, value: value(data) }
      }),
    )
    // A deletion of nothing changes nothing and is left out: backends may count it differently.
    const sensible = commits.filter((writes) => writes.every((write) => write.value !== undefined || write.expect > 0))
    const results = await Promise.all(sensible.map((writes) => store.commit(writes)))
    const made = sensible.map((writes, i) => ({ writes, result: results[i]! }))
    const committed = made.filter(({ result }) => result.kind === 'committed')
    for (const { writes, result } of committed.sort((a, b) => a.result.revision - b.result.revision)) {
      const before = states.at(-1)!
      const after = new Map(before)
      expect(result.revision).toBe(start + states.length)
      for (const write of writes) {
        const last = before.get(write.key)
        expect(last?.revision ?? 0).toBe(write.expect)
        const data = write.value === undefined ? last!.data : JSON.parse(write.value.json.toString()).data
        if (write.value === undefined) after.delete(write.key)
        else after.set(write.key, { data, revision: result.revision })
        const kind = write.value === undefined ? 'deleted' : last === undefined ? 'created' : 'updated'
        expected.push({
          revision: result.revision,
          kind,
          key: write.key,
          data,
          before: last && [last.data, last.revision],
        })
      }
      states.push(after)
    }
    for (const { writes, result } of made) {
      if (result.kind !== 'conflict') continue
      expect(writes.some((write) => write.key === result.key && write.expect !== result.revision)).toBe(true)
    }
  }
  expect(live).toEqual(expected)
  expect(store.revision).toBe(start + states.length - 1)
  for (const [n, state] of states.entries()) {
    const at = start + n
    const listed = [...store.scan(prefixRange(prefix), { at })].map((record) => [
      record.key,
      text(record),
      record.revision,
    ])
    const wanted = [...state].map(([name, { data, revision }]) => [name, data, revision])
    expect(listed).toEqual(wanted.sort((a, b) => (a[0]! < b[0]! ? -1 : 1)))
    for (const [name, { data }] of state) expect(text(store.get(name, at)!)).toBe(data)
    const told: Told[] = []
    store.changes(prefix, at, listener(told)).close()
    expect(told).toEqual(expected.filter((change) => change.revision > at))
  }
}
