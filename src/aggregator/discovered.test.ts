import { expect, test } from 'vitest'
import { readAggregated, readResourceList } from './discovered.js'

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

test('takes of an aggregated list what is as it should be', () => {
  const versions = readAggregated(
    bytes({
      kind: 'APIGroupDiscoveryList',
      items: [
        null,
        {
          metadata: { name: 'g' },
          versions: [{ version: 'v1', resources: [{ resource: 'a', verbs: ['get', 7] }, 'x'] }],
        },
        { metadata: 3, versions: 'none' },
      ],
    }),
  )
  const responseKind = { group: '', version: '', kind: '' }
  expect([...versions]).toEqual([
    ['g/v1', [{ resource: 'a', responseKind, scope: '', singularResource: '', verbs: ['get'] }]],
  ])
})

test.each(['null', '[]', '{"kind":"Status"}', '{', '"text"'])('refuses %s', (text) => {
  expect(() => readAggregated(Buffer.from(text))).toThrow()
  expect(() => readResourceList(Buffer.from(text))).toThrow()
})

test('makes the new form of the old one', () => {
  const resources = [
    { name: 'a/scale', namespaced: true, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get'] },
    {
      name: 'a',
      singularName: 'one',
      namespaced: true,
      kind: 'A',
      verbs: ['list'],
      shortNames: ['x'],
      categories: ['all'],
    },
    { name: 'b', kind: 'B', verbs: null },
    { name: 'c/only', kind: 'C', verbs: ['create'] },
  ]
  const none = { group: '', version: '' }
  expect(readResourceList(bytes({ kind: 'APIResourceList', resources }))).toEqual([
    {
      resource: 'a',
      responseKind: { ...none, kind: 'A' },
      scope: 'Namespaced',
      singularResource: 'one',
      verbs: ['list'],
      shortNames: ['x'],
      categories: ['all'],
      subresources: [
        {
          subresource: 'scale',
          responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
          verbs: ['get'],
        },
      ],
    },
    { resource: 'b', responseKind: { ...none, kind: 'B' }, scope: 'Cluster', singularResource: '', verbs: [] },
    {
      resource: 'c',
      responseKind: { ...none, kind: '' },
      scope: 'Cluster',
      singularResource: '',
      verbs: [],
      subresources: [{ subresource: 'only', responseKind: { ...none, kind: 'C' }, verbs: ['create'] }],
    },
  ])
})
