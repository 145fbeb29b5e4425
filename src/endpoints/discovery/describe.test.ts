import { expect, test } from 'vitest'
import type { APIGroupInfo } from '../../registry/index.js'
import { aggregateVersion } from './describe.js'

const group = (form: object | undefined): APIGroupInfo =>
  ({
    group: 'g.test',
    versions: ['v1'],
    resources: [
      {
        group: 'g.test',
        resource: 'things',
        singular: 'thing',
        kind: 'Thing',
        namespaced: true,
        verbs: ['get'],
        shortNames: [],
        categories: [],
        versions: [{ group: 'g.test', version: 'v1', form }],
        subresources: [
          { name: 'status', responseKind: { group: '', version: '', kind: 'Thing' }, verbs: ['get'] },
          { name: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get'] },
        ],
      },
    ],
  }) as unknown as APIGroupInfo

test.each([
  ['a built-in resource', undefined, { group: '', version: '' }],
  ['a custom resource', {}, { group: 'g.test', version: 'v1' }],
])('the aggregated document tells what is answered: %s', (_, form, around) => {
  const [resource] = aggregateVersion(group(form), 'v1').value.resources
  expect(resource).toMatchObject({
    responseKind: { ...around, kind: 'Thing' },
    subresources: [
      { subresource: 'status', responseKind: { ...around, kind: 'Thing' } },
      { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
    ],
  })
})
