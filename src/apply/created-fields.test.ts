import fc from 'fast-check'
import { expect, test } from 'vitest'
import { structShape } from '../api/index.js'
import { compare } from './compare.js'
import { createdFields } from './created-fields.js'
import { emptyObject } from './empty-object.js'
import { difference, recursiveDifference, setOf } from './field-set.js'
import { encodeFields } from './fields-v1.js'
import { mergeSchemaOf } from './schema-from-shape.js'

const hidden = { root: new Set(['apiVersion', 'kind', 'status']), metadata: new Set(['name', 'uid']) }
const shape = structShape('core.v1.Pod')
const schema = mergeSchemaOf(shape)

/** The long way. */
function slowly(empty: object, created: object): object {
  const paths = [['f:apiVersion'], ['f:kind'], ['f:metadata'], ['f:metadata', 'f:name'], ['f:metadata', 'f:uid']]
  const set = recursiveDifference(compare(schema, empty, created).changed, setOf(['f:status']))
  return encodeFields(difference(set, setOf(...paths)))
}

const names = fc.constantFrom('b', 'a', '__proto__', 'constructor')
const words = fc.constantFrom('', '1', 'x y', '"<')
const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] })
const labels = fc.oneof(fc.constant({}), fc.constant(null), fc.dictionary(names, words, { maxKeys: 3 }))
const container = some({
  image: words,
  name: names,
  args: fc.array(words, { maxLength: 2 }),
  ports: fc.array(some({ protocol: words, containerPort: fc.constantFrom(443, 80) }), { maxLength: 3 }),
  resources: some({ limits: labels, requests: labels }),
  readinessProbe: some({ httpGet: some({ port: fc.constantFrom<string | number>('p', 8) }) }),
})
const pod = some({
  apiVersion: fc.constant('v1'),
  metadata: some({
    name: names,
    uid: words,
    labels,
    annotations: labels,
    finalizers: fc.array(words, { maxLength: 3 }),
  }),
  status: some({ phase: words }),
  spec: some({
    nodeName: words,
    hostNetwork: fc.boolean(),
    containers: fc.array(container, { maxLength: 3 }),
    tolerations: fc.array(some({ key: words }), { maxLength: 2 }),
    terminationGracePeriodSeconds: fc.constantFrom(0, 30, null),
  }),
})

for (const [what, empty] of [
  ['an empty pod', emptyObject(shape, 'v1', 'Pod')],
  ['nothing', {}],
] as const)
  test(`as comparing with ${what}`, () => {
    let direct = 0
    fc.assert(
      fc.property(pod, (created) => {
        let fields: object | undefined
        let failed = false
        try {
          fields = createdFields(schema, empty, created, hidden)
        } catch {
          failed = true
        }
        if (failed) expect(() => slowly(empty, created)).toThrow()
        if (fields === undefined) return
        direct++
        // As text: the order counts.
        expect(JSON.stringify(fields)).toBe(JSON.stringify(slowly(empty, created)))
      }),
      { numRuns: 1_000 },
    )
    expect(direct).toBeGreaterThan(300)
  })

test('what nobody owns has to be well-formed too', () => {
  const flowSchema = mergeSchemaOf(structShape('flowcontrol.v1.FlowSchema'))
  const of = (condition: object) => createdFields(flowSchema, {}, { status: { conditions: [condition] } }, hidden)
  expect(of({ type: 'A' })).toEqual({})
  expect(() => of({ status: 'True' })).toThrow('omits all key fields')
})

test('items that cannot be told apart take the long way', () => {
  const containers = [{ name: 'a' }, { name: 'a' }]
  expect(createdFields(schema, {}, { spec: { containers } }, hidden)).toBeUndefined()
})
