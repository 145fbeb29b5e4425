import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ApiError, type KubeObject, structShape } from '../api/index.js'
import { FieldManager } from './field-manager.js'
import { merge } from './merge.js'
import { mergeSchemaOf } from './schema-from-shape.js'
import { toFieldSet } from './to-field-set.js'
import { equalValues } from './values.js'

const schema = mergeSchemaOf(structShape('core.v1.Pod'))
const fields = (): FieldManager => {
  let second = 0
  return new FieldManager({
    apiVersion: 'v1',
    kind: 'Pod',
    schemaFor: (apiVersion) => (apiVersion === 'v1' ? schema : undefined),
    convert: (object) => object,
    decode: tidy,
    now: () => new Date(second++ * 1000).toISOString().replace('.000', ''),
  })
}

/** As decoding does, without nulls and what is empty. */
function tidy<T>(value: T): T {
  if (Array.isArray(value)) return value.map(tidy) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, tidy(inner)] as const)
  return Object.fromEntries(entries.filter(([, inner]) => !isEmpty(inner))) as T
}
const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0)

const names = fc.constantFrom('a', 'b', 'c', 'constructor')
const words = fc.constantFrom('1', '2', '3')
const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] })
// Nobody owns an empty list and decoding leaves it out, so none is applied here.
const by = <T>(item: fc.Arbitrary<T>, key: (value: T) => unknown) =>
  fc.uniqueArray(item, { minLength: 1, maxLength: 3, selector: (value) => JSON.stringify(key(value)) })

const container = fc
  .tuple(
    names,
    some({
      image: words,
      args: fc.array(words, { minLength: 1, maxLength: 2 }),
      env: by(fc.record({ name: names, value: words }), ({ name }) => name),
      ports: by(
        fc.record({ containerPort: fc.constantFrom(80, 443), name: words }, { requiredKeys: ['containerPort'] }),
        ({ containerPort }) => containerPort,
      ),
    }),
  )
  .map(([name, rest]) => ({ name, ...rest }))

// Empty maps are left out: applied ones are owned, but decoding drops them, so that they are news to every apply.
const body = fc
  .record({
    metadata: some({
      labels: fc.dictionary(names, words, { maxKeys: 3 }),
      finalizers: fc.uniqueArray(words, { minLength: 1, maxLength: 3 }),
    }),
    spec: some({
      containers: by(container, ({ name }) => name),
      nodeSelector: fc.dictionary(names, words, { maxKeys: 2 }),
    }),
    hostNetwork: fc.boolean(),
  })
  .map(({ metadata, spec, hostNetwork }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'one', ...metadata },
    spec: { ...spec, hostNetwork },
  }))
  .map(tidy)

const manager = fc.constantFrom('m1', 'm2', 'm3')
const history = fc.array(fc.tuple(manager, body, fc.boolean()), { maxLength: 8 })
const stored = (object: KubeObject): KubeObject => ({ ...object, metadata: { ...object.metadata, uid: 'u' } })

/** What comes of a history of forced applies and updates. */
function lived(manages: FieldManager, steps: readonly [string, object, boolean][]): KubeObject | undefined {
  let live: KubeObject | undefined
  for (const [who, what, applies] of steps)
    live = stored(
      applies ? manages.apply(live, what, who, true) : manages.update(live, tidy(stored(what as KubeObject)), who),
    )
  return live
}

/** Everything an applied value says is so in the object: leaves equal, items found by their keys. */
function holds(object: unknown, applied: unknown): boolean {
  return merge(schema, object, applied) === object || equalValues(merge(schema, object, applied), object)
}

test('merging is idempotent, and merging what is there changes nothing', () => {
  fc.assert(
    fc.property(body, body, (live, applied) => {
      const once = merge(schema, live, applied)
      expect(merge(schema, once, applied)).toBe(once)
      expect(merge(schema, once, structuredClone(once))).toBe(once)
    }),
    { numRuns: 300 },
  )
})

test('a merge never loses what was owned by the live object alone', () => {
  fc.assert(
    fc.property(body, body, (live, applied) => {
      const merged = toFieldSet(schema, merge(schema, live, applied))
      const names = (set: ReadonlyMap<string, unknown>): string[] => [...set.keys()]
      expect(names(merged)).toEqual(expect.arrayContaining(names(toFieldSet(schema, applied))))
    }),
    { numRuns: 200 },
  )
})

test('a forced apply always ends with the applied values', () => {
  fc.assert(
    fc.property(history, manager, body, (steps, who, what) => {
      const manages = fields()
      const result = manages.apply(lived(manages, steps), what, who, true)
      expect(holds(result, tidy(what))).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('applying the same twice is a no-op', () => {
  fc.assert(
    fc.property(history, manager, body, (steps, who, what) => {
      const manages = fields()
      const once = stored(manages.apply(lived(manages, steps), what, who, true))
      expect(manages.apply(once, structuredClone(what), who, false)).toBe(once)
    }),
    { numRuns: 300 },
  )
})

test('who applies nothing owns nothing', () => {
  fc.assert(
    fc.property(history, manager, (steps, who) => {
      const manages = fields()
      const nothing = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' } }
      const result = manages.apply(lived(manages, steps), nothing, who, false)
      const entries = result.metadata.managedFields ?? []
      expect(entries.filter(({ manager: name, operation }) => name === who && operation === 'Apply')).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('a write that changes nothing leaves ownership alone', () => {
  fc.assert(
    fc.property(history, manager, (steps, who) => {
      const manages = fields()
      const live = lived(manages, steps)
      if (live === undefined) return
      const next = structuredClone(live)
      expect(manages.update(live, next, who)).toEqual(live)
    }),
    { numRuns: 200 },
  )
})

// The slow model: one flat map, who applied which keys, and the rules in words.
test('flat maps against a model of who owns which key', () => {
  const data = fc.dictionary(names, words, { maxKeys: 4 })
  fc.assert(
    fc.property(fc.array(fc.tuple(manager, data, fc.boolean()), { maxLength: 12 }), (steps) => {
      const manages = fields()
      let live: KubeObject | undefined
      let values = new Map<string, string>()
      const owners = new Map<string, Set<string>>()
      for (const [who, labels, force] of steps) {
        const others = [...owners].filter(([name]) => name !== who).map(([, keys]) => keys)
        const changed = Object.keys(labels).filter((key) => values.get(key) !== labels[key])
        const conflict = changed.some((key) => others.some((keys) => keys.has(key)))
        // The annotation is there so that nobody applies nothing.
        const metadata = { name: 'one', labels, annotations: { [who]: '' } }
        const object = tidy({ apiVersion: 'v1', kind: 'Pod', metadata })
        let refused = false
        try {
          live = stored(manages.apply(live, object, who, force))
        } catch (error) {
          if (!(error instanceof ApiError) || error.code !== 409) throw error
          refused = true
        }
        expect(refused).toBe(conflict && !force)
        if (refused) continue
        const next = new Map(values)
        for (const key of owners.get(who) ?? [])
          if (!Object.hasOwn(labels, key) && !others.some((keys) => keys.has(key))) next.delete(key)
        for (const [key, value] of Object.entries(labels)) next.set(key, value)
        for (const keys of others) for (const key of changed) keys.delete(key)
        owners.set(who, new Set(Object.keys(labels)))
        values = next
        expect(new Map(Object.entries(live?.metadata.labels ?? {}))).toEqual(values)
      }
    }),
    { numRuns: 500 },
  )
})
