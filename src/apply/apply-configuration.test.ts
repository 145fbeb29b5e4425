import { expect, it } from 'vitest'
import { structShape } from '../api/index.js'
import { mergeConfiguration } from './apply-configuration.js'
import { mergeSchemaOf } from './schema-from-shape.js'

const pod = mergeSchemaOf(structShape('core.v1.Pod'))
const live = { metadata: { name: 'p', labels: { a: '1' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }

it('merges maps and lists of objects, and leaves its inputs alone', () => {
  const configuration = {
    metadata: { labels: { b: '2' } },
    spec: { containers: [{ name: 'c', imagePullPolicy: 'Never' }, { name: 'd' }] },
  }
  const before = structuredClone(live)
  expect(mergeConfiguration(pod, live, configuration)).toEqual({
    metadata: { name: 'p', labels: { a: '1', b: '2' } },
    spec: { containers: [{ name: 'c', image: 'i', imagePullPolicy: 'Never' }, { name: 'd' }] },
  })
  expect(live).toEqual(before)
})

it.each([
  [{ spec: { nope: 1 } }, 'failed to convert patch object to typed object: .spec.nope: field not declared in schema'],
  [
    { spec: { containers: [{ name: 'c', command: ['x'] }], nodeSelector: { a: 'b' } } },
    'invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.containers[0].command, .spec.nodeSelector',
  ],
])('refuses %j', (configuration, message) => {
  expect(() => mergeConfiguration(pod, live, configuration)).toThrow(message)
})
